/**
 * The order of writes: a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014).
 *
 * A stamp's time is the wall clock in milliseconds with a logical counter in its low bits, in one double:
 * exact until the year 2248. A clock never goes back and never repeats itself; the origin, one life of a
 * member, orders what two members did at the same time. It says what came after what, and nothing of how long ago.
 */
import type { Stamp } from '../../shared/command.ts'

export const TICKS_PER_MS = 1024
/** In an origin, before how often the slot has begun anew; no life has it in its name. */
const AGAIN = '~'

/** No clock that is of any use is further ahead of another: what was written later than that cannot be. */
const AHEAD_MAX_MS = 86_400_000

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
  next(wallMs: number): Stamp {
    this.#time = Math.max(wallMs * TICKS_PER_MS, this.#time + 1)
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

/** The wall clock of whoever stamped it, in milliseconds, or later: a guess for those who say nothing better. */
export function wallOf({ time }: Stamp): number {
  return Math.floor(time / TICKS_PER_MS)
}

/** Whether anything may have been written at this time, where the wall clock says this: one far ahead would win for ever. */
export function isPossible(time: number, wallMs: number): boolean {
  return time >= 0 && time <= (wallMs + AHEAD_MAX_MS) * TICKS_PER_MS
}

/** Which life of a member an origin is of: what it counts in a slot that has begun anew it counts by another name. */
export function lifeOf(origin: string): string {
  const end = origin.indexOf(AGAIN)
  return end < 0 ? origin : origin.slice(0, end)
}

/** The origin of what this life counts in a slot that has begun so often. */
export function originOf(life: string, beginnings: number): string {
  return beginnings === 0 ? life : `${life}${AGAIN}${beginnings}`
}
