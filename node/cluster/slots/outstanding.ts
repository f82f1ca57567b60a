/**
 * The slots that are to be here and are not: for whom they wait, and, once that takes long, why, for the log, the metrics and
 * whoever asks whether this member is ready.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import { SLOTS } from '../../../shared/placement.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { PlacedView } from '../members/members.ts'
import { reasonOf, sumOf, type Waiting } from './arrival.ts'
import type { Arrivals } from './arrivals.ts'
import type { Holdings } from './holdings.ts'

/** From then on somebody should know. */
const OVERDUE_MS = 30_000
const LOOK_MS = 1000
/** Of so many reasons each is told; further ones are as rare as they are many. */
const REASONS_MAX = 10

/** Slots that are overdue for the same reason, and for how long, the longest of them. */
interface Overdue {
  readonly slots: number
  readonly seconds: number
  readonly reason: string
}

export interface OutstandingOptions {
  readonly clock: Clock
  readonly log: Log
  readonly views: { readonly placed: PlacedView | undefined }
  readonly holdings: Pick<Holdings, 'roleOf' | 'isComplete' | 'missing'>
  readonly arrivals: Pick<Arrivals, 'find' | 'awaitedFor'>
}

export class Outstanding {
  readonly #options: OutstandingOptions
  /** Since when a slot is; 0 for one that is not. */
  readonly #sinceMs = new Float64Array(SLOTS)
  readonly #late: Trouble
  #overdue: readonly Overdue[] = []
  #timer: Timer | undefined

  constructor(options: OutstandingOptions) {
    this.#options = options
    this.#late = new Trouble(options.log, {
      begins: 'slots have been arriving for more than thirty seconds',
      ends: 'no slot has been arriving for long',
      level: 'error',
    })
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** How many slots that it owns wait for members that held them last, and for whom. */
  get waiting(): Waiting {
    const { holdings, arrivals } = this.#options
    return sumOf(holdings.missing.map((slot) => arrivals.awaitedFor(slot)))
  }

  /** The most of them first; none for the first thirty seconds. */
  get overdue(): readonly Overdue[] {
    return this.#overdue
  }

  #look(): void {
    const { clock, holdings } = this.#options
    const nowMs = clock.now()
    const late: number[] = []
    for (let slot = 0; slot < SLOTS; slot++) {
      if (holdings.roleOf(slot) === 'none' || holdings.isComplete(slot)) this.#sinceMs[slot] = 0
      else this.#sinceMs[slot] ||= nowMs
      if (this.#forMs(slot, nowMs) > OVERDUE_MS) late.push(slot)
    }
    const groups = [...Map.groupBy(late, (slot) => this.#reasonFor(slot))]
    const overdue = groups.map(([reason, slots]): Overdue => {
      const longestMs = slots.reduce((longest, slot) => Math.max(longest, this.#forMs(slot, nowMs)), 0)
      return { slots: slots.length, seconds: Math.round(longestMs / 1000), reason }
    })
    this.#overdue = overdue.sort((one, other) => other.slots - one.slots).slice(0, REASONS_MAX)
    if (late.length > 0) this.#late.begin({ slots: late.length, overdue: this.#overdue })
    else this.#late.end()
  }

  #forMs(slot: number, nowMs: number): number {
    const sinceMs = this.#sinceMs[slot] ?? 0
    return sinceMs === 0 ? 0 : nowMs - sinceMs
  }

  #reasonFor(slot: number): string {
    const { holdings, arrivals, views } = this.#options
    if (holdings.roleOf(slot) === 'replica')
      return `${views.placed?.ownerOf(slot)?.id}, which owns them, has not compared them`
    const awaited = arrivals.awaitedFor(slot)
    if (awaited.length > 0) return `they wait for ${awaited.join(', ')}, which held them last`
    return reasonOf(arrivals.find(slot))
  }
}
