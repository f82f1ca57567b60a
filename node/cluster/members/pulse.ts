/**
 * Notices that this process was stopped for a while, and asks what it has missed before it serves on: its slots may
 * have another owner by now, and what it holds may be old.
 */
import { type Clock, inTime, pause, type Timer } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'

const BEAT_MS = 100
/** A heart that has not beaten for this part of a lease has stood still, as somebody else may have noticed. */
const STOPPED = 0.5
/** How long it asks; then it goes on with what it knows. */
const ASK_MAX_MS = 1000

/** Whether the view that is in force here is one that time has not passed by. */
export interface Currency {
  readonly isCurrent: boolean
  /** Asks for what was missed; resolves at the deadline at the latest. */
  catchUp(deadlineAtMs: number): Promise<void>
}

export interface PulseOptions {
  readonly clock: Clock
  readonly log: Log
  leaseMs(): number
  /** Asks uplink and the others for their views. */
  ask(): Promise<unknown>
  /** Called then, with how long it had stood still. */
  onStopped(stoppedMs: number): void
}

export class Pulse implements Currency {
  readonly #options: PulseOptions
  #timer: Timer | undefined
  #lastBeatMs: number
  #asking: Promise<void> | undefined

  constructor(options: PulseOptions) {
    this.#options = options
    this.#lastBeatMs = options.clock.now()
  }

  start(): void {
    const { clock } = this.#options
    this.#lastBeatMs = clock.now()
    this.#timer = clock.every(BEAT_MS, () => {
      if (this.isCurrent) this.#lastBeatMs = clock.now()
      else void this.#askOnce()
    })
  }

  get isCurrent(): boolean {
    const { clock, leaseMs } = this.#options
    return clock.now() - this.#lastBeatMs < leaseMs() * STOPPED
  }

  async catchUp(deadlineAtMs: number): Promise<void> {
    const { clock } = this.#options
    const timeoutMs = Math.max(0, deadlineAtMs - clock.now())
    const late = new LarderError('NOT_READY', 'This member was stopped, and asks what it has missed.')
    await inTime(this.#askOnce(), { clock, timeoutMs, late })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #askOnce(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    const { clock, log, ask, onStopped } = this.#options
    const stoppedMs = clock.now() - this.#lastBeatMs
    log.warn({ stoppedMs: Math.round(stoppedMs) }, 'this process was stopped for a while')
    await Promise.race([ask().catch(() => {}), pause(clock, ASK_MAX_MS)])
    onStopped(stoppedMs)
    this.#lastBeatMs = clock.now()
  }
}
