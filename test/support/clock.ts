/** A clock that moves only when a test says so; where it has a part in it, the wall clock may be wrong. */
import type { Clock, Timer } from '../../shared/clock.ts'

interface Alarm {
  atMs: number
  readonly everyMs: number | undefined
  run(): void
}

export class FakeClock implements Clock {
  #nowMs = 1_000_000
  /** How far the wall clock is ahead of the steady one. */
  aheadMs: number
  readonly #alarms = new Set<Alarm>()

  constructor(aheadMs = 0) {
    this.aheadMs = aheadMs
  }

  now(): number {
    return this.#nowMs
  }

  wall(): number {
    return this.#nowMs + this.aheadMs
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#set({ atMs: this.#nowMs + delayMs, everyMs: undefined, run })
  }

  every(intervalMs: number, run: () => void): Timer {
    return this.#set({ atMs: this.#nowMs + intervalMs, everyMs: intervalMs, run })
  }

  /** Moves on, running what falls due on the way in its order; promises settle between two alarms. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (let next = this.#nextUntil(untilMs); next !== undefined; next = this.#nextUntil(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      if (next.everyMs === undefined) this.#alarms.delete(next)
      else next.atMs += next.everyMs
      next.run()
      await settled()
    }
    this.#nowMs = untilMs
  }

  #set(alarm: Alarm): Timer {
    this.#alarms.add(alarm)
    return { cancel: () => void this.#alarms.delete(alarm) }
  }

  #nextUntil(untilMs: number): Alarm | undefined {
    const due = [...this.#alarms].filter(({ atMs }) => atMs <= untilMs)
    return due.sort((a, b) => a.atMs - b.atMs)[0]
  }
}

/** Resolves once everything that only waits for promises has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
}
