/**
 * A short text by which two members see whether they hold the same of a slot: what cannot be had again, what the memory
 * budget may claim, and what only remembers that something is gone.
 *
 * The last is forgotten by each member in its own time, so that it only counts where a copy is compared for the first
 * time. A presence that ends by itself counts only once it is gone, since no two clocks see it end together.
 */
import { isCounting } from './counter.ts'
import { type Entry, isEvictable } from './entry.ts'
import { SetHash } from './set-hash.ts'

export class Digest {
  readonly #counted = new SetHash()
  readonly #cached = new SetHash()
  readonly #gone = new SetHash()

  add(id: string, entry: Entry, nowMs: number): void {
    const { live, gone } = statesOf(entry, nowMs)
    if (live !== undefined) (isEvictable(id) ? this.#cached : this.#counted).toggle(`${id}\0${live}`)
    if (gone !== undefined) this.#gone.toggle(`${id}\0${gone}`)
  }

  toString(): string {
    return `${this.#counted}.${this.#cached}.${this.#gone}`
  }
}

/** Whether two digests are of the same live state; where a memory is full only what cannot be had again has to be. */
export function isLikewise(one: string, other: string, { isFull }: { isFull: boolean }): boolean {
  const [counted, cached] = one.split('.')
  const [otherCounted, otherCached] = other.split('.')
  return counted === otherCounted && (isFull || cached === otherCached)
}

interface States {
  /** What tells two live states apart; absent where it is as if there were none. */
  readonly live?: string | undefined
  readonly gone?: string | undefined
}

function statesOf(entry: Entry, nowMs: number): States {
  if (entry.kind === 'reactions')
    return { live: unlessNobody(entry.digest), gone: unlessNobody(entry.goneDigest) }
  if (entry.kind === 'register') {
    const stamp = `${entry.stamp.time}\0${entry.stamp.origin}`
    return entry.value !== undefined && entry.endsAtMs > nowMs ? { live: stamp } : { gone: stamp }
  }
  const reset = `${entry.reset?.time}\0${entry.reset?.origin}`
  if (!isCounting(entry)) return { gone: reset }
  const tallies = Object.entries(entry.tallies).map(
    ([origin, { added, taken }]) => `${origin} ${added} ${taken}`,
  )
  return { live: [reset, ...tallies.sort()].join('\0') }
}

const NOBODY = String(new SetHash())

function unlessNobody(digest: string): string | undefined {
  return digest === NOBODY ? undefined : digest
}
