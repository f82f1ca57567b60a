/** Whether the disk keeps up: what went wrong last, or for how long it has said nothing. */
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import { Trouble } from '../../shared/trouble.ts'

/** Without an answer for this long, the disk counts as failing. */
const SILENCE_MAX_MS = 10_000

export class DiskHealth {
  readonly #clock: Clock
  readonly #failing: Trouble
  #reason: string | undefined
  #busySinceMs = Infinity

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock
    this.#failing = new Trouble(log, {
      begins: 'the disk fails; serving from memory',
      ends: 'the disk takes writes again',
      level: 'error',
    })
  }

  /** Why it does not keep up, or `undefined` when it does. */
  get trouble(): string | undefined {
    if (this.#reason !== undefined) return `The disk does not take writes: ${this.#reason}.`
    const silentMs = this.#clock.now() - this.#busySinceMs
    return silentMs > SILENCE_MAX_MS
      ? `The disk has not answered for ${Math.round(silentMs / 1000)} s.`
      : undefined
  }

  /** What it said when it last failed. */
  get reason(): string | undefined {
    return this.#reason
  }

  begin(): void {
    this.#busySinceMs = this.#clock.now()
  }

  /** @returns how long it took, in seconds. */
  end(): number {
    const seconds = (this.#clock.now() - this.#busySinceMs) / 1000
    this.#busySinceMs = Infinity
    return seconds
  }

  failed(error: unknown, waiting: number): void {
    this.#failing.begin({ error, waiting })
    this.#reason = messageOf(error)
  }

  succeeded(): void {
    this.#failing.end()
    this.#reason = undefined
  }
}
