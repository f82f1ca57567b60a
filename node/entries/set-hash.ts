/**
 * The hash of a set: the exclusive or of the hashes of what is in it (Bellare and Micciancio, "A New Paradigm for
 * Collision-Free Hashing", 1997, there as XHASH), so that it depends on no order and follows every change. It shows
 * what went missing by accident; against malice it is no protection.
 */

/** 64 bits in two halves. */
export class SetHash {
  #high = 0
  #low = 0

  /** Adds an element, or takes it out again: FNV-1a over its UTF-16 units (Fowler, Noll, Vo), mixed. */
  toggle(text: string): void {
    let high = 0x811c9dc5
    let low = 0x2f0b4f37
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      high = Math.imul(high ^ unit, PRIME)
      low = Math.imul(low ^ unit, PRIME)
    }
    this.#high ^= mix(high)
    this.#low ^= mix(low)
  }

  toString(): string {
    return ((BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)).toString(36)
  }
}

const PRIME = 0x01000193

/** As in MurmurHash3 (Appleby). */
function mix(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
