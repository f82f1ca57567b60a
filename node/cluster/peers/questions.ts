/** What was asked on a channel and is not answered yet: each until its own deadline. */
import type { Clock, Timer } from '../../../shared/clock.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

interface Asked {
  readonly timeoutMs: number
  readonly deadlineAtMs: number
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** None has the number 0. */
const NUMBER_MAX = 2 ** 32 - 1
/** Of a member that says nothing for less nothing is concluded from a question that is given up: it had little time. */
const SILENT_MIN_MS = 1000

export class Questions {
  readonly #clock: Clock
  readonly #onSilence: (error: Error) => void
  readonly #asked = new Map<number, Asked>()
  #last = 0
  /** When the first question was asked since something was heard. */
  #silentSinceMs = Infinity
  #timer: Timer | undefined
  #timerAtMs = Infinity

  /** `onSilence` is called when a question is given up, and nothing was heard for long though something was asked. */
  constructor(clock: Clock, onSilence: (error: Error) => void) {
    this.#clock = clock
    this.#onSilence = onSilence
  }

  get size(): number {
    return this.#asked.size
  }

  /** The number of a question that is about to be asked. `reject` is called at its deadline, or by `fail`. */
  begin(timeoutMs: number, asking: Pick<Asked, 'resolve' | 'reject'>): number {
    const askedAtMs = this.#clock.now()
    const deadlineAtMs = askedAtMs + timeoutMs
    if (askedAtMs < this.#silentSinceMs) this.#silentSinceMs = askedAtMs
    this.#last = (this.#last % NUMBER_MAX) + 1
    this.#asked.set(this.#last, { timeoutMs, deadlineAtMs, ...asking })
    this.#watch(deadlineAtMs)
    return this.#last
  }

  /** Whoever is asked has said something, be it no answer. */
  heard(): void {
    this.#silentSinceMs = Infinity
  }

  /** An answer to what was given up, or never asked, is nobody's. */
  answer(number: number, answer: Answer): void {
    const asked = this.#asked.get(number)
    this.#asked.delete(number)
    asked?.resolve(answer)
  }

  /** No more answers come. */
  fail(error: unknown): void {
    this.#timer?.cancel()
    this.#timerAtMs = Infinity
    const all = [...this.#asked.values()]
    this.#asked.clear()
    for (const asked of all) asked.reject(error)
  }

  /** Most are answered long before: the timer is for the one that was first when it was set. */
  #watch(deadlineAtMs: number): void {
    if (deadlineAtMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = deadlineAtMs
    this.#timer = this.#clock.after(deadlineAtMs - this.#clock.now(), () => this.#expire())
  }

  #expire(): void {
    this.#timerAtMs = Infinity
    const nowMs = this.#clock.now()
    const isSilent = nowMs - this.#silentSinceMs >= SILENT_MIN_MS
    let late: Error | undefined
    for (const [number, { timeoutMs, deadlineAtMs, reject }] of this.#asked) {
      if (deadlineAtMs > nowMs) {
        this.#watch(deadlineAtMs)
        continue
      }
      late = new Error(`no answer within ${Math.round(timeoutMs)} ms`)
      this.#asked.delete(number)
      reject(late)
    }
    if (isSilent && late !== undefined) this.#onSilence(late)
  }
}
