/** An owner that looks after its replicas, for tests of that alone. */
import type { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { Doubts } from '../../node/cluster/slots/doubts.ts'
import { Holdings } from '../../node/cluster/slots/holdings.ts'
import { Repair } from '../../node/cluster/slots/repair.ts'
import { Replicator } from '../../node/cluster/slots/replicator.ts'
import { SlotSender } from '../../node/cluster/slots/sender.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import { SLOTS } from '../../shared/placement.ts'
import { FakeClock, settled } from './clock.ts'
import { SlotPartners } from './slot-partners.ts'
import { current, forgetful, SlotShelf, sharedParts } from './slot-shelf.ts'
import { self, three } from './views.ts'

const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)
export const OWN = ALL.filter((slot) => three.owns(self, slot))

/** How the mirrors are called that it makes. */
export const MIRROR = 'a-1 1'

/** Member a, which has all of its slots. */
export class RepairBench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly metrics = sharedParts().metrics
  readonly memory = { isFull: false }
  readonly doubts = new Doubts(self, this.clock)
  readonly standings = new Standings(forgetful)
  readonly replicator: Replicator
  readonly holdings: Holdings
  readonly repair: Repair

  constructor() {
    const { clock, partners: peers, doubts, store, memory, metrics, standings } = this
    const basis = { ...sharedParts(), self, metrics, clock, doubts, store, memory, peers, standings }
    const ignored = { awaitedFor: () => [], onWanted: () => {}, onComplete: () => {} }
    const mirroring = { newName: () => MIRROR }
    const holdings = new Holdings({ ...basis, currency: current, ...ignored })
    const views = { placed: three, after: async () => three }
    const replicator = new Replicator({ ...basis, views, onMissed: () => {} })
    const sender = new SlotSender(basis)
    this.replicator = replicator
    this.holdings = holdings
    this.repair = new Repair({ ...basis, holdings, mirroring, replicator, sender })
  }

  /** With nothing in doubt but these slots, and nothing missing but those. */
  async follow(
    placed: PlacedView,
    doubted: readonly number[],
    missing: readonly number[] = [],
  ): Promise<void> {
    this.holdings.install(placed, undefined)
    for (const slot of ALL) if (!missing.includes(slot)) this.holdings.complete(slot)
    this.doubts.install(placed, undefined)
    const isDoubted = new Set(doubted)
    for (const { incarnation } of placed.members)
      for (const slot of [...this.doubts.doubtsOf(incarnation).keys()])
        if (!isDoubted.has(slot)) this.doubts.confirm(slot, incarnation, this.doubts.count)
    this.repair.install(placed)
    await settled()
  }

  doubtsOf(id: string): number[] {
    return [...this.doubts.doubtsOf(`${id}-1`).keys()]
  }
}

export async function doubting(slots: readonly number[], prepare = (_: RepairBench) => {}) {
  const bench = new RepairBench()
  prepare(bench)
  await bench.follow(three, slots)
  return bench
}

/** What is said to compare one slot. */
export function check(slot: number, digest: string, isStrict: boolean) {
  return { type: 'check', checks: [[slot, digest]], isFull: false, isStrict }
}
