/** An entry in its slot, with what memory has to know of it. */
import type { Activity } from '../../shared/many-keys.ts'
import {
  type Change,
  dueAtMs,
  type Entry,
  isEvictable,
  isResponse,
  type SlotEntry,
} from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import type { Presence } from '../entries/presence.ts'
import type { Register } from '../entries/register.ts'
import { tenantOf } from '../entries/response.ts'
import { bytesOfEntry, heapBytesOf } from './bytes.ts'
import type { Forgotten } from './forgotten.ts'
import type { Pooled } from './pools.ts'

/** How long a tombstone outlives its value: longer than a copy may miss a delete. */
export const TOMBSTONE_GRACE_MS = 600_000

export interface Held extends Pooled {
  readonly slot: number
  readonly id: string
  entry: Entry
  bytes: number
  /** Of these, what the budget may never claim. */
  keptBytes: number
  /** Of all, what lies on the heap. */
  heapBytes: number
  /** How many are engaged. */
  users: number
}

export interface MemoryListener {
  /** Whatever is let go for good, except for slots that are dropped. */
  forget(forgotten: Forgotten): void
  /** Whether what is gone in this slot may come back with another copy, however long ago it went. */
  mayComeBack?(slot: number): boolean
  /** A counter that has ended, as what is left of it: unlike a value, its row does not say so. */
  end?(change: Change): void
  /** What has ended by itself; of what is many, these. */
  expire?(entry: SlotEntry, gone: readonly Presence[]): void
  /** What the budget has claimed, as what is left of it. */
  evict?(entry: SlotEntry & { readonly entry: Register }): void
  /** More is over the budget than one write should wait for: `Upkeep.evict` is to be taken soon. */
  onOver?(): void
}

export function newlyHeld(slot: number, id: string, entry: Entry): Held {
  const held: Held = {
    slot,
    id,
    pool: poolOf(id),
    entry,
    bytes: 0,
    keptBytes: 0,
    heapBytes: 0,
    users: 0,
    older: undefined,
    newer: undefined,
  }
  weigh(held)
  return held
}

/** Among what it has to hold its own where something has to go. */
export function poolOf(id: string): string {
  return isResponse(id) ? `a${tenantOf(id)}` : 'v'
}

/** Takes down what its entry says of itself now. */
export function weigh(held: Held): void {
  const { id, entry } = held
  held.bytes = bytesOfEntry(id, entry)
  held.heapBytes = heapBytesOf(id, entry, held.bytes)
  const crowd = verbsOf(entry).crowd(entry)
  held.users = crowd?.users ?? 0
  if (isEvictable(id, entry)) held.keptBytes = 0
  else if (crowd === undefined) held.keptBytes = held.bytes
  // Where nobody is left, there is nothing but the memory of those who have gone.
  else held.keptBytes = crowd.users === 0 ? 0 : held.bytes - crowd.goneBytes
}

export function isDue({ entry }: Held, nowMs: number): boolean {
  return dueAtMs(entry, TOMBSTONE_GRACE_MS) <= nowMs
}

export function activityOf({ id, entry }: Held): Activity[] {
  const crowd = verbsOf(entry).crowd(entry)
  return crowd === undefined ? [] : [{ content: id.slice(1), users: crowd.users, counts: crowd.counts() }]
}
