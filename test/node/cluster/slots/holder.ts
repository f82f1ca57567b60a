/** Member `a` as a holder of slots that hears what others say: all of it is real but the others and the time. */
import { Registry } from 'prom-client'
import { CatchUp } from '../../../../node/cluster/members/catch-up.ts'
import { CurrentView } from '../../../../node/cluster/members/current-view.ts'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { Departures } from '../../../../node/cluster/slots/departures.ts'
import { Doubts } from '../../../../node/cluster/slots/doubts.ts'
import { Hearsay } from '../../../../node/cluster/slots/hearsay.ts'
import { Holdings } from '../../../../node/cluster/slots/holdings.ts'
import { Mirroring } from '../../../../node/cluster/slots/mirroring.ts'
import { Repair } from '../../../../node/cluster/slots/repair.ts'
import { Replicator } from '../../../../node/cluster/slots/replicator.ts'
import { SlotSender } from '../../../../node/cluster/slots/sender.ts'
import { SlotInbox } from '../../../../node/cluster/slots/slot-inbox.ts'
import { Standings } from '../../../../node/cluster/slots/standings.ts'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import type { Preamble } from '../../../../node/cluster/wire/preamble.ts'
import type {
  SlotAnswer,
  SlotMessage,
  SlotResponse,
  StreamItem,
} from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { forgetful } from '../../../support/slot-shelf.ts'
import { unlimitedTurns } from '../../../support/turns.ts'
import { self, three } from '../../../support/views.ts'

const nothing = () => {}

export class Holder {
  readonly clock = new FakeClock()
  /** They say nothing, unless a test has them. */
  readonly peers = new SlotPartners(this.clock)
  readonly memory = new Memory(Infinity)
  readonly stamps = new StampClock(self.incarnation)
  /** What is said of the memory, whatever is in it. */
  isFull = false
  /** Slots that it is letting go of. */
  readonly going = new Set<number>()
  readonly current: CurrentView
  readonly standings = new Standings(forgetful)
  readonly mirroring: Mirroring
  readonly hearsay = new Hearsay(this.standings)
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly #departures: Departures
  readonly #repair: Repair
  readonly #inbox: SlotInbox

  constructor(view: PlacedView = three, { turns = unlimitedTurns() } = {}) {
    const { clock, peers, memory, stamps, standings, hearsay } = this
    for (const { id } of view.members) peers.drops(id)
    const currency = { isCurrent: true, catchUp: async () => {} }
    const ignored = { awaitedFor: () => [], onWanted: nothing, onComplete: nothing }
    const holdings = new Holdings({ self, clock, currency, standings, ...ignored })
    const doubts = new Doubts(self, clock)
    const current = new CurrentView({
      clock,
      turns,
      onView: (placed, former) => this.#follow(placed, former),
    })
    const basis = {
      self,
      clock,
      turns,
      log: silent,
      metrics: createClusterMetrics(new Registry()),
      views: current,
      catchUp: new CatchUp({ clock, stamps, views: current, learn: (learnt) => current.install(learnt) }),
      peers,
      store: memory.slots,
      memory: this.#fullness(),
      standings,
      hearsay,
      holdings,
      doubts,
    }
    const mirroring = new Mirroring({ ...basis, memory, keeper: { note: nothing } })
    const replicator = new Replicator({ ...basis, onMissed: nothing })
    const sender = new SlotSender(basis)
    const departures = new Departures({ ...basis, sender, drop: nothing })
    departures.isGoing = (slot) => this.going.has(slot)
    const repair = new Repair({ ...basis, mirroring, replicator, sender })
    const takeIn = (entry: SlotEntry) => {
      mirroring.note(entry)
      return memory.takeIn(entry, clock.now(), nothing)
    }
    this.current = current
    this.mirroring = mirroring
    this.holdings = holdings
    this.doubts = doubts
    this.#departures = departures
    this.#inbox = new SlotInbox({ ...basis, mirroring, replicator, sender, departures, repair, takeIn })
    this.#repair = repair
    current.install(view.view)
  }

  /** Keeps these, and has all of their slots. */
  hold(...entries: readonly SlotEntry[]): void {
    for (const { slot, id, entry } of entries) {
      this.memory.merge(slot, id, entry)
      this.holdings.complete(slot)
    }
  }

  /** Every replica is known to have all. */
  trustAll(): void {
    for (const { incarnation } of this.current.placed?.members ?? [])
      for (const slot of [...this.doubts.doubtsOf(incarnation).keys()])
        this.doubts.confirm(slot, incarnation, this.doubts.count)
  }

  has({ slot, id }: SlotEntry): boolean {
    return this.memory.slots.get(slot, id) !== undefined
  }

  receive(from: string, message: SlotMessage, preamble: Partial<Preamble> = {}): Promise<SlotResponse> {
    return this.#inbox.receive({ format: CURRENT, epoch: 1, time: 0, from, message, ...preamble })
  }

  /** The answers to a message that has one list of them. */
  async hear(
    from: string,
    message: SlotMessage,
    preamble?: Partial<Preamble>,
  ): Promise<readonly SlotAnswer[]> {
    const { answers } = await this.receive(from, message, preamble)
    return answers.flat()
  }

  async hearStream(from: string, ...items: readonly StreamItem[]): Promise<SlotResponse['answers']> {
    const { answers } = await this.receive(from, { type: 'stream', items })
    return answers
  }

  #follow(placed: PlacedView, former: PlacedView | undefined): void {
    this.holdings.install(placed, former)
    this.hearsay.install(placed, former, this.holdings)
    this.doubts.install(placed, former)
    this.#departures.install(placed)
    this.#repair.install(placed)
  }

  #fullness(): { readonly isFull: boolean } {
    const holder = this
    return {
      get isFull() {
        return holder.isFull
      },
    }
  }
}
