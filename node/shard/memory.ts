/**
 * What this member holds: entries by slot, within a budget of bytes.
 *
 * Entries are kept per slot, because slots are what moves between members. The budget claims the value that
 * was used longest ago, tombstones first; counters are counted, but never claimed.
 */
import { SLOTS } from '../../shared/placement.ts'
import { bury, dueAtMs, type Entry, isEvictable, merge } from '../entries/entry.ts'
import { Expiry } from './expiry.ts'
import { type Linked, Recency } from './recency.ts'

/** How long a tombstone outlives its value: longer than a copy may miss a delete. */
export const TOMBSTONE_GRACE_MS = 600_000
/**
 * What an entry costs beyond its key and value: its objects and its place in the map, list and calendar.
 * Measured with a million entries of 16 bytes, which took 343 bytes of heap each on Node 26.
 */
const ENTRY_OVERHEAD_BYTES = 300
/** How many due entries one turn buries, so that a mass expiry does not stop the requests. */
const SWEEP_MAX = 1000

interface Held extends Linked {
  readonly slot: number
  readonly id: string
  entry: Entry
  bytes: number
}

export interface MemoryCounts {
  values: number
  counters: number
  tombstones: number
  bytes: number
  evictions: number
  expirations: number
}

export class Memory {
  readonly counts: MemoryCounts = {
    values: 0,
    counters: 0,
    tombstones: 0,
    bytes: 0,
    evictions: 0,
    expirations: 0,
  }
  readonly #bytesMax: number
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #recency = new Recency<Held>()
  /** By age: the oldest is the one that every copy has most likely heard of. */
  readonly #tombstones = new Recency<Held>()
  readonly #expiry = new Expiry<Held>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The entry under this id, now the one used last. */
  use(slot: number, id: string): Entry | undefined {
    const held = this.#slots[slot]?.get(id)
    if (held === undefined) return undefined
    if (this.#listOf(held) === this.#recency) this.#recency.touch(held)
    return held.entry
  }

  /** Merges a change into what is held, then claims memory until the budget is kept. */
  merge(slot: number, id: string, change: Entry): void {
    const held = this.#slots[slot]?.get(id)
    if (held) this.#replace(held, merge(held.entry, change))
    else this.#add({ slot, id, entry: change, bytes: 0, older: undefined, newer: undefined })
    this.#evict()
  }

  /** Buries values that have ended and forgets old tombstones; true when more is due than one turn takes. */
  sweep(nowMs: number): boolean {
    const due = this.#expiry.takeDue(nowMs, SWEEP_MAX)
    for (const held of due) {
      const remains = bury(held.entry)
      if (remains === undefined) {
        this.#remove(held)
      } else {
        this.counts.expirations++
        this.#replace(held, remains)
      }
    }
    return due.length === SWEEP_MAX
  }

  /** Forgets the slots that this member no longer holds; a slot that comes back must not bring old values. */
  retain(isHeld: (slot: number) => boolean): void {
    for (const [slot, entries] of this.#slots.entries()) {
      if (entries === undefined || isHeld(slot)) continue
      for (const held of entries.values()) this.#unlink(held)
      this.#slots[slot] = undefined
    }
  }

  #add(held: Held): void {
    const entries = this.#slots[held.slot] ?? new Map<string, Held>()
    this.#slots[held.slot] = entries.set(held.id, held)
    this.#link(held)
  }

  #replace(held: Held, entry: Entry): void {
    this.#unlink(held)
    held.entry = entry
    this.#link(held)
  }

  #remove(held: Held): void {
    const entries = this.#slots[held.slot]
    entries?.delete(held.id)
    if (entries?.size === 0) this.#slots[held.slot] = undefined
    this.#unlink(held)
  }

  #evict(): void {
    while (this.counts.bytes > this.#bytesMax) {
      const oldest = this.#tombstones.oldest ?? this.#recency.oldest
      if (oldest === undefined) return
      if (!isTombstone(oldest.entry)) this.counts.evictions++
      this.#remove(oldest)
    }
  }

  #link(held: Held): void {
    held.bytes = bytesOf(held.id, held.entry)
    this.counts.bytes += held.bytes
    this.counts[census(held.entry)]++
    this.#expiry.add(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    this.#listOf(held)?.add(held)
  }

  #unlink(held: Held): void {
    this.counts.bytes -= held.bytes
    this.counts[census(held.entry)]--
    this.#expiry.remove(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    this.#listOf(held)?.remove(held)
  }

  /** Where it waits for its eviction, if it may be evicted at all. */
  #listOf({ entry }: Held): Recency<Held> | undefined {
    if (!isEvictable(entry)) return undefined
    return isTombstone(entry) ? this.#tombstones : this.#recency
  }
}

function isTombstone(entry: Entry): boolean {
  return entry.kind === 'register' && entry.value === undefined
}

function census(entry: Entry): 'values' | 'counters' | 'tombstones' {
  if (entry.kind === 'counter') return 'counters'
  return isTombstone(entry) ? 'tombstones' : 'values'
}

/** What an entry counts against the budget. */
export function bytesOf(id: string, entry: Entry): number {
  const named = ENTRY_OVERHEAD_BYTES + Buffer.byteLength(id)
  if (entry.kind === 'counter') return named + Object.keys(entry.tallies).length * ENTRY_OVERHEAD_BYTES
  return entry.value === undefined ? named : named + Buffer.byteLength(entry.value.body)
}
