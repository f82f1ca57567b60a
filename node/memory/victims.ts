/**
 * Who has to go next when the budget is over: tombstones first, by age, as the oldest is the one that every copy has most
 * likely heard of; then what was used longest ago in the largest pool, of which the values are one. Whatever is counted
 * is nobody's victim.
 */
import { isEvictable, isTombstone, isValue } from '../entries/entry.ts'
import { type Held, newlyHeld } from './held.ts'
import type { Values } from './packed/values.ts'
import { Pools } from './pools.ts'
import { Recency } from './recency.ts'

export class Victims {
  readonly #values: Values
  readonly #pools = new Pools<Held>()
  readonly #tombstones = new Recency<Held>()
  #valueBytes = 0

  constructor(values: Values) {
    this.#values = values
  }

  /** What is held now, as the one used last; packed values remember that themselves. */
  add(held: Held): void {
    if (isValue(held.id, held.entry)) this.#valueBytes += held.bytes
    else this.#listOf(held)?.add(held)
  }

  remove(held: Held): void {
    if (isValue(held.id, held.entry)) this.#valueBytes -= held.bytes
    else this.#listOf(held)?.remove(held)
  }

  /** It was used. */
  touch(held: Held): void {
    if (this.#listOf(held) === this.#pools) this.#pools.touch(held)
  }

  get next(): Held | undefined {
    if (this.#tombstones.oldest !== undefined) return this.#tombstones.oldest
    if (this.#pools.largestBytes >= this.#valueBytes) return this.#pools.next
    const value = this.#values.nextVictim()
    return value && newlyHeld(value.slot, value.id, value.entry)
  }

  #listOf({ id, entry }: Held): Recency<Held> | Pools<Held> | undefined {
    if (!isEvictable(id)) return undefined
    return isTombstone(entry) ? this.#tombstones : this.#pools
  }
}
