/**
 * Where a key lives: key ▸ integer ▸ slot, whose holders are found in `placing.ts`. Pure, and the same on every member.
 *
 * The integer is Smache's (a decimal integer is itself, other text is its UTF-8 bytes as one big-endian
 * number), except that text is never parsed by its prefix.
 */

/** A prime, so that keys which differ by a fixed step still spread over all slots. */
export const SLOTS = 16381

const DECIMAL_INTEGER = /^[+-]?\d+$/

/** `integerOf(key)` in decimal digits, for which short text needs no big integer. */
export function integerTextOf(key: string): string {
  if (key.length > SAFE_BYTES || isDecimal(key)) return `${integerOf(key)}`
  const bytes = bytesOf(key)
  if (bytes.length > SAFE_BYTES) return `${integerOf(key)}`
  let integer = 0
  for (let at = 0; at < bytes.length; at++) integer = integer * 256 + bytes.charCodeAt(at)
  return `${integer}`
}

/** So many are exact as a number. */
const SAFE_BYTES = 6

/** The key turned into an integer. Its cost grows with the length; `slotOf` never needs it. */
export function integerOf(key: string): bigint {
  if (isDecimal(key)) return BigInt(key.startsWith('+') ? key.slice(1) : key)
  const bytes = bytesOf(key)
  let at = bytes.length % WORD_BYTES
  let integer = wordIn(bytes, 0, at)
  for (; at < bytes.length; at += WORD_BYTES)
    integer = (integer << WORD_BITS) | wordIn(bytes, at, at + WORD_BYTES)
  return integer
}

const WORD_BYTES = 8
const WORD_BITS = 64n
const word = new DataView(new ArrayBuffer(WORD_BYTES))

function wordIn(bytes: string, start: number, end: number): bigint {
  word.setBigUint64(0, 0n)
  for (let at = start; at < end; at++) word.setUint8(WORD_BYTES - (end - at), bytes.charCodeAt(at))
  return word.getBigUint64(0)
}

/** `integerOf(key)` modulo SLOTS, never negative; folded digit by digit, so that no big integer is built. */
export function slotOf(key: string): number {
  if (key !== last.key) {
    last.slot = computeSlot(key)
    last.key = key
  }
  return last.slot
}

/** Whoever passes a command on asks the same again. */
const last = { key: '', slot: 0 }

function computeSlot(key: string): number {
  if (!isDecimal(key)) return slotOfText(key)
  const remainder = fold(key.replace(/^[+-]/, ''), 10, ASCII_ZERO)
  return key.startsWith('-') && remainder > 0 ? SLOTS - remainder : remainder
}

const ASCII_ZERO = 0x30
const ASCII_NINE = 0x39

/** Most keys begin with a letter, and need no second look. */
function isDecimal(key: string): boolean {
  return key.charCodeAt(0) <= ASCII_NINE && DECIMAL_INTEGER.test(key)
}

/** Most keys are ASCII, and are read once. */
function slotOfText(key: string): number {
  let remainder = 0
  for (let at = 0; at < key.length; at++) {
    const byte = key.charCodeAt(at)
    if (byte > ASCII_MAX) return fold(characters(encoder.encode(key)), 256, 0)
    remainder = (remainder * 256 + byte) % SLOTS
  }
  return remainder
}

/** The UTF-8 bytes, as text with a character for each: ASCII is that already, and needs no encoder. */
function bytesOf(key: string): string {
  for (let at = 0; at < key.length; at++)
    if (key.charCodeAt(at) > ASCII_MAX) return characters(encoder.encode(key))
  return key
}

function characters(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** No part of Node: clients place keys too, in whatever runs them. */
const encoder = new TextEncoder()
const ASCII_MAX = 0x7f

function fold(digits: string, base: number, zero: number): number {
  let remainder = 0
  for (let at = 0; at < digits.length; at++)
    remainder = (remainder * base + digits.charCodeAt(at) - zero) % SLOTS
  return remainder
}
