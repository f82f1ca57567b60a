/**
 * Two members in memory, on a clock that a test moves: each hears the other as soon as it speaks, unless it is cut off.
 *
 *     pair.kill(pair.b)            it hears nothing any more, and says nothing
 *     pair.b = pair.restart(pair.b)  another life of it, with what was on the disk of the one before
 */
import { Registry } from 'prom-client'
import { CatchUp } from '../../../../node/cluster/members/catch-up.ts'
import { CurrentView } from '../../../../node/cluster/members/current-view.ts'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { newContact } from '../../../../node/cluster/peers/contact.ts'
import type { SlotPeer, SlotPeers } from '../../../../node/cluster/slots/slot-peers.ts'
import { Slots } from '../../../../node/cluster/slots/slots.ts'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import type { SlotAnswer, SlotMessage } from '../../../../node/cluster/wire/slots.ts'
import { apply, type Change, type Entry, type SlotEntry } from '../../../../node/entries/entry.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import type { Standing } from '../../../../node/entries/standing.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import type { Clock } from '../../../../shared/clock.ts'
import type { SingleCommand } from '../../../../shared/command.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import type { Member } from '../../../../shared/view.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'
import { unlimitedTurns } from '../../../support/turns.ts'
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
  /** What its disk knows of its copies, and by which view. */
  readonly standings = new Map<number, Standing>()
  #order = 0
  /** And what to let go. */
  readonly dropped: number[] = []

  constructor(self: Member, { clock, peers, bytesMax = Infinity }: HolderOptions) {
    this.self = self
    this.stamps = new StampClock(self.incarnation)
    const { stamps } = this
    const memory = new Memory(bytesMax, { forget() {}, evict: (entry) => this.slots.evicted(entry) })
    const turns = unlimitedTurns()
    const current = new CurrentView({
      clock,
      turns,
      onView: (placed, former) => this.slots.follow(placed, former),
    })
    this.memory = memory
    this.current = current
    this.slots = new Slots({
      self,
      uplink: {},
      clock,
      turns,
      log: silent,
      metrics: createClusterMetrics(new Registry()),
      stamps,
      views: current,
      currency: { isCurrent: true, catchUp: async () => {} },
      catchUp: new CatchUp({ clock, stamps, views: current, learn: (view) => current.install(view) }),
      peers,
      memory,
      keeper: { note: (change) => void this.noted.push(change) },
      storage: {
        keeper: { drop: (slots) => this.#drop(slots) },
        standings: {
          goBy: (order) => {
            this.#order = order
          },
          settle: (last) => last,
          stand: (standing) => void this.standings.set(standing.slot, standing),
        },
      },
      waitForHoldersMs: 0,
    })
  }

  /** Has these without telling anybody. */
  hold(...entries: readonly SlotEntry[]): void {
    for (const { slot, id, entry } of entries) this.memory.merge(slot, id, entry)
  }

  /** Begins with all that another life of it has left on disk. */
  restore(former: SlotHolder): void {
    for (let slot = 0; slot < SLOTS; slot++)
      for (const { id, entry } of former.memory.slots.partsOf(slot)) this.memory.merge(slot, id, entry)
    for (const standing of former.standings.values())
      this.slots.restore({ ...standing, asOf: Math.min(standing.asOf, former.#order) })
  }

  /** Carries out a command as the owner does, and tells nobody yet. */
  apply(slot: number, command: SingleCommand): SlotEntry[] {
    const moment = this.slots.moment(slot)
    const { changes } = apply(command, this.memory.entriesOf(slot, moment), moment)
    for (const { id, entry } of changes) this.memory.merge(slot, id, entry)
    return changes.map((change) => ({ slot, ...change }))
  }

  /** Has all of whatever is its own by now, or a copy of it. */
  completeAll(): void {
    const { holdings } = this.slots
    for (let slot = 0; slot < SLOTS; slot++) if (holdings.roleOf(slot) !== 'none') holdings.complete(slot)
  }

  #drop(slots: readonly number[]): void {
    this.dropped.push(...slots)
    for (const slot of slots) this.standings.delete(slot)
  }

  entryOf({ slot, id }: SlotEntry): Entry | undefined {
    return this.memory.slots.get(slot, id)?.entry
  }
}

export class Pair {
  readonly clock = new FakeClock()
  a: SlotHolder
  b: SlotHolder
  /** Messages of these kinds reach nobody. */
  readonly cut = new Set<SlotMessage['type']>()
  /** Nobody reaches anybody. */
  isSplit = false
  readonly #dead = new Set<SlotHolder>()
  /** Kinds of messages, in the order in which they were sent. */
  readonly told: { readonly from: string; readonly message: SlotMessage }[] = []

  constructor({ bytesMax = Infinity } = {}) {
    this.a = this.#holderOf(memberOf('a'), bytesMax)
    this.b = this.#holderOf(memberOf('b'), bytesMax)
  }

  kill(holder: SlotHolder): void {
    holder.slots.stop()
    this.#dead.add(holder)
  }

  /** It is a member as soon as there is a view that says so. */
  restart(former: SlotHolder): SlotHolder {
    const { id } = former.self
    const holder = this.#holderOf(memberOf(id, { incarnation: `${id}-2` }))
    holder.restore(former)
    return holder
  }

  /** Both go by this view; then everything takes its course. */
  async follow({ view }: PlacedView): Promise<void> {
    for (const holder of [this.a, this.b])
      if (!this.#dead.has(holder) && view.members.some(({ id }) => id === holder.self.id))
        holder.current.install(view)
    await this.clock.advance(2000)
  }

  stop(): void {
    for (const { slots } of [this.a, this.b]) slots.stop()
  }

  #holderOf(self: Member, bytesMax = Infinity): SlotHolder {
    return new SlotHolder(self, { clock: this.clock, peers: this.#peersOf(self), bytesMax })
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
    const isCut = this.isSplit || this.cut.has(message.type)
    if (sender === undefined || receiver === undefined || isCut)
      throw new LarderError('UNREACHABLE', `${to.id} does not answer.`)
    const view = sender.current.placed?.view
    const { time } = sender.stamps
    const request = { format: CURRENT, epoch: view?.epoch ?? 0, time, view, from: from.incarnation, message }
    const response = await receiver.slots.receive(request)
    sender.stamps.witness(response)
    if (response.view !== undefined) sender.current.install(response.view)
    return response.answers.flat()
  }

  #holder({ incarnation }: Member): SlotHolder | undefined {
    return [this.a, this.b].find(
      (holder) => holder.self.incarnation === incarnation && !this.#dead.has(holder),
    )
  }
}
