/**
 * An id of a slot as bytes, with their hash: always of the one that was encoded last, so that looking something up
 * leaves no garbage. A byte a character for ASCII, two for all else: nothing that is an id is changed by it.
 */

/** The first bits of a hash are those of the slot: so what is in a slot lies together, apart from its neighbours. */
const SLOT_BITS = 4
const SLOT_MASK = 2 ** SLOT_BITS - 1
export const HASH_BITS = 32
const PLACING_BITS = HASH_BITS - SLOT_BITS
const PLACING_MASK = 2 ** PLACING_BITS - 1
/** So many places there are in a slot. */
export const PLACES = 2 ** PLACING_BITS

/** FNV-1a (Fowler, Noll, Vo). */
const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193
const ASCII_MAX = 0x7f

export class EncodedId {
  #bytes = Buffer.alloc(256)
  #length = 0
  #hash = 0
  #isWide = false

  get length(): number {
    return this.#length
  }

  get hash(): number {
    return this.#hash
  }

  /** Whether each character is two bytes. */
  get isWide(): boolean {
    return this.#isWide
  }

  encode(slot: number, id: string): void {
    if (this.#bytes.length < 2 * id.length) this.#bytes = Buffer.alloc(2 * id.length)
    this.#isWide = false
    this.#length = id.length
    let hash = OFFSET_BASIS
    for (let index = 0; index < id.length; index++) {
      const unit = id.charCodeAt(index)
      if (unit > ASCII_MAX) this.#isWide = true
      this.#bytes[index] = unit
      hash = Math.imul(hash ^ unit, PRIME)
    }
    if (this.#isWide) this.#length = this.#bytes.write(id, 'utf16le')
    const mixed = hash ^ (hash >>> 15)
    this.#hash = ((slot << PLACING_BITS) | (mixed >>> SLOT_BITS)) >>> 0
  }

  isAt(bytes: Uint8Array, at: number): boolean {
    for (let index = 0; index < this.#length; index++)
      if (bytes[at + index] !== this.#bytes[index]) return false
    return true
  }

  copyTo(bytes: Uint8Array, at: number): void {
    for (let index = 0; index < this.#length; index++) bytes[at + index] = this.#bytes[index] ?? 0
  }
}

/** Neighbouring slots have the same. */
export function neighbourhoodOf(slot: number): number {
  return slot >>> SLOT_BITS
}

/** That of an id, by its hash. */
export function slotIn(neighbourhood: number, hash: number): number {
  return (neighbourhood << SLOT_BITS) | (hash >>> PLACING_BITS)
}

/** All hashes in a slot: from the first one to before the end. */
export function hashesOf(slot: number): { readonly first: number; readonly end: number } {
  const first = (slot & SLOT_MASK) * 2 ** PLACING_BITS
  return { first, end: first + 2 ** PLACING_BITS }
}

/** What of a hash differs within a slot. */
export function placingOf(hash: number): number {
  return hash & PLACING_MASK
}

const PLACED = new EncodedId()

/** Where an id is, or would be, among those of its slot. */
export function placeOf(slot: number, id: string): number {
  PLACED.encode(slot, id)
  return placingOf(PLACED.hash)
}
