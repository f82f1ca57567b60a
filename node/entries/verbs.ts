/**
 * What applying a command to an entry needs, and what it gives; and what else every kind of entry has to know of itself.
 */
import type { Outcome, Stamp } from '../../shared/command.ts'
import type { Claim } from './claim.ts'
import type { Presence } from './presence.ts'

/** When, and by whom, a command is carried out. */
export interface Moment {
  /** By the steady clock of this member: how long something has to live is counted by it, wherever it is held. */
  readonly nowMs: number
  /** This life of this member. */
  readonly origin: string
  /**
   * Whether this copy surely knows all that was written. Where it may not, what is deleted leaves a trace even if it is
   * not here: a copy that has it may come back.
   */
  readonly isCertain: boolean
  /** Whether whoever counted as this origin never will again, and all of it is here. */
  isOver(origin: string): boolean
  /** A new stamp, later than all before. */
  stamp(): Stamp
}

export interface Applied<Entry> {
  readonly outcome: Outcome
  /** What is to be merged into the stored state; absent when nothing changes. */
  readonly change?: Entry
}

/** When an entry is due. */
export interface Due {
  readonly nowMs: number
  /** What is gone for longer than since then can be forgotten. */
  readonly oldestMs: number
  /** Unless it has to be remembered from now on. */
  readonly isKept: boolean
}

/** The row of a kind of entry: all that the rest of a node asks it. */
export interface Verbs<Entry> {
  /** Two copies of one entry as one. The first is used up: the result may be built on it. */
  merge(a: Entry, b: Entry): Entry
  /** Whether merging the second would change anything in the first. */
  isNews(known: Entry, other: Entry): boolean
  /** When it was written: later writes have to be later than that. */
  times(entry: Entry): Iterable<{ readonly time: number }>
  /** The same as if it had been written at another time. */
  restamped(entry: Entry, stamp: Stamp): Entry
  /** When it has to be looked at again: something in it ends, or was remembered for long enough. */
  dueAtMs(entry: Entry, tombstoneGraceMs: number): number
  /** Whether it only remembers that there is nothing any more. */
  isTombstone(entry: Entry): boolean
  states(entry: Entry): States
  /** What it counts against the memory budget, beside its id and its place. */
  bytes(entry: Entry): number
  /** By how much merging the second adds to these bytes, but for what is only remembered of what is gone. */
  growth(known: Entry | undefined, change: Entry): number
  /** The same in parts that are small enough to travel; what changes meanwhile may or may not be in them. */
  parts(entry: Entry, presencesMax: number): Iterable<Entry>
  /** Those that it is made of, where each ends by itself; `undefined` where it ends as a whole. */
  crowd(entry: Entry): Crowd | undefined
  /** The least claim that covers all of it. */
  claim(entry: Entry): Claim
  /** What of it is claimed; `undefined` for nothing. */
  claimed(entry: Entry, claim: Claim): Entry | undefined
  /** What of it a part of another copy is about, so that it can be set against that part. */
  within(entry: Entry, part: Entry): Entry | undefined
  /** What is left without that. The entry is used up. */
  without(entry: Entry, part: Entry): Entry | undefined
  /** What names each of those that it is made of; of what is one, the empty text. */
  names(entry: Entry): Iterable<string>
  /** What is left without those; `undefined` for nothing. */
  except(entry: Entry, names: ReadonlySet<string>): Entry | undefined
}

/** What tells two states apart; absent where it is as if there were none. */
export interface States {
  readonly live?: string | undefined
  /** What is gone, or will be by itself. */
  readonly passing?: string | undefined
}

/** An entry that is many presences. */
export interface Crowd {
  /** How many users are engaged. */
  readonly users: number
  /** Nobody is here, and nobody who has gone is remembered. */
  readonly isEmpty: boolean
  /** What those take who have gone: they are remembered for a while, and may be forgotten any time. */
  readonly goneBytes: number
  counts(): Record<string, number>
  /** Moves those who have ended by now to those who are gone, at most so many; tells how many, and `note` who. */
  settle(nowMs: number, most: number, note?: (ended: Presence) => void): number
  /** Keeps the later of what is known of this user and what is given. */
  put(presence: Presence): void
  /** Takes out those who have been gone since then, at most so many. */
  forget(goneSinceMs: number, most: number): Presence[]
}
