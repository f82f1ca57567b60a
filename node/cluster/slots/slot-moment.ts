/** When, and by whom, a command on a slot is carried out: what is seldom asked for is looked up only then. */
import type { Clock } from '../../../shared/clock.ts'
import type { Stamp } from '../../../shared/command.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { Moment } from '../../entries/verbs.ts'
import type { Doubts } from './doubts.ts'
import type { Holdings } from './holdings.ts'
import type { Lives } from './lives.ts'
import type { Standings } from './standings.ts'

export interface MomentParts {
  readonly clock: Clock
  readonly stamps: StampClock
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly lives: Lives
  readonly standings: Standings
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

  /** Not while a copy may come back by which this one does not measure it, or that claims what is not here. */
  isOver(origin: string): boolean {
    const { lives, doubts, standings } = this.#parts
    if (!lives.isOver(origin) || !doubts.isCertain(this.#slot)) return false
    const { alone, lapses } = standings.of(this.#slot)
    return alone === undefined && lapses.length === 0
  }

  get stamp(): () => Stamp {
    return () => this.#parts.stamps.next(this.#parts.clock.wall())
  }
}
