/** Looks again and again for what has ended, and claims what writes have left over of the budget, in turns. */
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Turns, Work } from '../../shared/turns.ts'
import type { Upkeep } from './upkeep.ts'

const SWEEP_INTERVAL_MS = 500

export interface SweepingOptions {
  readonly upkeep: Pick<Upkeep, 'sweep' | 'evict'>
  readonly clock: Clock
  readonly turns: Turns
}

export class Sweeping {
  readonly #options: SweepingOptions
  /** What is being done. */
  readonly #underWay = new Set<Work>()
  #timer: Timer | undefined

  constructor(options: SweepingOptions) {
    this.#options = options
  }

  start(): void {
    const { upkeep, clock } = this.#options
    this.#timer = clock.every(SWEEP_INTERVAL_MS, () => void this.#do('expiry', upkeep.sweep(clock.now())))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** More is over the budget than one write should wait for. */
  evict(): void {
    void this.#do('eviction', this.#options.upkeep.evict())
  }

  async #do(work: Work, steps: Iterator<void, void>): Promise<void> {
    if (this.#underWay.has(work)) return
    this.#underWay.add(work)
    try {
      await this.#options.turns.take(work, steps)
    } finally {
      this.#underWay.delete(work)
    }
  }
}
