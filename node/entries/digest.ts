/**
 * A short text by which two members see whether they hold the same of a slot: what cannot be had again, what the memory
 * budget may claim, and what is gone or will be.
 *
 * The last is forgotten by each member in its own time, so that it only counts where a copy is compared for the first
 * time; so does what ends by itself, since no two clocks see it end together. No clock is looked at.
 */
import { type Entry, isEvictable } from './entry.ts'
import { verbsOf } from './kinds.ts'
import { SetHash } from './set-hash.ts'

/** As version 0.1 named counters, whose digests are to be the same. */
const COUNTER_LETTER = 'c'

export class Digest {
  readonly #counted = new SetHash()
  readonly #cached = new SetHash()
  readonly #passing = new SetHash()

  /** Adds an entry, or takes it out again as it was added. */
  toggle(id: string, entry: Entry): void {
    const { live, passing } = verbsOf(entry).states(entry)
    const name = entry.kind === 'counter' ? `${COUNTER_LETTER}${id.slice(1)}` : id
    if (live !== undefined) (isEvictable(id, entry) ? this.#cached : this.#counted).toggle(`${name}\0${live}`)
    if (passing !== undefined) this.#passing.toggle(`${name}\0${passing}`)
  }

  toString(): string {
    return `${this.#counted}.${this.#cached}.${this.#passing}`
  }
}

/** Whether two digests are of the same live state; where a memory is full only what cannot be had again has to be. */
export function isLikewise(one: string, other: string, { isFull }: { isFull: boolean }): boolean {
  const [counted, cached] = one.split('.')
  const [otherCounted, otherCached] = other.split('.')
  return counted === otherCounted && (isFull || cached === otherCached)
}
