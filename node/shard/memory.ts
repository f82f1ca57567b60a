/**
 * What this member holds: entries by slot, within a budget of bytes.
 *
 * Entries are kept per slot, because slots are what moves between members. The budget claims the value that
 * was used longest ago, tombstones first; counters and reactions are counted, but never claimed. Whatever is
 * let go is told, so that it does not come back from disk.
 */
import type { Activity } from '../../shared/command.ts'
import { SLOTS } from '../../shared/placement.ts'
import { bury, dueAtMs, type Entry, isEvictable, isTombstone, merge } from '../entries/entry.ts'
import type { Presence } from '../entries/reactions.ts'
import { bytesOf } from './bytes.ts'
import { Expiry } from './expiry.ts'
import { Ranking } from './ranking.ts'
import { type Linked, Recency } from './recency.ts'

/** How long a tombstone outlives its value: longer than a copy may miss a delete. */
export const TOMBSTONE_GRACE_MS = 600_000
/** How much that has ended is tended to in one turn, so that a mass expiry does not stop the requests. */
const SWEEP_MAX = 1000

interface Held extends Linked {
  readonly slot: number
  readonly id: string
  entry: Entry
  bytes: number
  /** Of reactions: how many are engaged. */
  users: number
}

/** What is no longer held: an entry, or one presence of it. */
export interface Forgotten {
  readonly slot: number
  readonly id: string
  readonly presence?: Presence
}

export const KINDS = ['values', 'counters', 'contents', 'records', 'tombstones'] as const
type Kind = (typeof KINDS)[number]

export interface MemoryCounts extends Record<Kind, number> {
  bytes: number
  evictions: number
  expirations: number
}

export class Memory {
  readonly counts: MemoryCounts = {
    values: 0,
    counters: 0,
    contents: 0,
    records: 0,
    tombstones: 0,
    bytes: 0,
    evictions: 0,
    expirations: 0,
  }
  readonly #bytesMax: number
  readonly #forget: (forgotten: Forgotten) => void
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #recency = new Recency<Held>()
  /** By age: the oldest is the one that every copy has most likely heard of. */
  readonly #tombstones = new Recency<Held>()
  readonly #expiry = new Expiry<Held>()
  readonly #ranking = new Ranking<Held>()

  /** `forget` is called with whatever is let go for good, except for slots that are not held any more. */
  constructor(bytesMax: number, forget: (forgotten: Forgotten) => void = () => {}) {
    this.#bytesMax = bytesMax
    this.#forget = forget
  }

  /** The entry under this id as of now, and from now on the one used last. */
  use(slot: number, id: string, nowMs: number): Entry | undefined {
    const held = this.#slots[slot]?.get(id)
    if (held === undefined) return undefined
    if (this.#listOf(held) === this.#recency) this.#recency.touch(held)
    // Of the others the clock alone tells whether they have ended.
    if (held.entry.kind === 'reactions' && isDue(held, nowMs)) this.#tend(held, nowMs, SWEEP_MAX)
    return held.entry
  }

  /**
   * Merges a change into what is held, then claims memory until the budget is kept. `note` is told the whole entry in
   * between: before anybody learns that this very entry had to go.
   */
  merge(slot: number, id: string, change: Entry, note: (state: Entry) => void = () => {}): void {
    const known = this.#slots[slot]?.get(id)
    const held = known ?? { slot, id, entry: change, bytes: 0, users: 0, older: undefined, newer: undefined }
    if (known) this.#replace(known, () => merge(known.entry, change))
    else this.#add(held)
    note(held.entry)
    this.#evict()
  }

  /** The contents with the most engaged users. */
  activity(limit: number, nowMs: number): Activity[] {
    for (;;) {
      const top = this.#ranking.first(limit)
      const due = top.filter((held) => isDue(held, nowMs))
      if (due.length === 0) return top.flatMap(activityOf)
      for (const held of due) this.#tend(held, nowMs, SWEEP_MAX)
    }
  }

  /** Tends to what has ended, and forgets old tombstones; true when more is due than one turn takes. */
  sweep(nowMs: number): boolean {
    for (let work = 0; work < SWEEP_MAX; ) {
      const [held] = this.#expiry.takeDue(nowMs, 1)
      if (held === undefined) return false
      work += this.#tend(held, nowMs, SWEEP_MAX - work)
    }
    return true
  }

  /**
   * Lets go of the slots that this member no longer holds, which are the result; a slot that comes back must not
   * bring old values.
   */
  retain(isHeld: (slot: number) => boolean): number[] {
    const dropped: number[] = []
    for (const [slot, entries] of this.#slots.entries()) {
      if (entries === undefined || isHeld(slot)) continue
      dropped.push(slot)
      for (const held of entries.values()) this.#unlink(held)
      this.#slots[slot] = undefined
    }
    return dropped
  }

  /** Forgets all values, which may be old by now; what was counted is kept. */
  forgetValues(): void {
    for (const values of [this.#recency, this.#tombstones]) {
      for (let held = values.oldest; held !== undefined; held = values.oldest) this.#remove(held)
    }
  }

  #add(held: Held): void {
    const entries = this.#slots[held.slot] ?? new Map<string, Held>()
    this.#slots[held.slot] = entries.set(held.id, held)
    this.#link(held)
  }

  /** What an entry says of itself is only asked while it stands still. */
  #replace(held: Held, change: () => Entry): void {
    this.#unlink(held)
    held.entry = change()
    this.#link(held)
  }

