/**
 * What applying a command to an entry needs, and what it gives; and what else every kind of entry has to know of itself.
 */
import type { Outcome, Stamp } from '../../shared/command.ts'
import type { Presence } from './presence.ts'

/** When, and by whom, a command is carried out. */
export interface Moment {
  readonly nowMs: number
  /** This life of this member. */
  readonly origin: string
  /**
   * Whether this copy surely knows all that was written. Where it may not, what is deleted leaves a trace even if it is
   * not here: a copy that has it may come back.
   */
  readonly isCertain: boolean
  /** A new stamp, later than all before. */
  stamp(): Stamp
}

export interface Applied<Entry> {
  readonly outcome: Outcome
  /** What is to be merged into the stored state; absent when nothing changes. */
  readonly change?: Entry
}

/** The row of a kind of entry: all that the rest of a node asks it. */
export interface Verbs<Entry> {
  /** Two copies of one entry as one. The first is used up: the result may be built on it. */
  merge(a: Entry, b: Entry): Entry
  /** Whether merging the second would change anything in the first. */
  isNews(known: Entry, other: Entry): boolean
  /** When it was written: later writes have to be later than that. */
  times(entry: Entry): Iterable<{ readonly time: number }>
  /** When it has to be looked at again: something in it ends, or was remembered for long enough. */
  dueAtMs(entry: Entry, tombstoneGraceMs: number): number
  /** Whether it only remembers that there is nothing any more. */
  isTombstone(entry: Entry): boolean
  states(entry: Entry): States
  /** What it counts against the memory budget, beside its id and its place. */
  bytes(entry: Entry): number
  /** The same in parts that are small enough to travel; what changes meanwhile may or may not be in them. */
  parts(entry: Entry, presencesMax: number): Iterable<Entry>
  /** Those that it is made of, where each ends by itself; `undefined` where it ends as a whole. */
  crowd(entry: Entry): Crowd | undefined
  /** Where it is let go for good: up to when its slot has forgotten what is gone; `undefined` where that says nothing. */
  forgottenUntil(entry: Entry): number | undefined
  /** How it may be taken in from another copy: what may have been forgotten here, as gone. */
  sift(entry: Entry, known: Entry | undefined, forgotten: Forgetting): Entry
}

/** What tells two states apart; absent where it is as if there were none. */
export interface States {
  readonly live?: string | undefined
  /** What is gone, or will be by itself. */
  readonly passing?: string | undefined
}

/** What was written by then, and is unknown here, may have been deleted and forgotten since. */
export interface Forgetting {
  readonly untilTime: number
  readonly nowMs: number
}

/** An entry that is many presences. */
export interface Crowd {
  /** How many users are engaged. */
  readonly users: number
  /** Nobody is here, and nobody who has gone is remembered. */
  readonly isEmpty: boolean
  counts(): Record<string, number>
  /** Moves those who have ended by now to those who are gone, at most so many; tells how many. */
  settle(nowMs: number, most: number): number
  /** Takes out those who have been gone since then, at most so many. */
  forget(goneSinceMs: number, most: number): Presence[]
}
