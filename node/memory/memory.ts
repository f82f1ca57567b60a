/**
 * What this member holds: entries by slot, within a budget of bytes.
 *
 * Entries are kept per slot, because slots are what moves between members. The budget claims tombstones first,
 * then what was used longest ago in the largest pool, of which the values are one; counters and reactions are
 * counted, but never claimed. Whatever is let go is told, so that it does not come back from disk.
 */
import type { Activity } from '../../shared/command.ts'
import {
  bury,
  dueAtMs,
  type Entries,
  type Entry,
  isNews,
  isTombstone,
  isValue,
  isValueId,
  merge,
  type SlotEntry,
} from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import type { Presence } from '../entries/presence.ts'
import { buryRegister } from '../entries/register.ts'
import type { Moment } from '../entries/verbs.ts'
import { bytesOfEntry } from './bytes.ts'
import { countedAs, emptyCensus } from './census.ts'
import { Expiry } from './expiry.ts'
import {
  activityOf,
  type Held,
  isDue,
  type MemoryListener,
  newlyHeld,
  TOMBSTONE_GRACE_MS,
  weigh,
} from './held.ts'
import { Intake, type Taking } from './intake.ts'
import { Ranking } from './ranking.ts'
import { SlotTable } from './slot-table.ts'
import { Victims } from './victims.ts'

/** How much that has ended is tended to in one turn, so that a mass expiry does not stop the requests. */
const SWEEP_MAX = 1000
/** Beyond this part of the budget members no longer hold the same values: each has evicted its own. */
const FULL = 0.95

export class Memory {
  readonly counts = emptyCensus()
  readonly #bytesMax: number
  readonly #listener: MemoryListener
  readonly slots = new SlotTable()
  readonly #intake = new Intake(this.slots)
  readonly #victims = new Victims(this.slots.values)
  readonly #expiry = new Expiry<Held>()
  readonly #ranking = new Ranking<Held>()

  constructor(bytesMax: number, listener: MemoryListener = { forget() {} }) {
    this.#bytesMax = bytesMax
    this.#listener = listener
  }

  /** The entry under this id as of this moment, and from now on the one used last. */
  use(slot: number, id: string, moment: Pick<Moment, 'nowMs'>): Entry | undefined {
    const value = isValueId(id) ? this.slots.values.use(slot, id) : undefined
    if (value !== undefined) return value
    const held = this.slots.get(slot, id)
    if (held === undefined) return undefined
    this.#victims.touch(held)
    const crowd = verbsOf(held.entry).crowd(held.entry)
    // Of the others the clock alone tells whether they have ended.
    if (crowd === undefined) return held.entry
    while (isDue(held, moment.nowMs)) this.#tend(held, moment.nowMs, SWEEP_MAX)
    return crowd.isEmpty ? undefined : held.entry
  }

  /**
   * Merges a change into what is held, then claims memory until the budget is kept. `note` is told the whole entry in
   * between: before anybody learns that this very entry had to go.
   */
  merge(slot: number, id: string, change: Entry, note: (state: Entry) => void = () => {}): void {
    const known = this.slots.get(slot, id)
    const held = known ?? newlyHeld(slot, id, change)
    if (known) this.#replace(known, () => merge(known.entry, change))
    else this.#link(held)
    note(held.entry)
    this.#evict()
  }

  /** A slot, for commands to be applied to. */
  entriesOf(slot: number, moment: Pick<Moment, 'nowMs'>): Entries {
    return {
      get: (id) => this.use(slot, id, moment),
      under: (prefix) => this.slots.under(slot, prefix),
    }
  }

