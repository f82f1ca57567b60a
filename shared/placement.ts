/**
 * Where a key lives: key ▸ integer ▸ slot ▸ holders. Pure, and the same on every member.
 *
 * The integer is Smache's (a decimal integer is itself, other text is its UTF-8 bytes as one big-endian
 * number), except that text is never parsed by its prefix. Slots are placed on members by rendezvous
 * hashing (Thaler and Ravishankar, 1998): every member has a score for every slot, and the highest ones hold it,
 * the very highest as its owner. A member that joins takes only the slots it wins; one that leaves gives up only
 * its own, and the next in rank, which hold copies already, move up.
 */

/** A prime, so that keys which differ by a fixed step still spread over all slots. */
export const SLOTS = 16381

const DECIMAL_INTEGER = /^[+-]?\d+$/

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
  if (!isDecimal(key)) return fold(bytesOf(key), 256, 0)
  const remainder = fold(key.replace(/^[+-]/, ''), 10, ASCII_ZERO)
  return key.startsWith('-') && remainder > 0 ? SLOTS - remainder : remainder
}

const ASCII_ZERO = 0x30
const ASCII_NINE = 0x39

/** Most keys begin with a letter, and need no second look. */
function isDecimal(key: string): boolean {
  return key.charCodeAt(0) <= ASCII_NINE && DECIMAL_INTEGER.test(key)
}

/** The UTF-8 bytes, as text with a character for each: ASCII is that already, and needs no buffer. */
function bytesOf(key: string): string {
  for (let at = 0; at < key.length; at++)
    if (key.charCodeAt(at) > ASCII_MAX) return Buffer.from(key).toString('latin1')
  return key
}

const ASCII_MAX = 0x7f

function fold(digits: string, base: number, zero: number): number {
  let remainder = 0
  for (let at = 0; at < digits.length; at++)
    remainder = (remainder * base + digits.charCodeAt(at) - zero) % SLOTS
  return remainder
}

/**
 * Places every slot on as many as `copies` of the members: its holders as indexes into `memberIds`, the owner
 * first, slot after slot in a row.
 */
export function placeSlots(memberIds: readonly string[], copies = 1): Uint16Array {
  const seeds = memberIds.map(hash)
  const width = Math.min(copies, memberIds.length)
  const holders = new Uint16Array(SLOTS * width)
  const outranks = ranking(memberIds)
  const scores = new Float64Array(width)
  for (let slot = 0; slot < SLOTS; slot++) {
    const first = slot * width
    const salt = mix(slot + 1)
    for (let index = 0; index < seeds.length; index++) {
      const own = mix((seeds[index] ?? 0) ^ salt)
      // An insertion into the few best so far; most members come no further than the last of them.
      let place = Math.min(index, width)
      while (place > 0 && outranks(index, own, holders[first + place - 1] ?? 0, scores[place - 1] ?? 0)) {
        if (place < width) {
          holders[first + place] = holders[first + place - 1] ?? 0
          scores[place] = scores[place - 1] ?? 0
        }
        place--
      }
      if (place < width) {
        holders[first + place] = index
        scores[place] = own
      }
    }
  }
  return holders
}

/** All members, as indexes, in the order in which they would hold the slot. */
export function rankMembers(slot: number, memberIds: readonly string[]): number[] {
  const salt = mix(slot + 1)
  const scores = memberIds.map((id) => mix(hash(id) ^ salt))
  const outranks = ranking(memberIds)
  const order = memberIds.map((_, index) => index)
  return order.sort((one, other) => (outranks(one, scores[one] ?? 0, other, scores[other] ?? 0) ? -1 : 1))
}

/** The higher score; of two that are the same, the one whose name comes first. */
function ranking(memberIds: readonly string[]) {
  return (one: number, score: number, other: number, otherScore: number): boolean =>
    score === otherScore ? (memberIds[one] ?? '') < (memberIds[other] ?? '') : score > otherScore
}

/** FNV-1a over the UTF-8 bytes (Fowler, Noll, Vo), mixed: similar ids must not have similar seeds. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  return mix(value)
}

/** The finalizer of MurmurHash3 (Appleby): every input bit flips each output bit with probability ½. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
