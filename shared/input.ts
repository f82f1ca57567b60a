/** What a request carries, read within limits. Whatever cannot be understood is an error with an answer. */
import type { IncomingMessage } from 'node:http'
import type { ZodType, z } from 'zod'
import { LarderError } from './errors.ts'
import { parseJson } from './json.ts'

/**
 * The whole body. A body over the limit is refused as soon as that is known; Node discards what still
 * arrives of it, for as long as a request may take.
 *
 * @throws LarderError TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, or BAD_REQUEST when the client gives up half way.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new LarderError('UNSUPPORTED_MEDIA_TYPE', `Content-Encoding ${encoding}: send the body as it is.`)
  }
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let bytes = 0
  const stop = () => {
    request.off('data', take).off('end', finish).off('error', fail)
    request.on('error', () => {}) // The connection may still break while the rest is discarded.
    request.resume()
  }
  const take = (chunk: Buffer) => {
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes <= bytesMax) return
    stop()
    reject(tooLarge(bytesMax))
  }
  const finish = () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
  const fail = (cause: Error) => reject(new LarderError('BAD_REQUEST', 'The body broke off.', { cause }))
  request.on('data', take).on('end', finish).on('error', fail)
  return promise
}

function tooLarge(bytesMax: number): LarderError {
  return new LarderError('TOO_LARGE', `The body may have ${bytesMax} bytes at most.`)
}

/** @throws LarderError as `readBody`, and BAD_REQUEST or UNSUPPORTED_MEDIA_TYPE for what is not JSON. */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
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
export function asJson(body: Uint8Array): unknown {
  try {
    return parseJson(body)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LarderError('BAD_REQUEST', `The body is not JSON: ${reason}.`, { cause })
  }
}

/** Whether a media type is JSON in UTF-8: `application/json`, or any type with the suffix `+json`. */
export function isJson(mediaType: string): boolean {
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  const foreign = parameters.some((text) => /^charset=(?!"?utf-8"?$)/.test(text))
  return !foreign && (type === 'application/json' || /^[^/]+\/[^/]+\+json$/.test(type))
}

/**
 * The query string, decoded.
 * @throws LarderError BAD_REQUEST for broken percent-encoding, and for a name that stands there twice.
 */
export function readQuery(search: string): Map<string, string> {
  const query = new Map<string, string>()
  for (const pair of search.split('&')) {
    if (pair === '') continue
    const [name = '', ...rest] = pair.replaceAll('+', ' ').split('=')
    const decoded = decode(name)
    if (query.has(decoded)) throw new LarderError('BAD_REQUEST', `${decoded} stands in the query twice.`)
    query.set(decoded, decode(rest.join('=')))
  }
  return query
}

/** @throws LarderError BAD_REQUEST for text that is not percent-encoded UTF-8. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'The URL holds broken percent-encoding or invalid UTF-8.', { cause })
  }
}

/** @throws LarderError BAD_REQUEST naming every field that does not fit the schema. */
export function fit<T extends ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new LarderError('BAD_REQUEST', issues.join('; '))
}
