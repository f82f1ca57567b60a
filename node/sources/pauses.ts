/**
 * What could not be fetched anew is left alone for a while, ever longer, as long as there is something to be given instead: an
 * upstream in trouble is not asked with every read.
 */
const PAUSE_MIN_MS = 250
const PAUSE_MAX_MS = 60_000
/** Further ones take the places of those that failed longest ago. */
const PAUSES_MAX = 10_000

interface Pause {
  readonly untilMs: number
  readonly lastMs: number
  readonly isReplaced: boolean
}

export class Pauses {
  readonly #pauses = new Map<string, Pause>()

  isPausing(address: string, nowMs: number): boolean {
    return (this.#pauses.get(address)?.untilMs ?? 0) > nowMs
  }

  /** Whether also whoever would wait for a new one has what there is instead, as the one had who was last to ask. */
  isReplacing(address: string, nowMs: number): boolean {
    return this.isPausing(address, nowMs) && this.#pauses.get(address)?.isReplaced === true
  }

  /** `isReplaced`: what there is is given to whoever has asked; otherwise he is told what upstream has answered. */
  failed(address: string, nowMs: number, isReplaced: boolean): void {
    const { lastMs = PAUSE_MIN_MS / 2 } = this.#pauses.get(address) ?? {}
    const pauseMs = Math.min(2 * lastMs, PAUSE_MAX_MS)
    this.#pauses.delete(address)
    this.#pauses.set(address, { untilMs: nowMs + pauseMs, lastMs: pauseMs, isReplaced })
    const [oldest] = this.#pauses.keys()
    if (this.#pauses.size > PAUSES_MAX && oldest !== undefined) this.#pauses.delete(oldest)
  }

  worked(address: string): void {
    this.#pauses.delete(address)
  }
}
