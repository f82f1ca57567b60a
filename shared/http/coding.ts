/** Answers, coded for whoever asks for that (RFC 9110, sections 8.4 and 12.5.3). */
import type { Readable } from 'node:stream'
import { type BrotliOptions, constants, createBrotliCompress, createGzip } from 'node:zlib'
import accepts from 'accepts'
import type { Eventual } from '../eventual.ts'
import { CODINGS, type Coding, codedTag } from './entity-tags.ts'
import { Pieces } from './pieces.ts'
import type { HttpRequest } from './request.ts'
import { bytesOf, type HttpResponse, type ResponseBody } from './response.ts'
import { stepsOf } from './send.ts'

/** What is shorter fits into a packet, or nearly. */
const BYTES_MIN = 1024
/** Media types that are compressed in themselves. */
const COMPRESSED =
  /^(?:image\/(?!svg|bmp)|video\/|audio\/|font\/woff|application\/(?:gzip|zip|zstd|x-7z-|x-rar|vnd\.rar|x-xz|x-bzip))/i
/** Most of what there is to gain, at a tenth of the time that the highest quality takes. */
const BROTLI: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

/** The answer in the coding that is asked for, if it is worth that; says that it depends on what is asked for. */
export function coded(request: HttpRequest, answer: HttpResponse): Eventual<HttpResponse> {
  const { body, status, headers } = answer
  if (body === undefined || isShort(body) || status === 206 || headers['content-encoding'] !== undefined)
    return answer
  if (COMPRESSED.test(headers['content-type'] ?? '')) return answer
  const vary = headers['vary'] === undefined ? 'accept-encoding' : `${headers['vary']}, accept-encoding`
  const varying = { ...answer, headers: { ...headers, vary } }
  const coding = wanted(request)
  return coding === undefined ? varying : inCoding(coding, request, { ...varying, body })
}

function isShort(body: ResponseBody): boolean {
  if (typeof body === 'string' && body.length * 3 <= BYTES_MIN) return true
  return bytesOf(body) <= BYTES_MIN
}

function wanted({ message }: HttpRequest): Coding | undefined {
  if (message.headers['accept-encoding'] === undefined) return undefined
  const best = accepts(message).encodings([...CODINGS, 'identity'])
  return CODINGS.find((coding) => coding === best)
}

type Whole = HttpResponse & { readonly body: ResponseBody }

/** Off the event loop, a step at a time. */
async function inCoding(coding: Coding, { share }: HttpRequest, whole: Whole): Promise<HttpResponse> {
  const { body, headers } = whole
  share.answer(bytesOf(body))
  const coder = coding === 'br' ? createBrotliCompress(BROTLI) : createGzip()
  const [pieces] = await Promise.all([gathered(coder), fed(coder, body)])
  // What is as good as random only grows.
  if (pieces.bytes >= bytesOf(body)) return whole
  const { etag } = headers
  const tagged = etag === undefined ? {} : { etag: codedTag(etag, coding) }
  return { ...whole, headers: { ...headers, ...tagged, 'content-encoding': coding }, body: pieces }
}

async function fed(coder: NodeJS.WritableStream, body: ResponseBody): Promise<void> {
  const pieces = body instanceof Pieces ? body : [typeof body === 'string' ? Buffer.from(body) : body]
  for (const piece of pieces)
    for (const step of stepsOf(piece))
      if (!coder.write(step)) await new Promise((resolve) => coder.once('drain', resolve))
  coder.end()
}

async function gathered(coder: Readable): Promise<Pieces> {
  const pieces = new Pieces()
  for await (const piece of coder) pieces.add(piece)
  return pieces
}
