/** The words of a call, as keys, numbers and options. What is wrong with them is said as Redis says it. */
import { isUtf8 } from 'node:buffer'
import { LIFETIME_MAX_MS } from '../../shared/command.ts'
import { NOT_INTEGER, ReplyError, SYNTAX } from './errors.ts'
import type { Words } from './reader.ts'

const KEY_BYTES_MAX = 4096
const MEMBER_BYTES_MAX = 1024
const NONE = Buffer.alloc(0)

export function wordAt(words: Words, place: number): Buffer {
  return words[place] ?? NONE
}

export function textAt(words: Words, place: number): string {
  return wordAt(words, place).toString('latin1')
}

/** An option, in capital letters. */
export function optionAt(words: Words, place: number): string {
  return textAt(words, place).toUpperCase()
}

/** Text that is no UTF-8 would be another one when it is read. @throws ReplyError. */
function utf8Of(word: Buffer, what: string, bytesMax: number): string {
  if (word.length > bytesMax) throw new ReplyError(`ERR a ${what} has at most ${bytesMax} bytes here`)
  const text = word.toString()
  if (text.includes('\ufffd') && !isUtf8(word)) throw new ReplyError(`ERR a ${what} is UTF-8 here`)
  return text
}

/** @throws ReplyError for what is a key at no door. */
export function keyAt(words: Words, place: number): string {
  const key = utf8Of(wordAt(words, place), 'key', KEY_BYTES_MAX)
  if (key === '' || key === 'null' || key === 'nil')
    throw new ReplyError(`ERR a key is not ${key === '' ? 'empty' : key} here`)
  return key
}

export function keysAt(words: Words, places: readonly number[]): string[] {
  return places.map((place) => keyAt(words, place))
}

/** @throws ReplyError. */
export function memberAt(words: Words, place: number): string {
  const member = utf8Of(wordAt(words, place), 'member', MEMBER_BYTES_MAX)
  if (member === '') throw new ReplyError('ERR a member is not empty here')
  return member
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/
const INT64_MAX = 2n ** 63n - 1n

/** A signed integer of 64 bits as decimal text, as Redis reads it: nothing around it, and no zeros before it. */
export function integerText(text: string): string | undefined {
  if (!INTEGER.test(text)) return undefined
  if (text.length < 19) return text
  const value = BigInt(text)
  return value >= -INT64_MAX - 1n && value <= INT64_MAX ? text : undefined
}

/** @throws ReplyError. */
export function integerTextAt(words: Words, place: number): string {
  const integer = integerText(textAt(words, place))
  if (integer === undefined) throw new ReplyError(NOT_INTEGER)
  return integer
}

/** As a number, which is exact as far as anything here is counted. @throws ReplyError. */
export function integerAt(
  words: Words,
  place: number,
  { min = -Infinity, max = Infinity, error = NOT_INTEGER } = {},
): number {
  const value = Number(integerText(textAt(words, place)) ?? Number.NaN)
  if (value >= min && value <= max) return value
  throw new ReplyError(error)
}

/** How a command calls the ends that it takes: in seconds or milliseconds, from now or from 1970 on. */
export interface EndUnit {
  readonly unitMs: 1 | 1000
  readonly isAt: boolean
}

export const END_UNITS: Readonly<Record<string, EndUnit>> = {
  EX: { unitMs: 1000, isAt: false },
  PX: { unitMs: 1, isAt: false },
  EXAT: { unitMs: 1000, isAt: true },
  PXAT: { unitMs: 1, isAt: true },
}

/** How long from now on; 0 and less for what has ended. @throws ReplyError. */
export function lifeAt(
  words: Words,
  place: number,
  options: EndUnit & { command: string; wallMs: number },
): number {
  const { unitMs, isAt, command, wallMs } = options
  const value = BigInt(integerTextAt(words, place)) * BigInt(unitMs)
  const endsAt = isAt ? value : value + BigInt(wallMs)
  if (value < -INT64_MAX - 1n || value > INT64_MAX || endsAt > INT64_MAX)
    throw new ReplyError(`ERR invalid expire time in '${command}' command`)
  const ms = Number(value)
  return Math.min(isAt ? ms - wallMs : ms, LIFETIME_MAX_MS)
}

/** Options with their values behind a place: of each name how many words follow it. @throws ReplyError. */
export function optionsFrom(
  words: Words,
  from: number,
  known: Readonly<Record<string, number>>,
): Map<string, number> {
  const found = new Map<string, number>()
  for (let place = from; place < words.length; place++) {
    const name = optionAt(words, place)
    const count = Object.hasOwn(known, name) ? known[name] : undefined
    if (count === undefined || found.has(name) || place + count >= words.length) throw new ReplyError(SYNTAX)
    found.set(name, place + 1)
    place += count
  }
  return found
}
