/**
 * Where a key lives: key ▸ integer ▸ slot ▸ member. Pure, and the same on every member.
 *
 * The integer is Smache's (a decimal integer is itself, other text is its UTF-8 bytes as one big-endian
 * number), except that text is never parsed by its prefix. Slots are placed on members by rendezvous
 * hashing (Thaler and Ravishankar, 1998): every member has a score for every slot, and the highest wins. A
 * member that joins takes only the slots it wins; one that leaves gives up only its own.
 */

/** A prime, so that keys which differ by a fixed step still spread over all slots. */
export const SLOTS = 16381

const DECIMAL_INTEGER = /^[+-]?\d+$/

/** The key turned into an integer. Its cost grows with the length; `slotOf` never needs it. */
export function integerOf(key: string): bigint {
  if (DECIMAL_INTEGER.test(key)) return BigInt(key.startsWith('+') ? key.slice(1) : key)
  return key === '' ? 0n : BigInt(`0x${Buffer.from(key).toString('hex')}`)
}

/** `integerOf(key)` modulo SLOTS, never negative; folded digit by digit, so that no big integer is built. */
export function slotOf(key: string): number {
  if (!DECIMAL_INTEGER.test(key)) return fold(Buffer.from(key), 256, 0)
  const remainder = fold(Buffer.from(key.replace(/^[+-]/, '')), 10, ASCII_ZERO)
  return key.startsWith('-') && remainder > 0 ? SLOTS - remainder : remainder
}

const ASCII_ZERO = 0x30

function fold(digits: Uint8Array, base: number, zero: number): number {
  let remainder = 0
  for (const digit of digits) remainder = (remainder * base + digit - zero) % SLOTS
  return remainder
}

/** The owner of every slot, as an index into `memberIds`; needs at least one member. */
export function placeSlots(memberIds: readonly string[]): Uint16Array {
  const seeds = memberIds.map(hash)
  const owners = new Uint16Array(SLOTS)
  for (let slot = 0; slot < SLOTS; slot++) {
    let best = 0
    for (let index = 1; index < seeds.length; index++) {
      if (outranks(slot, index, best)) best = index
    }
    owners[slot] = best
  }
  return owners

  function outranks(slot: number, index: number, other: number): boolean {
    const difference = score(slot, seeds[index] ?? 0) - score(slot, seeds[other] ?? 0)
    return difference === 0 ? (memberIds[index] ?? '') < (memberIds[other] ?? '') : difference > 0
  }
}

function score(slot: number, seed: number): number {
  return mix(seed ^ mix(slot + 1))
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
