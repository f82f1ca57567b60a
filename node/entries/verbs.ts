/** What applying a command to an entry needs, and what it gives: the same for every kind of entry. */
import type { Outcome, Stamp } from '../../shared/command.ts'

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
