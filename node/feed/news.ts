/** Those who wait for the next change, each for no longer than it asks. */
import type { Clock } from '../../shared/clock.ts'

/** What comes together is told together. */
const GATHER_MS = 4

export class News {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  /** What lets go of those who wait, by their lives. */
  readonly #held = new Map<string, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whoever waits looks again. */
  wake(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /** Whoever asks anew asks for something else. */
  letGo(from: string): void {
    this.#held.get(from)?.()
  }

  /** Is over with the next change, and those that come with it; true where that is not waited for any longer. */
  async wait(waitMs: number, from: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const late = this.#clock.after(waitMs, () => resolve(true))
    const wake = () => this.#clock.after(GATHER_MS, () => resolve(false))
    const letGo = () => resolve(true)
    this.#waiting.add(wake)
    this.#held.set(from, letGo)
    try {
      return await promise
    } finally {
      late.cancel()
      this.#waiting.delete(wake)
      if (this.#held.get(from) === letGo) this.#held.delete(from)
    }
  }
}
