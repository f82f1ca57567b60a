/** Values, as callers have them and as they travel: JSON, text, or bytes. */
import { fromBase64 } from './bytes.ts'
import { notUnderstood } from './errors.ts'
import { refuseLosses } from './losses.ts'

/** A value with what is known of it. */
export interface Entry<T> {
  readonly value: T
  /** Changes with the value; for `ifMatch`. */
  readonly etag: string
  /** Seconds that are left; absent where it does not end by itself. */
  readonly ttl?: number
  readonly contentType: string
}

/** To be stored: JSON as its text, all else as bytes of a type. */
export type Stored =
  | { readonly type: 'json'; readonly text: string }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string }

type Told = Readonly<Record<string, unknown>>

const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'
/** What is JSON there was sent by somebody who has said nothing of its type. */
const FORM_TYPE = /^application\/x-www-form-urlencoded/i
const TEXT_TYPE = /^text\//i
const JSON_LIKE_TYPE = /^[^/;]+\/(?:json|[^/;]+\+json)\s*(?:;|$)/i

/** Bytes as they are; text as it is where a type says so; all else as JSON. @throws TypeError for what is none of these. */
export function stored(value: unknown, contentType?: string): Stored {
  const bytes = bytesOf(value, contentType)
  if (bytes !== undefined) return { type: 'bytes', bytes, contentType: contentType ?? BYTES_TYPE }
  const text: unknown = JSON.stringify(value)
  if (typeof text !== 'string')
    throw new TypeError('JSON has nothing for this value: to forget a key, delete it')
  refuseLosses(value)
  // A type of its own, such as application/ld+json, is kept with it.
  return contentType === undefined || contentType === JSON_TYPE
    ? { type: 'json', text }
    : { type: 'bytes', bytes: encoder.encode(text), contentType }
}

function bytesOf(value: unknown, contentType: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value)) return ownBytes(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (contentType === undefined || JSON_LIKE_TYPE.test(contentType)) return undefined
  if (typeof value === 'string') return encoder.encode(value)
  throw new TypeError(`a value of type ${contentType} is text or bytes`)
}

/** A copy of what is shared with other threads: it cannot be sent. */
function ownBytes(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(buffer, offset, length)
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}

const encoder = new TextEncoder()

/** What was told of a key; `undefined` where nothing is there. */
export function entryIn<T>(result: Told): Entry<T> | undefined {
  const { etag, ttl, content_type: contentType = JSON_TYPE } = result
  if (typeof etag !== 'string') return undefined
  if (typeof contentType !== 'string') throw notUnderstood(result)
  const value = valueIn<T>(result) as T
  return { value, etag, contentType, ...(typeof ttl === 'number' && { ttl }) }
}

/** The same, but for all that goes with it. */
export function valueIn<T>(result: Told): T | undefined {
  const { data, base64, etag, content_type: contentType = JSON_TYPE } = result
  if (typeof etag !== 'string') return undefined
  if (base64 === undefined) return data as T
  if (typeof contentType !== 'string' || typeof base64 !== 'string') throw notUnderstood(result)
  const isData = data !== undefined && FORM_TYPE.test(contentType)
  return (isData ? data : textOrBytes(fromBase64(base64), contentType)) as T
}

function textOrBytes(bytes: Uint8Array, contentType: string): string | Uint8Array {
  return TEXT_TYPE.test(contentType) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : bytes
}
