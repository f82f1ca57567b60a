/** What a request carries, read within limits. Whatever cannot be understood is an error with an answer. */
import type { IncomingMessage } from 'node:http'
import type { ZodType, z } from 'zod'
import { pause, systemClock } from '../clock.ts'
import { type ErrorCode, LarderError, messageOf } from '../errors.ts'
import { type Json, parseJson } from '../json.ts'

/** How much of a body that is refused is still taken in before a connection that is to be closed. */
const DISCARD_BYTES_MAX = 64 * 2 ** 20
const DISCARD_MAX_MS = 1000

/**
 * The whole body. A body over the limit is refused as soon as that is known.
 *
 * @throws LarderError TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, or BAD_REQUEST when the client gives up half way.
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const {
    'content-encoding': encoding,
    'transfer-encoding': transfer,
    'content-length': length,
  } = request.headers
  const refused = refusedCoding(encoding) ?? refusedCoding(transfer)
  if (refused !== undefined) return Promise.reject(refused)
  if (!hasBody(request)) return EMPTY
  return Number(length ?? 0) > bytesMax ? refuse(request, bytesMax) : collect(request, bytesMax)
}

/** Whether a body is announced (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
}

const EMPTY = Promise.resolve(Buffer.alloc(0))

function refusedCoding(coding: string | undefined): LarderError | undefined {
  if (coding === undefined || /^(?:identity|chunked)$/i.test(coding)) return undefined
  return new LarderError('UNSUPPORTED_MEDIA_TYPE', `The body is ${coding}: send it as it is.`)
}

function collect(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let bytes = 0
  const take = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= bytesMax) return void chunks.push(chunk)
    request.off('data', take)
    resolve(refuse(request, bytesMax))
  }
  request.on('data', take)
  request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
  request.on('error', (cause) => reject(new LarderError('BAD_REQUEST', 'The body broke off.', { cause })))
  return promise
}

async function refuse(request: IncomingMessage, bytesMax: number): Promise<never> {
  await discard(request)
  throw new LarderError('TOO_LARGE', `The body may have ${bytesMax} bytes at most.`)
}

/**
 * Lets the rest of a refused body run into the void. On a connection that stays, Node does that after the
 * answer; one that is to be closed would break under the client's hands before it has read the answer.
 */
async function discard(request: IncomingMessage): Promise<void> {
  request.on('error', () => {}) // The client may well give up now.
  request.resume()
  if (!/close/i.test(request.headers.connection ?? '')) return
  const enough = new AbortController()
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > DISCARD_BYTES_MAX) enough.abort()
  })
  request.once('close', () => enough.abort()).once('end', () => enough.abort())
  await pause(systemClock, DISCARD_MAX_MS, enough.signal)
}

/** @throws LarderError as `readBody`, and BAD_REQUEST or UNSUPPORTED_MEDIA_TYPE. */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<Json> {
  const type = request.headers['content-type']
  if (type !== undefined && !isJson(type)) {
    throw new LarderError('UNSUPPORTED_MEDIA_TYPE', `Send Content-Type: application/json, not ${type}.`)
  }
  const body = await readBody(request, bytesMax)
  if (body.length > 0 && type === undefined) {
    throw new LarderError('UNSUPPORTED_MEDIA_TYPE', 'Send Content-Type: application/json.')
  }
  return asJson(body)
}

/** @throws LarderError BAD_REQUEST saying where the text is not JSON. */
export function asJson(body: Uint8Array): Json {
  try {
    return parseJson(body)
  } catch (cause) {
    const reason = messageOf(cause)
    throw new LarderError('BAD_REQUEST', `The body is not JSON: ${reason}.`, { cause })
  }
}

/** Whether a media type is JSON in UTF-8: `application/json`, or any type with the suffix `+json`. */
export function isJson(mediaType: string): boolean {
  if (mediaType === 'application/json') return true
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  const foreign = parameters.some((text) => /^charset=(?!"?utf-8"?$)/.test(text))
  return !foreign && (type === 'application/json' || /^[^/]+\/[^/]+\+json$/.test(type))
}

/**
 * A query string, or a form, decoded.
 * @throws LarderError BAD_REQUEST for broken percent-encoding, and for a name that stands there twice.
 */
export function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>()
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf('&', start)
    if (end === -1) end = text.length
    if (end === start) continue
    const equals = text.indexOf('=', start)
    const nameEnd = equals === -1 || equals > end ? end : equals
    const name = decodeField(text.slice(start, nameEnd))
    if (query.has(name)) throw new LarderError('BAD_REQUEST', `${name} stands there twice.`)
    query.set(name, decodeField(text.slice(nameEnd + 1, end)))
  }
  return query
}

/** In a query and in a form a plus sign is a space. */
function decodeField(text: string): string {
  return decode(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

/** @throws LarderError BAD_REQUEST for text that is not percent-encoded UTF-8. */
export function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'There is broken percent-encoding, or invalid UTF-8.', { cause })
  }
}

/** @throws LarderError of this code, naming every field that does not fit the schema. */
export function fit<T extends ZodType>(
  schema: T,
  input: unknown,
  code: ErrorCode = 'BAD_REQUEST',
): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new LarderError(code, issues.join('; '))
}
