/** An owner that tells its replicas of changes, for tests of that alone. */
import type { PlacedView, Views } from '../../node/cluster/members/placed-view.ts'
import { Doubts } from '../../node/cluster/slots/doubts.ts'
import { Replicator } from '../../node/cluster/slots/replicator.ts'
import { type StandingKeeper, Standings } from '../../node/cluster/slots/standings.ts'
import type { SlotEntry } from '../../node/entries/entry.ts'
import { FakeClock, settled } from './clock.ts'
import { SlotPartners } from './slot-partners.ts'
import { sharedParts } from './slot-shelf.ts'
import { self, three } from './views.ts'

/** Member a, the owner, with every replica known to be whole. */
export class ReplicatorBench implements Views {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly doubts = new Doubts(self, this.clock)
  readonly metrics = sharedParts().metrics
  readonly missed: string[] = []
  /** Where it is written what this copy claims. */
  readonly keeper: StandingKeeper = { stand: () => this.written }
  /** Is over once it is written. */
  written: Promise<void> | undefined
  readonly standings = new Standings(this.keeper)
  readonly replicator: Replicator
  placed: PlacedView | undefined
  #shown = Promise.withResolvers<void>()

  constructor(placed = three) {
    const { clock, metrics, doubts, standings, partners: peers } = this
    const onMissed = ({ id }: { id: string }) => this.missed.push(id)
    this.replicator = new Replicator({
      ...sharedParts(),
      self,
      clock,
      metrics,
      views: this,
      doubts,
      standings,
      peers,
      onMissed,
    })
    this.show(placed)
    for (const { incarnation } of placed.members)
      for (const slot of [...doubts.doubtsOf(incarnation).keys()])
        doubts.confirm(slot, incarnation, doubts.count)
  }

  show(placed: PlacedView): void {
    this.doubts.install(placed, this.placed)
    this.placed = placed
    this.#shown.resolve()
    this.#shown = Promise.withResolvers()
  }

  async after(order: number, deadlineAtMs: number): Promise<PlacedView | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.clock.after(deadlineAtMs - this.clock.now(), resolve)
    if (this.placed === undefined || this.placed.order <= order)
      await Promise.race([this.#shown.promise, promise])
    return this.placed
  }

  /** Begins to bring changes to the others, each argument those of one command. */
  async tell(...changes: readonly (readonly SlotEntry[])[]): Promise<{ isDone: boolean }> {
    const telling = { isDone: false }
    const done = async () => {
      await this.replicator.merged(changes)
      telling.isDone = true
    }
    void done()
    await settled()
    return telling
  }

  /** The ids in each message of changes. */
  told(id: string): string[][] {
    return this.partners
      .said(id)
      .map((said) => (said.type === 'changes' ? said.changes.map(({ id }) => id) : [said.type]))
  }

  doubtsOf(id: string): number[] {
    return [...this.doubts.doubtsOf(`${id}-1`).keys()]
  }
}
