/** What is a key, as everything takes it that is asked by one. */
import { LarderError } from './errors.ts'

/**
 * The longest key, in UTF-8 bytes: percent-encoded, it still fits into the request line of any server and
 * balancer with the usual 16 KiB for headers, so that whatever was written can be read.
 */
export const KEY_BYTES_MAX = 4096

/** What is left of a key that was not there. */
export const NULLS: readonly string[] = ['null', 'nil']
const NO_KEYS: readonly unknown[] = [undefined, '', ...NULLS]

/** The key as text. @throws LarderError KEY_NULL, or BAD_REQUEST for what cannot be a key. */
export function parseKeyText(key: string | undefined): string {
  if (key === undefined || NO_KEYS.includes(key)) {
    throw keyNull()
  }
  if (!key.isWellFormed()) throw new LarderError('BAD_REQUEST', 'key: it is not valid Unicode.')
  // A UTF-16 unit is three bytes of UTF-8 at most, so that short keys need no counting.
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new LarderError('BAD_REQUEST', `key: ${KEY_BYTES_MAX} bytes at most.`)
  }
  return key
}

export function keyNull(how = 'A key is text or an integer, and not empty.'): LarderError {
  return new LarderError('KEY_NULL', how)
}
