/**
 * JSON as it travelled: bytes that must be UTF-8, and numbers that survive.
 *
 * A number that a double cannot hold (a 64-bit id, a long decimal) is kept as its own text, which
 * `JSON.stringify` writes back as it came.
 */
import { isUtf8 } from 'node:buffer'

/** An opaque number of `JSON.rawJSON`: its text is the number as it was written. */
export interface RawNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    /** https://tc39.es/proposal-json-parse-with-source/ */
    rawJSON(text: string): RawNumber
    isRawJSON(value: unknown): value is RawNumber
  }
}

/** Only text with a long run of digits or an exponent can hold a number that a double would change. */
const SUSPECT = /\d[\d.]{15}|\d[eE][+-]?\d/

/** @throws SyntaxError saying what is wrong. */
export function parseJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError('it is not valid UTF-8')
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
}

/** @throws SyntaxError saying what is wrong. */
export function parseJsonText(text: string): unknown {
  return SUSPECT.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || source === String(value)) return value
  return JSON.rawJSON(source)
}
