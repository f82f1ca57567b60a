/**
 * What this member holds: entries by slot, within a budget of bytes (`books.ts`).
 *
 * Entries are kept per slot, because slots are what moves between members. The budget claims what is only remembered
 * of what is gone, then what was used longest ago in the largest pool, of which the values are one (`victims.ts`); counters
 * and reactions are counted, but never claimed: what would be too much of them is refused before it is merged
 * (`admission.ts`). Whatever is let go is told, so that it does not come back from disk.
 */
import {
  type Change,
  type Entries,
  type Entry,
  type EntryChange,
  isNews,
  merge,
  type SlotEntry,
} from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import { buryRegister } from '../entries/register.ts'
import { isMark } from '../entries/response.ts'
import type { Moment } from '../entries/verbs.ts'
import { Admission, type Refused } from './admission.ts'
import { Books, type BooksOptions } from './books.ts'
import { type Census, countedAs, emptyCensus } from './census.ts'
import { Eviction } from './eviction.ts'
import { allOf, formerOf, presencesOf } from './forgotten.ts'
import { type Held, isDue, type MemoryListener, newlyHeld, weigh } from './held.ts'
import { Intake } from './intake.ts'
import { Listings } from './listings.ts'
import { SlotKeys } from './slot-keys.ts'
import { SlotTable } from './slot-table.ts'
import { tend } from './tending.ts'
import { Upkeep } from './upkeep.ts'

export type { Refused } from './admission.ts'
export type { Beside } from './books.ts'
export type { KeyHere, SlotKeys } from './slot-keys.ts'

/** How much that has ended one use sees to. */
const AT_ONCE = 100
/** How many presences are given up at a time. */
const FORGOTTEN_AT_ONCE = 10
/** Beyond this part of the budget members no longer hold the same values: each has evicted its own. */
const FULL = 0.95

export class Memory {
  readonly books: Books
  readonly counts: Census
  readonly #listener: MemoryListener
  readonly slots = new SlotTable()
  readonly keys = new SlotKeys(this.slots)
  readonly #intake = new Intake(this.slots)
  readonly #listings = new Listings(this.slots)
  readonly #admission: Admission
  readonly #eviction: Eviction
  /** What takes the longer the more is held. */
  readonly upkeep: Upkeep

  constructor(bytesMax: number, listener?: MemoryListener, bounds: Omit<BooksOptions, 'bytesMax'> = {}) {
    const books = new Books({ bytesMax, ...bounds })
    const { victims, expiry, ranking } = this.#listings
    this.books = books
    this.counts = emptyCensus(books)
    this.#listener = listener ?? { forget() {} }
    this.#admission = new Admission({ books, victims, slots: this.slots })
    const giveUp = (held: Held) => this.#giveUp(held)
    this.#eviction = new Eviction({ books, victims, counts: this.counts, giveUp })
    this.upkeep = new Upkeep({
      slots: this.slots,
      expiry,
      ranking,
      eviction: this.#eviction,
      tend: (held, nowMs, most) => this.#tend(held, nowMs, most),
      drop: (held) => this.#drop(held),
    })
  }

  /**
   * The entry under this id as of this moment, and from now on the one used last. Of a content of which very many have ended
   * at once, some may still seem to be there: `upkeep` tells, and sees to that.
   */
  use(slot: number, id: string, moment: Pick<Moment, 'nowMs'>): Entry | undefined {
    const value = this.slots.useValue(slot, id)
    if (value !== undefined) return value
    const held = this.slots.get(slot, id)
    if (held === undefined) return undefined
    this.#listings.victims.touch(held)
    const crowd = verbsOf(held.entry).crowd(held.entry)
    // Of the others the clock alone tells whether they have ended.
    if (crowd === undefined) return held.entry
    if (isDue(held, moment.nowMs)) this.#tend(held, moment.nowMs, AT_ONCE)
    return crowd.isEmpty ? undefined : held.entry
  }

  /**
   * Merges a change into what is held, then claims memory for the budget. `note` is told the whole entry in between: before
   * anybody learns that this very entry had to go.
   */
  merge(slot: number, id: string, change: Entry, note: (state: Entry) => void = () => {}): void {
    const known = this.slots.get(slot, id)
    const held = known ?? newlyHeld(slot, id, change)
    if (known) this.#replace(known, () => merge(known.entry, change))
    else this.#link(held)
    note(held.entry)
    this.#makeRoom()
  }

  /** Why an owner cannot take in the changes of a command, together; `undefined` where it can. */
  refusalOf(slot: number, changes: readonly EntryChange[]): Refused | undefined {
    return this.#admission.refusalOf(slot, changes)
  }

  /** A slot, for commands to be applied to. */
  entriesOf(slot: number, moment: Pick<Moment, 'nowMs'>): Entries {
    return {
      get: (id) => this.use(slot, id, moment),
      under: (prefix) => this.slots.responses.under(prefix),
    }
  }

