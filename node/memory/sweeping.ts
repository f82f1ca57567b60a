/** Looks again and again for what has ended, a part a turn, so that requests are answered in between. */
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Memory } from './memory.ts'

const SWEEP_INTERVAL_MS = 500

export class Sweeping {
  readonly #memory: Pick<Memory, 'sweep'>
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(memory: Pick<Memory, 'sweep'>, clock: Clock) {
    this.#memory = memory
    this.#clock = clock
  }

  start(): void {
    this.#timer = this.#clock.every(SWEEP_INTERVAL_MS, () => this.#sweep())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #sweep(): void {
    if (this.#timer !== undefined && this.#memory.sweep(this.#clock.now())) setImmediate(() => this.#sweep())
  }
}
