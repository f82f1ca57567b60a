/**
 * The hash of a set: the exclusive or of the hashes of what is in it (Bellare and Micciancio, "A New Paradigm for
 * Collision-Free Hashing", 1997, there as XHASH), so that it depends on no order and follows every change. It shows
 * what went missing by accident; against malice it is no protection.
 */

/** 64 bits in two halves. */
export class SetHash {
  #high = 0
  #low = 0

  /** Adds an element, or takes it out again. */
  toggle(text: string): void {
    this.#high ^= hash(text, 0x811c9dc5)
    this.#low ^= hash(text, 0x2f0b4f37)
  }

  toString(): string {
    return ((BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)).toString(36)
  }
}

/** FNV-1a over the UTF-16 units (Fowler, Noll, Vo), mixed as in MurmurHash3 (Appleby). */
function hash(text: string, offset: number): number {
  let value = offset
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
