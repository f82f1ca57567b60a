/** Values, as callers have them and as they travel: JSON, text, or bytes. */
import { fromBase64, toBase64 } from './bytes.ts'
import { isObject, LarderError } from './errors.ts'

/** A value with what is known of it. */
export interface Entry<T> {
  readonly value: T
  /** Changes with the value; for `ifMatch`. */
  readonly etag: string
  /** Seconds that are left; absent where it does not end by itself. */
  readonly ttl?: number
  readonly contentType: string
}

const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'
const TEXT_TYPE = /^text\//i
const JSON_LIKE_TYPE = /^application\/(?:json|[^;]+\+json)\s*(?:;|$)/i

/** The fields of a `set`: bytes as they are; text as text where a type says so; all else as JSON. */
export function fieldsOf(value: unknown, contentType?: string): Readonly<Record<string, unknown>> {
  const bytes = bytesOf(value, contentType)
  if (bytes !== undefined) return { base64: toBase64(bytes), content_type: contentType ?? BYTES_TYPE }
  if (JSON.stringify(value) === undefined)
    throw new TypeError('JSON has nothing for this value: to forget a key, delete it')
  return { data: value }
}

function bytesOf(value: unknown, contentType: string | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (contentType === undefined || JSON_LIKE_TYPE.test(contentType)) return undefined
  if (typeof value === 'string') return new TextEncoder().encode(value)
  throw new TypeError(`a value of type ${contentType} is text or bytes`)
}

/** What was told of a key; `undefined` where nothing is there. */
export function entryOf<T>(result: Readonly<Record<string, unknown>>): Entry<T> | undefined {
  const { data, base64, etag, ttl, content_type: contentType = JSON_TYPE } = result
  if (typeof etag !== 'string') return undefined
  if (typeof contentType !== 'string' || (base64 !== undefined && typeof base64 !== 'string'))
    throw notUnderstood(result)
  const value = base64 === undefined ? data : textOrBytes(base64, contentType)
  return { value: value as T, etag, contentType, ...(typeof ttl === 'number' && { ttl }) }
}

function textOrBytes(base64: string, contentType: string): string | Uint8Array {
  const bytes = fromBase64(base64)
  return TEXT_TYPE.test(contentType) ? new TextDecoder().decode(bytes) : bytes
}

export function notUnderstood(answer: unknown): LarderError {
  const shown = isObject(answer) ? Object.keys(answer).join(', ') : typeof answer
  return new LarderError(`no answer of a node, with ${shown || 'nothing in it'}`, { code: 'NOT_UNDERSTOOD' })
}
