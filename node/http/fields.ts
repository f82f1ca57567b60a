/** The fields of requests, turned into what commands are made of, or into an error that says what is wrong. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import type { RawNumber } from '../../shared/json.ts'

/**
 * The longest key, in UTF-8 bytes: percent-encoded, it still fits into the request line of any server and
 * balancer with the usual 16 KiB for headers, so that whatever was written can be read.
 */
const KEY_BYTES_MAX = 4096

/** For the API page; `parseKey` decides. */
export const Key = z.union([z.string().min(1), z.int()]).meta({
  description: `Text or an integer, at most ${KEY_BYTES_MAX} bytes of UTF-8; not empty, "null" or "nil".`,
})
export const Ttl = z.number().positive().meta({ description: 'Seconds until the value ends by itself.' })

const NO_KEYS: readonly unknown[] = [undefined, null, '', 'null', 'nil']

/** @throws LarderError KEY_NULL, or BAD_REQUEST for what cannot be a key. */
export function parseKey(value: unknown): string {
  if (NO_KEYS.includes(value))
    throw new LarderError('KEY_NULL', 'A key is text or an integer, and not empty.')
  const key = typeof value === 'string' ? value : integerText(value)
  if (key === undefined) throw new LarderError('BAD_REQUEST', 'key: text or an integer.')
  if (!key.isWellFormed()) throw new LarderError('BAD_REQUEST', 'key: it is not valid Unicode.')
  // A character has at most three bytes a UTF-16 unit, so that short keys need no counting.
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new LarderError('BAD_REQUEST', `key: ${KEY_BYTES_MAX} bytes at most.`)
  }
  return key
}

/** Seconds as callers write them, in milliseconds. @throws LarderError BAD_REQUEST. */
export function parseTtlMs(value: unknown): number {
  const seconds = typeof value === 'number' ? value : isRawNumber(value) ? Number(value.rawJSON) : Number.NaN
  if (!(seconds > 0)) throw new LarderError('BAD_REQUEST', 'ttl: a number of seconds above 0.')
  return Math.max(1, Math.round(seconds * 1000))
}

/** @throws LarderError BAD_REQUEST. */
export function parseTtlText(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new LarderError('BAD_REQUEST', 'ttl: a number of seconds above 0.')
  return parseTtlMs(Number(text))
}

/** An amount, as a decimal integer. @throws LarderError BAD_REQUEST. */
export function parseInteger(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : integerText(value)
  if (text === undefined || !/^[+-]?\d+$/.test(text))
    throw new LarderError('BAD_REQUEST', `${name}: an integer.`)
  if (text.length > 100)
    throw new LarderError('OUT_OF_RANGE', `${name}: far beyond 64 bits; the total is unchanged.`)
  return String(BigInt(text))
}

/** An integer of a JSON document in plain digits; `undefined` for everything else. */
function integerText(value: unknown): string | undefined {
  if (isRawNumber(value)) {
    if (/^-?\d+$/.test(value.rawJSON)) return value.rawJSON.replace(/^-0$/, '0')
    return integerText(Number(value.rawJSON))
  }
  return Number.isSafeInteger(value) ? String(value) : undefined
}

function isRawNumber(value: unknown): value is RawNumber {
  return JSON.isRawJSON(value)
}
