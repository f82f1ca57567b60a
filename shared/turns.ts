/**
 * Work that grows with what is held, a part at a time, so that requests are answered in between.
 *
 * Work is steps, each far shorter than a turn. However much of it there is, all of it together has one turn in each turn of
 * the event loop: then whatever has arrived goes first, and the turn after that is somebody else's. So between two steps
 * anything may have changed, and whoever writes them heeds that.
 */
import { Histogram, type Registry } from 'prom-client'
import type { Clock } from './clock.ts'
import type { Eventual } from './eventual.ts'

/** What there is to do; the metrics tell them apart. */
export type Work =
  | 'activity'
  | 'arrivals'
  | 'bodies'
  | 'changes'
  | 'clearing'
  | 'commands'
  | 'copies'
  | 'digests'
  | 'disk'
  | 'eviction'
  | 'expiry'
  | 'hand-off'
  | 'letting go'
  | 'listing'
  | 'mirroring'
  | 'placement'
  | 'recovery'

/** With the step that brings it over this, and on a slow machine, a turn is to stay below 5 ms. */
const TURN_MS = 3

export interface TurnsOptions {
  now(): number
  /** Runs something when this turn of the event loop is over, and what has arrived by then has been seen to. */
  afterTurn(run: () => void): void
  /** Called with every turn. */
  note(work: Work, ms: number): void
}

/** Takes steps until they are over, or the turn is; tells which. */
type Job = () => boolean

export class Turns {
  readonly #options: TurnsOptions
  /** Who has had no turn yet, and who goes on. Each of the two comes first in every other turn: what is short is over soon. */
  readonly #fresh: Job[] = []
  readonly #begun: Job[] = []
  #isForBegun = false
  /** When the turn ends that is under way in this turn of the event loop. */
  #endsAtMs: number | undefined

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /**
   * Takes all of these steps: in this very turn where there is time for them, and nobody waits. The result is what they
   * return, or what they throw, at once or as a rejection.
   */
  take<T>(work: Work, steps: Iterator<unknown, T>): Eventual<T> {
    this.#begin()
    const isAtOnce = !this.#isWaitedFor && !this.#isOver
    if (isAtOnce) {
      const result = this.#go(work, steps)
      if (result.done) return result.value
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const go = () => {
      try {
        const result = this.#go(work, steps)
        if (result.done) resolve(result.value)
        return result.done === true
      } catch (error) {
        reject(error)
        return true
      }
    }
    const queue = isAtOnce ? this.#begun : this.#fresh
    queue.push(go)
    return promise
  }

  /** Whatever has arrived goes first. */
  pass(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#begin()
    this.#fresh.push(() => {
      resolve()
      return true
    })
    return promise
  }

  get #isWaitedFor(): boolean {
    return this.#fresh.length + this.#begun.length > 0
  }

  get #isOver(): boolean {
    return this.#endsAtMs === undefined || this.#options.now() >= this.#endsAtMs
  }

  #begin(): void {
    if (this.#endsAtMs !== undefined) return
    this.#endsAtMs = this.#options.now() + TURN_MS
    this.#options.afterTurn(() => this.#next())
  }

  #next(): void {
    this.#endsAtMs = undefined
    if (!this.#isWaitedFor) return
    this.#begin()
    const [first, second] = this.#isForBegun ? [this.#begun, this.#fresh] : [this.#fresh, this.#begun]
    this.#isForBegun = !this.#isForBegun
    do {
      const job = first.shift() ?? second.shift()
      if (job !== undefined && !job()) this.#begun.push(job)
    } while (this.#isWaitedFor && !this.#isOver)
  }

  /** At least one step: whoever has a turn gets on. */
  #go<T>(work: Work, steps: Iterator<unknown, T>): IteratorResult<unknown, T> {
    const { now, note } = this.#options
    const startedAtMs = now()
    try {
      for (;;) {
        const result = steps.next()
        if (result.done || this.#isOver) return result
      }
    } finally {
      note(work, now() - startedAtMs)
    }
  }
}

/** In seconds: a turn that is well is in one of the first four. */
const BUCKETS = [0.0005, 0.001, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** As the process takes them. */
export function createTurns(registry: Registry, clock: Pick<Clock, 'now'>): Turns {
  const seconds = new Histogram({
    name: 'larder_turn_seconds',
    help: 'Turns of work that is done besides answering, by what it is: requests wait while one lasts.',
    labelNames: ['work'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return new Turns({
    now: () => clock.now(),
    afterTurn: setImmediate,
    note: (work, ms) => seconds.observe({ work }, ms / 1000),
  })
}
