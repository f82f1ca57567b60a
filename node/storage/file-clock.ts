/**
 * What time it is in a file: its rows say by it when they end, since no steady clock outlives its process.
 *
 * A new file begins with the wall clock of the machine. While a process has it open the time of the file goes on with the
 * steady clock, whatever is done to the wall clock meanwhile. Between two processes only the wall clock knows how long it
 * was; where it says that no time has passed, as it was set back, none has.
 */
import type { Clock } from '../../shared/clock.ts'
import { LIFETIME_MAX_MS } from '../../shared/command.ts'
import type { Facts } from './database.ts'
import type { FileTimes } from './tables.ts'

/** What time it is in the file, and on the wall. */
export interface FileTime {
  readonly fileMs: number
  readonly wallMs: number
}

/** As it is noted in the file. */
export function factsOf({ fileMs, wallMs }: FileTime): Facts {
  return { file_time: fileMs, wall_time: wallMs }
}

/** What was noted last; `undefined` in a file that is new, or of the first version. */
export function fileTimeOf({ file_time: fileMs, wall_time: wallMs }: Facts): FileTime | undefined {
  return typeof fileMs === 'number' && typeof wallMs === 'number' ? { fileMs, wallMs } : undefined
}

export class FileClock implements FileTimes {
  readonly #clock: Pick<Clock, 'now' | 'wall'>
  /** How far the time of the file is ahead of the steady clock. */
  #aheadMs: number

  constructor(clock: Pick<Clock, 'now' | 'wall'>) {
    this.#clock = clock
    this.#aheadMs = Math.round(clock.wall() - clock.now())
  }

  /** Goes on from what was noted last. */
  goOn({ fileMs, wallMs }: FileTime): void {
    const passedMs = Math.max(0, this.#clock.wall() - wallMs)
    this.#aheadMs = Math.round(fileMs + passedMs - this.#clock.now())
  }

  get nowMs(): number {
    return this.#clock.now()
  }

  /** To be noted with whatever is written. */
  get time(): FileTime {
    return { fileMs: this.toFile(this.nowMs), wallMs: this.#clock.wall() }
  }

  toFile(atMs: number): number {
    return Math.round(atMs + this.#aheadMs)
  }

  fromFile(atMs: number): number {
    return Math.min(atMs - this.#aheadMs, this.nowMs + LIFETIME_MAX_MS)
  }
}
