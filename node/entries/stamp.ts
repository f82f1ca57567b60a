/**
 * The order of writes: a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014).
 *
 * A stamp's time is the wall clock in milliseconds with a logical counter in its low bits, in one double:
 * exact until the year 2248. A clock never goes back and never repeats itself; the origin, one life of a
 * member, orders what two members did at the same time.
 */
import type { Stamp } from '../../shared/command.ts'

export const TICKS_PER_MS = 1024

export class StampClock {
  readonly #origin: string
  #time = 0

  constructor(origin: string) {
    this.#origin = origin
  }

  /** That of the latest stamp given or witnessed. */
  get time(): number {
    return this.#time
  }

  /** A stamp later than every one given or witnessed before. */
  next(nowMs: number): Stamp {
    this.#time = Math.max(nowMs * TICKS_PER_MS, this.#time + 1)
    return { time: this.#time, origin: this.#origin }
  }

  /** A stamp from elsewhere, another member or the disk: whatever is written here from now on is later. */
  witness({ time }: Pick<Stamp, 'time'>): void {
    this.#time = Math.max(this.#time, time)
  }
}

/** Negative when `a` is the earlier one; 0 only for the same write. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.time !== b.time) return a.time - b.time
  return a.origin === b.origin ? 0 : a.origin < b.origin ? -1 : 1
}

/** The wall clock of a stamp, in milliseconds. */
export function wallOf({ time }: Stamp): number {
  return Math.floor(time / TICKS_PER_MS)
}
