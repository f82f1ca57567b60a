/** When, and by whom, a command on a slot is carried out: what is seldom asked for is looked up only then. */
import type { Clock } from '../../../shared/clock.ts'
import type { Stamp } from '../../../shared/command.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { Moment } from '../../entries/verbs.ts'
import type { Doubts } from './doubts.ts'
import type { Holdings } from './holdings.ts'

export interface MomentParts {
  readonly clock: Clock
  readonly stamps: StampClock
  readonly holdings: Holdings
  readonly doubts: Doubts
}

export class SlotMoment implements Moment {
  readonly #slot: number
  readonly #parts: MomentParts
  #nowMs: number | undefined

  constructor(slot: number, parts: MomentParts) {
    this.#slot = slot
    this.#parts = parts
  }

  get nowMs(): number {
    this.#nowMs ??= this.#parts.clock.now()
    return this.#nowMs
  }

  get origin(): string {
    return this.#parts.holdings.originOf(this.#slot)
  }

  get isCertain(): boolean {
    return this.#parts.doubts.isCertain(this.#slot)
  }

  get stamp(): () => Stamp {
    return () => this.#parts.stamps.next(this.#parts.clock.wall())
  }
}
