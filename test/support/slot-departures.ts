/** A member that hands over what it holds no more, for tests of that alone. */
import type { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { Departures } from '../../node/cluster/slots/departures.ts'
import { Holdings } from '../../node/cluster/slots/holdings.ts'
import { SlotSender } from '../../node/cluster/slots/sender.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import { andThen, type Eventual } from '../../shared/eventual.ts'
import { FakeClock, settled } from './clock.ts'
import { SlotPartners } from './slot-partners.ts'
import { current, forgetful, SlotShelf, sharedParts } from './slot-shelf.ts'
import { self, three } from './views.ts'

/** Member a, which has all that these slots had by the first view on its shelf. */
export class DeparturesBench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly standings = new Standings(forgetful)
  readonly holdings: Holdings
  /** Until then nothing is gone that is let go. */
  dropping: Eventual<void> = undefined
  readonly departures: Departures
  /** What it was told to let go of, in memory and on disk. */
  readonly dropped: number[] = []
  #placed: PlacedView | undefined

  constructor(...slots: readonly number[]) {
    const { clock, partners: peers, store, standings } = this
    const basis = { ...sharedParts(), self, clock, store, peers, standings }
    const ignored = { awaitedFor: () => [], onWanted: () => {}, onComplete: () => {} }
    const holdings = new Holdings({ ...basis, currency: current, ...ignored })
    const sender = new SlotSender(basis)
    const drop = (gone: readonly number[]) => {
      this.dropped.push(...gone)
      return andThen(this.dropping, () => store.drop(gone))
    }
    this.holdings = holdings
    this.departures = new Departures({ ...basis, holdings, sender, drop })
    for (const slot of slots) {
      store.put(slot, 'va')
      standings.restore({ slot, asOf: 1, lapses: [] })
    }
  }

  async follow(placed: PlacedView): Promise<void> {
    this.holdings.install(placed, this.#placed)
    this.departures.install(placed)
    this.#placed = placed
    await settled()
  }

  asOf(slot: number): number {
    return this.standings.of(slot).asOf
  }

  has(slot: number): boolean {
    return this.store.holds(slot)
  }
}

export async function departing(slots: readonly number[], prepare = (_: DeparturesBench) => {}) {
  const bench = new DeparturesBench(...slots)
  prepare(bench)
  await bench.follow(three)
  return bench
}

/** Of what was whole by the view before. */
export function offer(slot: number, isGiven = false, asOf = 1) {
  return { type: 'offer', slots: [[slot, 'va', isGiven, asOf, false]] }
}
