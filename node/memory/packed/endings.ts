/** When something ends in each slot, the earliest, and how far the search for what has ended has got. */
import { SLOTS } from '../../../shared/placement.ts'
import { hashesOf } from './encoded-id.ts'

/** Of one slot: from which hash on it is still to be looked through, and the earliest end of what stays before that. */
interface Search {
  readonly slot: number
  hash: number
  earliest: number
}

export class Endings {
  readonly #earliest = new Float64Array(SLOTS).fill(Infinity)
  #search: Search | undefined

  /** Of something that has just been put. */
  expect(slot: number, endsAtMs: number): void {
    if (endsAtMs === Infinity) return
    this.#earliest[slot] = Math.min(this.#earliest[slot] ?? Infinity, endsAtMs)
    // It may be where the search has been.
    if (this.#search?.slot === slot) this.#search.earliest = Math.min(this.#search.earliest, endsAtMs)
  }

  /** Nothing is left in the slot. */
  clear(slot: number): void {
    this.#earliest[slot] = Infinity
  }

  /** Slots in which something has ended, first the one whose search is under way. */
  *slotsBy(nowMs: number): Generator<number> {
    const first = this.#search?.slot ?? 0
    for (let step = 0; step < SLOTS; step++) {
      const slot = (first + step) % SLOTS
      if ((this.#earliest[slot] ?? Infinity) <= nowMs) yield slot
    }
  }

  /** Begins to look through a slot, or goes on where that was left. */
  search(slot: number): Search {
    if (this.#search?.slot !== slot) this.#search = { slot, hash: hashesOf(slot).first, earliest: Infinity }
    return this.#search
  }

  /** The slot was looked through. */
  end({ slot, earliest }: Search): void {
    this.#earliest[slot] = earliest
    this.#search = undefined
  }
}
