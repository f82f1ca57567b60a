/**
 * What is done to a memory that takes the longer the more is in it: as steps, to be taken in turns (`shared/turns.ts`).
 * Between two of them anything may come, change and go.
 */
import type { Activity } from '../../shared/many-keys.ts'
import type { Eviction } from './eviction.ts'
import type { Expiry } from './expiry.ts'
import { activityOf, type Held, isDue, newlyHeld } from './held.ts'
import type { Ranking } from './ranking.ts'
import type { SlotTable } from './slot-table.ts'

/** How much that has ended is seen to in one step. */
const AT_ONCE = 100

export interface UpkeepOptions {
  readonly slots: SlotTable
  readonly expiry: Expiry<Held>
  readonly ranking: Ranking<Held>
  readonly eviction: Eviction
  /** Does what the time asks for, at most so much. */
  tend(held: Held, nowMs: number, most: number): void
  /** Lets go of an entry, and tells nobody. */
  drop(held: Held): void
}

export class Upkeep {
  readonly #options: UpkeepOptions

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  /** Tends to what has ended, and forgets old tombstones. */
  *sweep(nowMs: number): Generator<void, void> {
    const { slots, expiry, tend } = this.#options
    for (let due = slots.due(nowMs, AT_ONCE); due !== undefined; due = slots.due(nowMs, AT_ONCE)) {
      for (const { slot, id, entry } of due) tend(newlyHeld(slot, id, entry), nowMs, AT_ONCE)
      yield
    }
    for (let [held] = expiry.takeDue(nowMs, 1); held !== undefined; [held] = expiry.takeDue(nowMs, 1)) {
      tend(held, nowMs, AT_ONCE)
      yield
    }
  }

  /** Whether something in an entry has ended, and was not seen to. */
  isBehind(slot: number, id: string, nowMs: number): boolean {
    const held = this.#options.slots.get(slot, id)
    return held !== undefined && isDue(held, nowMs)
  }

  /** Sees to all of an entry that has ended. */
  *tendTo(slot: number, id: string, nowMs: number): Generator<void, void> {
    const { slots, tend } = this.#options
    for (let held = slots.get(slot, id); held !== undefined; held = slots.get(slot, id)) {
      if (!isDue(held, nowMs)) return
      tend(held, nowMs, AT_ONCE)
      yield
    }
  }

  /** The contents with the most engaged users, of those that are meant. */
  *activity(limit: number, nowMs: number, isMeant: (held: Held) => boolean): Generator<void, Activity[]> {
    const { slots, ranking } = this.#options
    for (;;) {
      const first = yield* ranking.first(limit, isMeant)
      const top = first.filter((held) => slots.get(held.slot, held.id) === held)
      const due = top.filter((held) => isDue(held, nowMs))
      if (due.length === 0) return top.flatMap(activityOf)
      for (const { slot, id } of due) yield* this.tendTo(slot, id, nowMs)
    }
  }

  /** Whether more is held than there is room for, and some of it may go. */
  get isOver(): boolean {
    return this.#options.eviction.isDue
  }

  /** Gives up what the writes have left over of the budget. */
  *evict(): Generator<void, void> {
    while (this.#options.eviction.some()) yield
  }

  /** Lets go of slots, and tells nobody of what was in them; nothing may be taken in meanwhile. */
  *drop(all: readonly number[]): Generator<void, void> {
    const { slots, drop } = this.#options
    for (const slot of all) {
      for (const { id } of slots.of(slot)) {
        const held = slots.get(slot, id)
        if (held !== undefined) drop(held)
        yield
      }
    }
  }
}
