/**
 * A short text by which two members see whether they hold the same of a slot.
 *
 * What only remembers that something is gone does not count: members forget it at different times. Neither does
 * a presence that ends by itself, since no two clocks see it end together.
 */
import { isCounting } from './counter.ts'
import { type Entry, isEvictable } from './entry.ts'
import { SetHash } from './set-hash.ts'

/** What a member holds of a slot: what cannot be had again, and what its memory budget may claim. */
export class Digest {
  readonly #counted = new SetHash()
  readonly #cached = new SetHash()

  add(id: string, entry: Entry, nowMs: number): void {
    const state = stateOf(entry, nowMs)
    if (state !== undefined) (isEvictable(id) ? this.#cached : this.#counted).toggle(`${id}\0${state}`)
  }

  toString(): string {
    return `${this.#counted}.${this.#cached}`
  }
}

/** Of a slot in which there is nothing. */
export const NOTHING = String(new Digest())

const NOBODY = String(new SetHash())

/** Whether both hold the same counted state: the rest may differ where a memory is full. */
export function countsTheSame(one: string, other: string): boolean {
  return one.split('.')[0] === other.split('.')[0]
}

/** What tells two states of an entry apart; nothing where it is as if there were none. */
function stateOf(entry: Entry, nowMs: number): string | undefined {
  if (entry.kind === 'reactions') return entry.digest === NOBODY ? undefined : entry.digest
  if (entry.kind === 'register') {
    const isLive = entry.value !== undefined && entry.endsAtMs > nowMs
    return isLive ? `${entry.stamp.time}\0${entry.stamp.origin}` : undefined
  }
  if (!isCounting(entry)) return undefined
  const tallies = Object.entries(entry.tallies).map(
    ([origin, { added, taken }]) => `${origin} ${added} ${taken}`,
  )
  return [entry.reset?.time, entry.reset?.origin, ...tallies.sort()].join('\0')
}
