/**
 * Those who have an answer and do not take it. What they leave untaken is held for them, so whoever takes too little of it
 * for too long is cut off.
 */
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'

/** Whoever has taken less than so much in this time, with more waiting, is cut off: that is 17 KiB a second. */
export const TAKING_MAX_MS = 30_000
export const TAKING_BYTES_MIN = 512 * 2 ** 10
const LOOK_EVERY_MS = 1000

/** An answer on its way. */
export interface Untaken {
  /** What of it is still here, in bytes. */
  left(): number
  /** Whether it is taken, or will never be. */
  isOver(): boolean
  /** Called once, when it is over. */
  release(): void
}

/** Whom it is for. */
export interface Taker {
  readonly destroyed: boolean
  readonly remoteAddress?: string | undefined
  destroy(): void
}

interface Taking {
  readonly answers: Set<Untaken>
  sinceMs: number
  /** What was left then. */
  leftBytes: number
}

export class Takers {
  readonly #clock: Clock
  readonly #log: Log
  readonly #takings = new Map<Taker, Taking>()
  #timer: Timer | undefined
  #cutOff = 0

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  /** How many were cut off. */
  get cutOff(): number {
    return this.#cutOff
  }

  /** Follows an answer until it is over. */
  follow(taker: Taker, answer: Untaken): void {
    const taking = this.#takings.get(taker) ?? {
      answers: new Set(),
      sinceMs: this.#clock.now(),
      leftBytes: 0,
    }
    taking.answers.add(answer)
    taking.leftBytes += answer.left()
    this.#takings.set(taker, taking)
    this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look())
  }

  /** To be told when an answer is over; otherwise it is noticed a moment later. */
  end(taker: Taker, answer: Untaken): void {
    const taking = this.#takings.get(taker)
    if (taking?.answers.delete(answer) !== true) return
    answer.release()
    if (taking.answers.size === 0) this.#takings.delete(taker)
  }

  #look(): void {
    this.#timer = undefined
    for (const [taker, taking] of this.#takings) {
      for (const answer of taking.answers) if (taker.destroyed || answer.isOver()) this.end(taker, answer)
      if (taking.answers.size > 0) this.#judge(taker, taking)
    }
    if (this.#takings.size > 0) this.#timer = this.#clock.after(LOOK_EVERY_MS, () => this.#look())
  }

  #judge(taker: Taker, taking: Taking): void {
    const nowMs = this.#clock.now()
    let leftBytes = 0
    for (const answer of taking.answers) leftBytes += answer.left()
    taking.leftBytes = Math.max(taking.leftBytes, leftBytes)
    const hasTakenEnough = leftBytes === 0 || taking.leftBytes - leftBytes >= TAKING_BYTES_MIN
    if (hasTakenEnough) Object.assign(taking, { sinceMs: nowMs, leftBytes })
    if (nowMs - taking.sinceMs < TAKING_MAX_MS) return
    this.#cutOff++
    const { remoteAddress } = taker
    this.#log.info({ remoteAddress, leftBytes }, 'a client does not take its answers and is cut off')
    taker.destroy()
    for (const answer of taking.answers) this.end(taker, answer)
  }
}
