/**
 * Requests that are parked until the view is a newer one than they know.
 *
 * Each waits for the first of: an epoch beyond its own, WATCH_MAX_MS, its client's leaving, the end of this
 * uplink. Whoever ends the wait aborts the same controller.
 */
import type { Gauge } from 'prom-client'
import { type Clock, pause } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'

/** Shorter than proxies commonly wait for an answer. */
export const WATCH_MAX_MS = 25_000
const WATCHERS_MAX = 10_000

export interface WatchersOptions {
  readonly clock: Clock
  readonly gauge: Gauge
  readonly watchersMax?: number
}

export class Watchers {
  readonly #clock: Clock
  readonly #gauge: Gauge
  readonly #watchersMax: number
  readonly #parked = new Map<AbortController, number>()
  #isReleased = false

  constructor({ clock, gauge, watchersMax = WATCHERS_MAX }: WatchersOptions) {
    this.#clock = clock
    this.#gauge = gauge
    this.#watchersMax = watchersMax
  }

  /** @throws LarderError OVERLOADED when too many wait already. */
  async park(after: number, end: AbortController): Promise<void> {
    if (this.#isReleased) return
    if (this.#parked.size >= this.#watchersMax) {
      throw new LarderError('OVERLOADED', `${this.#watchersMax} requests wait for the next view already.`)
    }
    this.#parked.set(end, after)
    this.#gauge.set(this.#parked.size)
    await pause(this.#clock, WATCH_MAX_MS, end.signal)
    this.#parked.delete(end)
    this.#gauge.set(this.#parked.size)
  }

  /** Lets those go who wait for this epoch, or an older one. */
  wake(epoch: number): void {
    for (const [end, after] of this.#parked) {
      if (epoch > after) end.abort()
    }
  }

  /** Lets everybody go, and parks nobody from now on. */
  release(): void {
    this.#isReleased = true
    for (const end of this.#parked.keys()) end.abort()
  }
}
