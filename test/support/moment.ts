/** The moment in which a command is applied, at an owner that knows all that was written. */
import type { StampClock } from '../../node/entries/stamp.ts'
import type { Moment } from '../../node/entries/verbs.ts'

/** Of the life `origin`, at this time by both of its clocks. */
export function momentAt(nowMs: number, stamps: StampClock, origin = 'a'): Moment {
  return { nowMs, origin, isCertain: true, isOver: () => false, stamp: () => stamps.next(nowMs) }
}
