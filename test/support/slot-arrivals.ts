/** A member that fetches slots from others, for tests of that alone. */
import type { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { Arrivals } from '../../node/cluster/slots/arrivals.ts'
import { Holdings } from '../../node/cluster/slots/holdings.ts'
import { SLOTS } from '../../shared/placement.ts'
import { FakeClock, settled } from './clock.ts'
import { SlotPartners } from './slot-partners.ts'
import { countOf, current, metricsAndLog, SlotShelf } from './slot-shelf.ts'
import { self, three } from './views.ts'

export const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)

/** Member a, which has all of its slots but those that a test is about. */
export class ArrivalsBench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly metrics = metricsAndLog().metrics
  readonly holdings: Holdings
  readonly arrivals: Arrivals
  #placed: PlacedView | undefined

  constructor({ hasUplink = true } = {}) {
    const { clock, partners: peers, store, metrics } = this
    const onWanted = (slot: number) => this.arrivals.want(slot)
    const holdings = new Holdings({ self, clock, currency: current, onWanted, onComplete: () => {} })
    this.holdings = holdings
    this.arrivals = new Arrivals({
      ...metricsAndLog(),
      self,
      hasUplink,
      clock,
      metrics,
      holdings,
      store,
      peers,
    })
  }

  /** With these slots missing, as far as they are missing at all. */
  async follow(placed: PlacedView, missing: readonly number[] = ALL): Promise<void> {
    this.holdings.install(placed, this.#placed)
    const isMissing = new Set(missing)
    for (const slot of ALL) if (!isMissing.has(slot)) this.holdings.complete(slot)
    this.arrivals.install(placed, this.#placed)
    this.#placed = placed
    await settled()
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
