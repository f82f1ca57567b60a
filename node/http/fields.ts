/** The fields of requests, turned into what commands are made of, or into an error that says what is wrong. */
import { z } from 'zod'
import { LIFETIME_MAX_MS } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { decode } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { KEY_BYTES_MAX, parseKeyText } from '../../shared/key-text.ts'

export { KEY_BYTES_MAX, keyNull, parseKeyText } from '../../shared/key-text.ts'

/** For the API page; `parseKey` decides. */
export const Key = z.union([z.string().min(1), z.number().multipleOf(1)]).meta({
  description: `Text or an integer, at most ${KEY_BYTES_MAX} bytes of UTF-8; not empty, "null" or "nil".`,
})
export const Ttl = z.number().positive().meta({ description: 'Seconds until the value ends by itself.' })

/** The last part of the path, decoded strictly; the router's own decoding forgives mistakes. */
export function pathText({ captures }: HttpRequest): string {
  return decode(captures[0] ?? '')
}

/** @throws LarderError BAD_REQUEST. */
export function parseFlag(name: string, json: string | undefined): boolean {
  if (json === undefined || json === 'false') return false
  if (json === 'true') return true
  throw new LarderError('BAD_REQUEST', `${name}: true or false.`)
}

/** The same of a query: `1` is yes. @throws LarderError BAD_REQUEST. */
export function parseSwitch(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '0') return false
  if (text === '1') return true
  throw new LarderError('BAD_REQUEST', `${name}: 1 or 0.`)
}

/** @throws LarderError BAD_REQUEST for what no header could say. */
export function parseMediaType(name: string, json: string): string {
  const type = textOf(json) ?? ''
  if (type.length <= MEDIA_TYPE_LENGTH_MAX && /^[\w.+*!#$&^-]+\/[\w.+*!#$&^-]+[\t\x20-\x7e]*$/.test(type))
    return type
  throw new LarderError('BAD_REQUEST', `${name}: a media type, like text/plain.`)
}

const ROUNDING_MS = 1e-3
const MEDIA_TYPE_LENGTH_MAX = 255

/** What is left of a life, as seconds; never more than was given, though times are sums of fractions. */
export function secondsOf(ttlMs: number): number {
  return Math.max(0, Math.ceil(ttlMs - ROUNDING_MS)) / 1000
}

/** A key as a JSON text writes it. @throws LarderError KEY_NULL or BAD_REQUEST. */
export function parseKey(json: string | undefined): string {
  if (json === undefined || json === 'null') return parseKeyText(undefined)
  const key = textOf(json) ?? integerText(json)
  if (key === undefined) throw new LarderError('BAD_REQUEST', 'key: text, or an integer in plain digits.')
  return parseKeyText(key)
}

/** Seconds as a JSON text or a query writes them, in milliseconds. @throws LarderError BAD_REQUEST. */
export function parseTtlMs(json: string): number {
  const seconds = Number(json)
  if (/^["[]/.test(json) || !(seconds > 0))
    throw new LarderError('BAD_REQUEST', 'ttl: a number of seconds above 0.')
  return ttlMsOf(seconds)
}

/** The same where `null` is for ever. @throws LarderError BAD_REQUEST, also where nothing is said. */
export function parseLifetime(json: string | undefined): { ttlMs?: number } {
  if (json === undefined) throw new LarderError('BAD_REQUEST', 'ttl: a number of seconds above 0, or null.')
  return json === 'null' ? {} : { ttlMs: parseTtlMs(json) }
}

/** Seconds as a JSON text writes them, above 0 and not beyond a hundred years. @throws LarderError BAD_REQUEST. */
export function parseSeconds(name: string, json: string | undefined): number {
  const seconds = json === undefined || /^["[]/.test(json) ? Number.NaN : Number(json)
  if (seconds > 0) return Math.min(seconds, LIFETIME_MAX_MS / 1000)
  throw new LarderError('BAD_REQUEST', `${name}: a number of seconds above 0.`)
}

/** Of seconds above 0; more than there may be is meant as forever, and is as good as that. */
export function ttlMsOf(seconds: number): number {
  return Math.min(Math.max(1, Math.round(seconds * 1000)), LIFETIME_MAX_MS)
}

/** @throws LarderError BAD_REQUEST. */
export function parseTtlText(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new LarderError('BAD_REQUEST', 'ttl: a number of seconds above 0.')
  return parseTtlMs(text)
}

/** An amount as a JSON text writes it: an integer, or text that is one. @throws LarderError BAD_REQUEST, OUT_OF_RANGE. */
export function parseInteger(name: string, json: string | undefined): string {
  return parseIntegerText(name, json === undefined ? undefined : (textOf(json) ?? integerText(json)))
}

/** @throws LarderError BAD_REQUEST, OUT_OF_RANGE. */
export function parseIntegerText(name: string, text: string | undefined): string {
  if (text === undefined || !/^[+-]?\d+$/.test(text))
    throw new LarderError('BAD_REQUEST', `${name}: an integer.`)
  if (text.length > 100)
    throw new LarderError('OUT_OF_RANGE', `${name}: far beyond 64 bits; the total is unchanged.`)
  return String(BigInt(text))
}

/** The text that a JSON text is, if it is one. */
export function textOf(json: string): string | undefined {
  if (!json.startsWith('"')) return undefined
  return json.includes('\\') ? JSON.parse(json) : json.slice(1, -1)
}

/** The integer that a JSON text is, in plain digits however long, if it is one: `5`, and also `5.0` and `5e0`. */
function integerText(json: string): string | undefined {
  if (/^-?\d+$/.test(json)) return json === '-0' ? '0' : json
  const [, sign, whole, fraction = '', exponent = '0'] = DECIMAL.exec(json) ?? []
  if (whole === undefined) return undefined
  const digits = whole + fraction
  const shift = Number(exponent) - fraction.length
  if (Math.abs(shift) > SHIFT_MAX || !/^0*$/.test(shift < 0 ? digits.slice(shift) : '')) return undefined
  const kept = shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift)
  return String(BigInt(`${sign}${kept || '0'}`))
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
/** An integer that is written with an exponent beyond it is no amount that anybody means. */
const SHIFT_MAX = 100
