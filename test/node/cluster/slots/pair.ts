/** Two members in memory, on a clock that a test moves: each hears the other as soon as it speaks, unless it is cut off. */
import { Registry } from 'prom-client'
import { CatchUp } from '../../../../node/cluster/members/catch-up.ts'
import { CurrentView } from '../../../../node/cluster/members/current-view.ts'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { newContact } from '../../../../node/cluster/peers/contact.ts'
import type { SlotPeer, SlotPeers } from '../../../../node/cluster/slots/slot-peers.ts'
import { Slots } from '../../../../node/cluster/slots/slots.ts'
import type { SlotAnswer, SlotMessage } from '../../../../node/cluster/wire/slots.ts'
import type { Change, Entry, SlotEntry } from '../../../../node/entries/entry.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import type { Clock } from '../../../../shared/clock.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import type { Member } from '../../../../shared/view.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'
import { memberOf } from '../../../support/views.ts'

interface HolderOptions {
  readonly clock: Clock
  readonly peers: SlotPeers
  readonly bytesMax?: number
}

/** What of a member has to do with slots, with all that it needs. */
export class SlotHolder {
  readonly self: Member
  readonly memory: Memory
  readonly stamps: StampClock
  readonly current: CurrentView
  readonly slots: Slots
  /** What the keeper was told to keep. */
  readonly noted: Change[] = []
  /** And what to let go. */
  readonly dropped: number[] = []

  constructor(self: Member, { clock, peers, bytesMax = Infinity }: HolderOptions) {
    this.self = self
    this.stamps = new StampClock(self.incarnation)
    const { stamps } = this
    const memory = new Memory(bytesMax, { forget() {}, evict: (entry) => this.slots.evicted(entry) })
    const current = new CurrentView({
      clock,
      onView: (placed, former) => this.slots.follow(placed, former),
    })
    this.memory = memory
    this.current = current
    this.slots = new Slots({
      self,
      uplink: {},
      clock,
      log: silent,
      metrics: createClusterMetrics(new Registry()),
      stamps,
      views: current,
      currency: { isCurrent: true, catchUp: async () => {} },
      catchUp: new CatchUp({ clock, stamps, views: current, learn: (view) => current.install(view) }),
      peers,
      memory,
      keeper: { note: (change) => void this.noted.push(change) },
      storage: { keeper: { drop: (slots) => void this.dropped.push(...slots) } },
    })
  }

  /** Has these without telling anybody. */
  hold(...entries: readonly SlotEntry[]): void {
    for (const { slot, id, entry } of entries) this.memory.merge(slot, id, entry)
  }

  /** Has all of whatever is its own by now, or a copy of it. */
  completeAll(): void {
    const { holdings } = this.slots
    for (let slot = 0; slot < SLOTS; slot++) if (holdings.roleOf(slot) !== 'none') holdings.complete(slot)
  }

  entryOf({ slot, id }: SlotEntry): Entry | undefined {
    return this.memory.slots.get(slot, id)?.entry
  }
}

export class Pair {
  readonly clock = new FakeClock()
  readonly a: SlotHolder
  readonly b: SlotHolder
  /** Messages of these kinds reach nobody. */
  readonly cut = new Set<SlotMessage['type']>()
  /** Kinds of messages, in the order in which they were sent. */
  readonly told: { readonly from: string; readonly message: SlotMessage }[] = []

  constructor({ bytesMax = Infinity } = {}) {
    const holderOf = (id: string) => {
      const self = memberOf(id)
      return new SlotHolder(self, { clock: this.clock, peers: this.#peersOf(self), bytesMax })
    }
    this.a = holderOf('a')
    this.b = holderOf('b')
  }

  /** Both go by this view; then everything takes its course. */
  async follow({ view }: PlacedView): Promise<void> {
    for (const holder of [this.a, this.b])
      if (view.members.some(({ id }) => id === holder.self.id)) holder.current.install(view)
    await this.clock.advance(2000)
  }

  stop(): void {
    for (const { slots } of [this.a, this.b]) slots.stop()
  }

  #peersOf(self: Member): SlotPeers {
    const peers = new Map<string, SlotPeer>()
    const of = (member: Member): SlotPeer => {
      const peer = peers.get(member.incarnation) ?? {
        member,
        contact: newContact(),
        stream: (item) => this.#tell(self, member, { type: 'stream', items: [item] }),
        ask: (message) => this.#tell(self, member, message),
      }
      peers.set(member.incarnation, peer)
      return peer
    }
    return { of, find: (incarnation) => peers.get(incarnation) }
  }

  async #tell(from: Member, to: Member, message: SlotMessage): Promise<readonly SlotAnswer[]> {
    this.told.push({ from: from.id, message })
    const [sender, receiver] = [this.#holder(from), this.#holder(to)]
    if (sender === undefined || receiver === undefined || this.cut.has(message.type))
      throw new LarderError('UNREACHABLE', `${to.id} does not answer.`)
    const view = sender.current.placed?.view
    const { time } = sender.stamps
    const request = { epoch: view?.epoch ?? 0, time, view, from: from.incarnation, message }
    const response = await receiver.slots.receive(request)
    sender.stamps.witness(response)
    if (response.view !== undefined) sender.current.install(response.view)
    return response.answers.flat()
  }

  #holder({ incarnation }: Member): SlotHolder | undefined {
    return [this.a, this.b].find(({ self }) => self.incarnation === incarnation)
  }
}
