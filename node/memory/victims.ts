/**
 * Who has to go next when the budget is over: what is only remembered of what is gone first, as nothing rests on it, the
 * oldest first, which every copy has most likely heard of; then what was used longest ago in the largest pool, of which
 * the values are one, which gives nothing of its share. Whatever is counted is nobody's victim.
 */
import { isEvictable, isTombstone, isValue } from '../entries/entry.ts'
import { isPacked } from './bytes.ts'
import { type Held, newlyHeld, poolOf } from './held.ts'
import type { Found } from './packed/values.ts'
import { Pools } from './pools.ts'
import { Recency } from './recency.ts'
import type { SlotTable } from './slot-table.ts'

/**
 * What values take of the room is safe from responses up to this part of it: of these there may be any number of pools, as
 * many as callers can name tenants.
 */
const VALUES_SHARE = 1 / 5

export class Victims {
  readonly #slots: Pick<SlotTable, 'values' | 'tombstones'>
  readonly #pools = new Pools<Held>()
  readonly #tombstones = new Recency<Held>()
  /** Contents that somebody has gone from, and keys that were counters. */
  readonly #left = new Recency<Held>()
  #valueBytes = 0

  constructor(slots: Pick<SlotTable, 'values' | 'tombstones'>) {
    this.#slots = slots
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

  /** Of a content, those who have gone from it are meant; of what was a counter, that. `room` is that of all that may be claimed. */
  next(room: number): Held | undefined {
    const gone = heldOf(this.#slots.tombstones.nextVictim()) ?? this.#tombstones.oldest ?? this.#left.oldest
    if (gone !== undefined) return gone
    const isShared = this.#valueBytes > room * VALUES_SHARE && this.#valueBytes > this.#pools.largestBytes
    return (isShared ? undefined : this.#pools.next) ?? heldOf(this.#slots.values.nextVictim())
  }

  /** The same of what lies on the heap. */
  get nextOnHeap(): Held | undefined {
    return this.#tombstones.oldest ?? this.#left.oldest ?? this.#pools.next
  }

  /**
   * Whether something of this size, in place of something else, would be among what stays where all that may be claimed has
   * so much room: its pool is not the largest by the time at which all else in it has gone, or within the share of values,
   * or there is room for all.
   */
  wouldStay(id: string, bytes: { readonly now: number; readonly before: number }, room: number): boolean {
    const pool = poolOf(id)
    const added = bytes.now - bytes.before
    const ownBytes = this.#bytesIn(pool) + added
    const allBytes = this.#pools.bytes + this.#valueBytes + added
    const share = room * VALUES_SHARE
    if (allBytes <= room || (pool === 'v' && bytes.now <= share)) return true
    if (bytes.now * (this.#pools.count + 2) <= room - share) return true
    const others = pool === 'v' ? this.#pools.above(bytes.now) : this.#othersAbove(pool, bytes.now, share)
    return allBytes - Math.max(0, ownBytes - bytes.now) - others <= room
  }

  #bytesIn(pool: string): number {
    return pool === 'v' ? this.#valueBytes : this.#pools.bytesIn(pool)
  }

  /** By how much all other pools are larger than this, and the values than their share too. */
  #othersAbove(pool: string, bytes: number, share: number): number {
    const own = Math.max(0, this.#pools.bytesIn(pool) - bytes)
    return this.#pools.above(bytes) - own + Math.max(0, this.#valueBytes - Math.max(bytes, share))
  }

  #listOf(held: Held): Recency<Held> | Pools<Held> | undefined {
    const { id, entry, bytes, keptBytes } = held
    if (isPacked(id, entry)) return undefined
    if (entry.kind === 'reactions' || entry.kind === 'turned')
      return bytes > keptBytes ? this.#left : undefined
    if (!isEvictable(id, entry)) return undefined
    return isTombstone(entry) ? this.#tombstones : this.#pools
  }
}

function heldOf(found: Found | undefined): Held | undefined {
  return found && newlyHeld(found.slot, found.id, found.entry)
}