  #remove(held: Held): void {
    const { slot, id } = held
    const entries = this.#slots[slot]
    entries?.delete(id)
    if (entries?.size === 0) this.#slots[slot] = undefined
    this.#unlink(held)
    this.#forget({ slot, id })
  }

  /** Does what the time asks for, at most so much at once; tells how much it was. */
  #tend(held: Held, nowMs: number, most: number): number {
    const { slot, id, entry } = held
    if (entry.kind !== 'reactions') {
      const remains = entry.kind === 'register' ? bury(id, entry) : undefined
      if (remains === undefined) this.#remove(held)
      else this.#replace(held, () => remains)
      if (remains !== undefined) this.counts.expirations++
      return 1
    }
    let ended = 0
    let forgotten: Presence[] = []
    this.#replace(held, () => {
      ended = entry.settle(nowMs, most)
      forgotten = entry.forget(nowMs - TOMBSTONE_GRACE_MS, most)
      return entry
    })
    this.counts.expirations += ended
    for (const presence of forgotten) this.#forget({ slot, id, presence })
    if (entry.isEmpty) this.#remove(held)
    return 1 + ended + forgotten.length
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
    const { entry } = held
    held.bytes = bytesOf(held.id, entry)
    held.users = entry.kind === 'reactions' ? entry.users : 0
    this.counts.bytes += held.bytes
    this.counts[kindOf(held)]++
    this.#expiry.add(held, dueAtMs(entry, TOMBSTONE_GRACE_MS))
    this.#listOf(held)?.add(held)
    this.#ranking.add(held)
  }

  #unlink(held: Held): void {
    this.counts.bytes -= held.bytes
    this.counts[kindOf(held)]--
    this.#expiry.remove(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    this.#listOf(held)?.remove(held)
    if (held.users > 0) this.#ranking.remove(held)
  }

  /** Where it waits for its eviction, if it may be evicted at all. */
  #listOf({ id, entry }: Held): Recency<Held> | undefined {
    if (!isEvictable(id)) return undefined
    return isTombstone(entry) ? this.#tombstones : this.#recency
  }
}

function isDue({ entry }: Held, nowMs: number): boolean {
  return dueAtMs(entry, TOMBSTONE_GRACE_MS) <= nowMs
}

function activityOf({ id, entry }: Held): Activity[] {
  if (entry.kind !== 'reactions') return []
  return [{ content: id.slice(1), users: entry.users, counts: entry.counts() }]
}

function kindOf({ id, entry }: Held): Kind {
  if (isTombstone(entry)) return 'tombstones'
  if (entry.kind === 'register') return isEvictable(id) ? 'values' : 'records'
  return entry.kind === 'counter' ? 'counters' : 'contents'
}
