/** A file whose time is an hour and a bit ahead of the steady clock of the process. */
import { FileClock } from '../../../node/storage/file-clock.ts'
import { FakeClock } from '../../support/clock.ts'

export const AHEAD_MS = 3_600_017

/** Of a process that has just begun. */
export function timesOf(clock = new FakeClock(AHEAD_MS)): FileClock {
  return new FileClock(clock)
}