  /** Takes in what another member holds; false when it was known here already. */
  takeIn({ slot, id, entry }: SlotEntry, taking: Taking, note: (state: Entry) => void): boolean {
    const sifted = this.#intake.sift({ slot, id, entry }, taking)
    const isNew = isNews(this.slots.get(slot, id)?.entry, sifted)
    if (!isNew) return false
    this.merge(slot, id, sifted, note)
    for (const covered of this.#intake.coveredBy(slot, id, sifted))
      this.merge(slot, covered.id, covered.entry)
    return true
  }

  /** Whether an entry fits into the whole budget, if everything else went. */
  hasRoomFor(id: string, entry: Entry): boolean {
    return bytesOfEntry(id, entry) <= this.#bytesMax
  }

  /** Whether what can be had again has to go for something new. */
  get isFull(): boolean {
    return this.counts.bytes > this.#bytesMax * FULL
  }

  /** The contents with the most engaged users, in the slots that are meant. */
  activity(limit: number, nowMs: number, isMeant: (slot: number) => boolean): Activity[] {
    for (;;) {
      const top = this.#ranking.first(limit, ({ slot }) => isMeant(slot))
      const due = top.filter((held) => isDue(held, nowMs))
      if (due.length === 0) return top.flatMap(activityOf)
      for (const held of due) this.#tend(held, nowMs, SWEEP_MAX)
    }
  }

  /** Tends to what has ended, and forgets old tombstones; true when more is due than one turn takes. */
  sweep(nowMs: number): boolean {
    let work = 0
    for (const { slot, id, entry } of this.slots.values.due(nowMs, SWEEP_MAX))
      work += this.#tend(newlyHeld(slot, id, entry), nowMs, SWEEP_MAX)
    while (work < SWEEP_MAX) {
      const [held] = this.#expiry.takeDue(nowMs, 1)
      if (held === undefined) return false
      work += this.#tend(held, nowMs, SWEEP_MAX - work)
    }
    return true
  }

  /** Lets go of a slot that is not held any more. */
  drop(slot: number): void {
    for (const { id } of this.slots.of(slot)) {
      const held = this.slots.get(slot, id)
      if (held !== undefined) this.#unlink(held)
    }
    this.slots.drop(slot)
    this.#intake.drop(slot)
  }

  /** What an entry says of itself is only asked while it stands still. */
  #replace(held: Held, change: () => Entry): void {
    this.#unlink(held)
    held.entry = change()
    weigh(held)
    this.#link(held)
  }

  #remove(held: Held): void {
    const { slot, id } = held
    this.slots.remove(held)
    this.#unlink(held)
    this.#listener.forget({ slot, id })
  }

  /** Does what the time asks for, at most so much at once; tells how much it was. */
  #tend(held: Held, nowMs: number, most: number): number {
    const { slot, id, entry } = held
    const crowd = verbsOf(entry).crowd(entry)
    if (crowd === undefined) {
      const remains = entry.kind === 'register' ? bury(id, entry) : undefined
      if (remains === undefined) this.#forgetGone(held)
      else this.#replace(held, () => remains)
      if (remains !== undefined) this.counts.expirations++
      return 1
    }
    let ended = 0
    let forgotten: Presence[] = []
    this.#replace(held, () => {
      ended = crowd.settle(nowMs, most)
      forgotten = crowd.forget(nowMs - TOMBSTONE_GRACE_MS, most)
      return entry
    })
    this.counts.expirations += ended
    for (const presence of forgotten) {
      this.#intake.forget(slot, presence.time)
      this.#listener.forget({ slot, id, presence })
    }
    if (crowd.isEmpty) this.#remove(held)
    return 1 + ended + forgotten.length
  }

  #evict(): void {
    while (this.counts.bytes > this.#bytesMax) {
      const oldest = this.#victims.next
      if (oldest === undefined) return
      const { slot, id, entry } = oldest
      this.#remove(oldest)
      if (isTombstone(entry) || entry.kind !== 'register') continue
      this.counts.evictions++
      this.#listener.evict?.({ slot, id, entry: buryRegister(entry) })
    }
  }

  /** It was remembered for as long as a copy may have missed it. */
  #forgetGone(held: Held): void {
    const { slot, entry } = held
    const time = verbsOf(entry).forgottenUntil(entry)
    if (time !== undefined) this.#intake.forget(slot, time)
    this.#remove(held)
  }

  #link(held: Held): void {
    const { id, entry } = held
    this.slots.put(held)
    this.counts.bytes += held.bytes
    this.counts[countedAs(held)]++
    this.#victims.add(held)
    if (isValue(id, entry)) return
    this.#expiry.add(held, dueAtMs(entry, TOMBSTONE_GRACE_MS))
    this.#ranking.add(held)
  }

  #unlink(held: Held): void {
    this.counts.bytes -= held.bytes
    this.counts[countedAs(held)]--
    this.#victims.remove(held)
    if (isValue(held.id, held.entry)) return
    this.#expiry.remove(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    if (held.users > 0) this.#ranking.remove(held)
  }
}
