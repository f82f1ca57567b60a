/** When what waits is written next: in so long, or sooner where that was asked for meanwhile. */
import type { Clock, Timer } from '../../shared/clock.ts'

export class FlushTimer {
  readonly #clock: Clock
  readonly #run: () => void
  #timer: Timer | undefined
  #dueAtMs = Infinity

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock
    this.#run = run
  }

  get isSet(): boolean {
    return this.#timer !== undefined
  }

  /** 0 or less: after this turn of the event loop, so that whatever the shards have applied is in the transaction. */
  in(delayMs: number): void {
    const dueAtMs = delayMs > 0 ? this.#clock.now() + delayMs : -Infinity
    if (this.#dueAtMs <= dueAtMs) return
    this.cancel()
    this.#dueAtMs = dueAtMs
    if (delayMs > 0) {
      this.#timer = this.#clock.after(delayMs, () => this.#fire())
      return
    }
    const immediate = setImmediate(() => this.#fire())
    this.#timer = { cancel: () => clearImmediate(immediate) }
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAtMs = Infinity
  }

  #fire(): void {
    this.cancel()
    this.#run()
  }
}
