/**
 * What this member holds: entries by slot, within a budget of bytes.
 *
 * Entries are kept per slot, because slots are what moves between members. The budget claims tombstones first,
 * then what was used longest ago in the largest pool; counters and reactions are counted, but never claimed.
 * Whatever is let go is told, so that it does not come back from disk.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Activity } from '../../shared/command.ts'
import { SLOTS } from '../../shared/placement.ts'
import {
  bury,
  dueAtMs,
  type Entries,
  type Entry,
  isEvictable,
  isResponse,
  isTombstone,
  merge,
} from '../entries/entry.ts'
import type { Presence } from '../entries/reactions.ts'
import { tenantOf } from '../entries/response.ts'
import { bytesOf } from './bytes.ts'
import { emptyCensus, kindOf } from './census.ts'
import { Expiry } from './expiry.ts'
import { type Pooled, Pools } from './pools.ts'
import { Ranking } from './ranking.ts'
import { Recency } from './recency.ts'

/** How long a tombstone outlives its value: longer than a copy may miss a delete. */
export const TOMBSTONE_GRACE_MS = 600_000
/** How much that has ended is tended to in one turn, so that a mass expiry does not stop the requests. */
const SWEEP_MAX = 1000

/** How many slots are looked through in one turn. */
const SLOTS_A_TURN = 500

interface Held extends Pooled {
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

export class Memory {
  readonly counts = emptyCensus()
  readonly #bytesMax: number
  readonly #forget: (forgotten: Forgotten) => void
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #pools = new Pools<Held>()
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
    if (this.#listOf(held) === this.#pools) this.#pools.touch(held)
    // Of the others the clock alone tells whether they have ended.
    if (held.entry.kind !== 'reactions') return held.entry
    while (isDue(held, nowMs)) this.#tend(held, nowMs, SWEEP_MAX)
    return held.entry.isEmpty ? undefined : held.entry
  }

  /**
   * Merges a change into what is held, then claims memory until the budget is kept. `note` is told the whole entry in
   * between: before anybody learns that this very entry had to go.
   */
  merge(slot: number, id: string, change: Entry, note: (state: Entry) => void = () => {}): void {
    const known = this.#slots[slot]?.get(id)
    const held = known ?? newlyHeld(slot, id, change)
    if (known) this.#replace(known, () => merge(known.entry, change))
    else this.#add(held)
    note(held.entry)
    this.#evict()
  }

  /** A slot, for commands to be applied to. */
  entriesOf(slot: number, nowMs: number): Entries {
    return {
      get: (id) => this.use(slot, id, nowMs),
      under: (prefix) => [...(this.#slots[slot]?.keys() ?? [])].filter((id) => id.startsWith(prefix)),
    }
  }

  /** Forgets the responses of a tenant, or all of them; a part of the slots a turn. */
  async clearResponses(tenant?: string): Promise<void> {
    for (const [slot, entries] of this.#slots.entries()) {
      if (slot % SLOTS_A_TURN === 0) await nextTurn()
      for (const held of entries?.values() ?? []) {
        const isMeant = isResponse(held.id) && (tenant === undefined || tenantOf(held.id) === tenant)
        if (isMeant) this.#remove(held)
      }
    }
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

  /** Lets go of the slots that are not held any more, which are the result: one that comes back brings nothing old. */
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
    for (let held = this.#nextVictim; held !== undefined; held = this.#nextVictim) this.#remove(held)
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
      const oldest = this.#nextVictim
      if (oldest === undefined) return
      if (!isTombstone(oldest.entry)) this.counts.evictions++
      this.#remove(oldest)
    }
  }

  get #nextVictim(): Held | undefined {
    return this.#tombstones.oldest ?? this.#pools.next
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
  #listOf({ id, entry }: Held): Recency<Held> | Pools<Held> | undefined {
    if (!isEvictable(id)) return undefined
    return isTombstone(entry) ? this.#tombstones : this.#pools
  }
}

function newlyHeld(slot: number, id: string, entry: Entry): Held {
  const pool = isResponse(id) ? `a${tenantOf(id)}` : 'v'
  return { slot, id, pool, entry, bytes: 0, users: 0, older: undefined, newer: undefined }
}

function isDue({ entry }: Held, nowMs: number): boolean {
  return dueAtMs(entry, TOMBSTONE_GRACE_MS) <= nowMs
}

function activityOf({ id, entry }: Held): Activity[] {
  if (entry.kind !== 'reactions') return []
  return [{ content: id.slice(1), users: entry.users, counts: entry.counts() }]
}
