/**
 * Tells which requests come too late to be worth the work, when more arrives than can be answered.
 *
 * A turn of the event loop takes in whatever has arrived, one request after the other, so how long the turn has lasted is
 * what a request has waited at the least. One long turn may be a pause of the machine; when turns stay long, those who
 * are late in theirs are refused. Refusing costs a fraction of an answer, so that the others get theirs in time (the
 * standing queue of CoDel, Nichols and Jacobson, 2012, with turns in the place of packets).
 */
import type { Log } from '../log.ts'
import { Trouble } from '../trouble.ts'

const WAIT_MAX_MS = 100
/** Turns are long for this long before anybody is refused. */
const STANDING_MS = 1000

export interface PressureOptions {
  readonly log: Log
  now(): number
  /** Runs something when this turn is over. */
  afterTurn(run: () => void): void
}

export class Pressure {
  readonly #options: PressureOptions
  #turnBeganAtMs: number | undefined
  #longSinceMs: number | undefined
  readonly #refusing: Trouble
  #refused = 0

  constructor(options: PressureOptions) {
    this.#options = options
    this.#refusing = new Trouble(options.log, {
      begins: 'more arrives than can be answered; some is refused',
      ends: 'everything that arrives is answered again',
    })
  }

  /** To be asked once a request, in the turn in which it arrives. */
  isTooMuch(nowMs: number): boolean {
    if (this.#turnBeganAtMs === undefined) {
      this.#turnBeganAtMs = nowMs
      this.#options.afterTurn(() => this.#endTurn())
    }
    const isStanding = this.#longSinceMs !== undefined && nowMs - this.#longSinceMs > STANDING_MS
    if (!isStanding || nowMs - this.#turnBeganAtMs <= WAIT_MAX_MS) return false
    this.#refusing.begin({ waitMaxMs: WAIT_MAX_MS })
    this.#refused++
    return true
  }

  #endTurn(): void {
    const nowMs = this.#options.now()
    const beganAtMs = this.#turnBeganAtMs ?? nowMs
    this.#turnBeganAtMs = undefined
    if (nowMs - beganAtMs > WAIT_MAX_MS) {
      this.#longSinceMs ??= beganAtMs
      return
    }
    this.#longSinceMs = undefined
    this.#refusing.end({ refused: this.#refused })
    this.#refused = 0
  }
}
