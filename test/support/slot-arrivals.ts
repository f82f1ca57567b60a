/** A member that fetches slots from others, for tests of that alone. */
import { pino } from 'pino'
import type { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { Arrivals } from '../../node/cluster/slots/arrivals.ts'
import { Awaited } from '../../node/cluster/slots/awaited.ts'
import { Hearsay } from '../../node/cluster/slots/hearsay.ts'
import { Holdings } from '../../node/cluster/slots/holdings.ts'
import { Mirroring } from '../../node/cluster/slots/mirroring.ts'
import { Outstanding } from '../../node/cluster/slots/outstanding.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import { SLOTS } from '../../shared/placement.ts'
import { FakeClock, settled } from './clock.ts'
import { SlotPartners } from './slot-partners.ts'
import { countOf, current, forgetful, SlotShelf, sharedParts } from './slot-shelf.ts'
import { unlimitedTurns } from './turns.ts'
import { self, three } from './views.ts'

export const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)

/** Member a, which has all of its slots but those that a test is about. */
export class ArrivalsBench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly metrics = sharedParts().metrics
  readonly standings = new Standings(forgetful)
  readonly mirroring: Mirroring
  readonly hearsay = new Hearsay(this.standings)
  readonly awaited: Awaited
  readonly holdings: Holdings
  readonly arrivals: Arrivals
  readonly outstanding: Outstanding
  /** What the log says of slots that are outstanding. */
  readonly told: string[] = []
  /** What it is letting go of. */
  readonly going = new Set<number>()
  #placed: PlacedView | undefined

  constructor({ waitForHoldersMs = 0, turns = unlimitedTurns() } = {}) {
    const { clock, partners: peers, store, metrics, standings, hearsay } = this
    const basis = { ...sharedParts(), turns, self, clock, metrics, store, peers, standings, hearsay }
    const mirroring = new Mirroring({ ...basis, memory: store, keeper: { note() {} } })
    const awaited = new Awaited({ ...basis, waitForHoldersMs, onOver: () => this.arrivals.resume() })
    const holdings = new Holdings({
      ...basis,
      currency: current,
      awaitedFor: (slot) => this.arrivals.awaitedFor(slot),
      onWanted: (slot) => this.arrivals.want(slot),
      onComplete: () => {},
    })
    this.mirroring = mirroring
    this.awaited = awaited
    this.holdings = holdings
    const arrivals = new Arrivals({ ...basis, holdings, mirroring, awaited, departures: this })
    this.arrivals = arrivals
    const log = pino({ level: 'info' }, { write: (line: string) => this.told.push(JSON.parse(line).msg) })
    this.outstanding = new Outstanding({ ...basis, log, views: this, holdings, arrivals })
  }

  /** With these slots missing, as far as they are missing at all. */
  async follow(placed: PlacedView, missing: readonly number[] = ALL): Promise<void> {
    this.holdings.install(placed, this.#placed)
    this.hearsay.install(placed, this.#placed, this.holdings)
    const isMissing = new Set(missing)
    for (const slot of ALL)
      if (!isMissing.has(slot) && this.holdings.roleOf(slot) !== 'none') this.holdings.complete(slot)
    this.awaited.install(placed)
    this.arrivals.install(placed, this.#placed)
    this.#placed = placed
    await settled()
  }

  get placed(): PlacedView | undefined {
    return this.#placed
  }

  isGoing(slot: number): boolean {
    return this.going.has(slot)
  }

  isHere(slot: number): boolean {
    return this.holdings.isComplete(slot)
  }

  /** Who was asked, in which order. */
  get asked(): string[] {
    return this.partners.log.map(({ to }) => to)
  }

  lost(): Promise<number> {
    return countOf(this.metrics.lostSlots)
  }
}

export async function following(
  view: PlacedView,
  missing?: readonly number[],
  prepare = (_: ArrivalsBench) => {},
) {
  const bench = new ArrivalsBench()
  prepare(bench)
  await bench.follow(view, missing)
  return bench
}

/** A member that was there before this view, in which it takes the slot over. */
export async function takingOver(slot: number, next: PlacedView, prepare = (_: ArrivalsBench) => {}) {
  const bench = await following(three, [])
  prepare(bench)
  await bench.follow(next, [slot])
  return bench
}