  /** Takes in what another member holds. @returns what has changed by that: nothing where it was known here already. */
  takeIn(taken: SlotEntry, nowMs: number, note: (change: Change) => void): SlotEntry[] {
    const { slot, id, entry } = { ...taken, entry: this.#intake.sift(taken, nowMs) }
    const voided = this.#intake.voidedBy(slot, id, entry)
    const all = isMark(id) ? [] : [...voided, { id, entry }]
    const news = all.filter((one) => isNews(this.slots.find(slot, one.id), one.entry))
    for (const one of news) this.merge(slot, one.id, one.entry, (state) => note({ slot, ...one, state }))
    const covered = news.length > 0 || isMark(id) ? this.#intake.coveredBy(slot, id, entry) : []
    for (const one of covered) this.merge(slot, one.id, one.entry)
    return news.map((one) => ({ slot, ...one }))
  }

  /** Lets go of what is known of this part of an entry, for these in its place. */
  supersede(
    { slot, id, entry: part }: SlotEntry,
    anew: readonly Entry[],
    note: (change: Change) => void = () => {},
  ): void {
    if (isMark(id)) return void this.takeIn({ slot, id, entry: part }, 0, note)
    const standing = anew.filter((entry) => !this.#intake.isCovered(slot, id, entry))
    for (const entry of standing)
      for (const one of this.#intake.voidedBy(slot, id, entry))
        this.merge(slot, one.id, one.entry, (state) => note({ slot, ...one, state }))
    const known = this.slots.get(slot, id)
    if (known !== undefined) this.#unlink(known)
    let state = known && verbsOf(part).without(known.entry, part)
    for (const entry of standing) state = state === undefined ? entry : merge(state, entry)
    if (state === undefined) {
      if (known !== undefined) this.#letGo(known, part)
      return
    }
    const held = newlyHeld(slot, id, state)
    this.#link(held)
    note({ slot, id, entry: part, state })
    if (known !== undefined) for (const one of formerOf(held, known.entry)) this.#listener.forget(one)
    this.#makeRoom()
  }

  /** Whether what can be had again has to go for something new. */
  get isFull(): boolean {
    return this.books.bytes > this.books.bytesMax * FULL
  }

  /** What an entry says of itself is only asked while it stands still. */
  #replace(held: Held, change: () => Entry): void {
    this.#unlink(held)
    this.#linkAs(held, change())
  }

  #linkAs(held: Held, entry: Entry): void {
    const before = held.entry
    held.entry = entry
    weigh(held)
    this.#link(held)
    for (const one of formerOf(held, before)) this.#listener.forget(one)
  }

  #drop(held: Held): void {
    this.#unlink(held)
    this.slots.remove(held)
  }

  #remove(held: Held): void {
    this.#unlink(held)
    this.#letGo(held, held.entry)
  }

  /** Of one that is many, as far as it was known, each for itself. */
  #letGo(held: Held, known: Entry): void {
    this.slots.remove(held)
    for (const one of allOf(held, known)) this.#listener.forget(one)
  }

  /** Does what the time asks for, at most so much at once. */
  #tend(held: Held, nowMs: number, most: number): void {
    this.#unlink(held)
    const isKept = this.#listener.mayComeBack?.(held.slot) === true
    const { remains, ended, gone, forgotten } = tend(held, { nowMs, most, isKept })
    for (const one of presencesOf(held, forgotten)) this.#listener.forget(one)
    if (remains === undefined) this.#letGo(held, held.entry)
    else this.#linkAs(held, remains)
    if (ended > 0 && remains?.kind === 'counter')
      this.#listener.end?.({ slot: held.slot, id: held.id, entry: remains, state: remains })
    if (ended > 0) this.#listener.expire?.(held, gone)
    this.counts.expirations += ended
  }

  /** What is more than one write should wait for goes in a while. */
  #makeRoom(): void {
    if (this.#eviction.some()) this.#listener.onOver?.()
  }

  #giveUp(victim: Held): boolean {
    const { slot, id, entry } = victim
    if (verbsOf(entry).crowd(entry) !== undefined) this.#forgetGone(victim)
    else if (entry.kind === 'turned') this.#replace(victim, () => entry.register)
    else this.#remove(victim)
    if (entry.kind !== 'register' || entry.value === undefined) return false
    this.counts.evictions++
    this.#listener.evict?.({ slot, id, entry: buryRegister(entry) })
    return true
  }

  /** Some of those who have gone from a content. */
  #forgetGone(held: Held): void {
    const { entry } = held
    this.#unlink(held)
    const crowd = verbsOf(entry).crowd(entry)
    for (const one of presencesOf(held, crowd?.forget(Infinity, FORGOTTEN_AT_ONCE) ?? []))
      this.#listener.forget(one)
    if (crowd?.isEmpty) this.#letGo(held, entry)
    else this.#linkAs(held, entry)
  }

  #link(held: Held): void {
    this.slots.put(held)
    this.books.enter(held)
    this.counts[countedAs(held)]++
    this.#listings.add(held)
  }

  #unlink(held: Held): void {
    this.slots.takeOut(held)
    this.books.strike(held)
    this.counts[countedAs(held)]--
    this.#listings.remove(held)
  }
}
