/**
 * A member without its doors: the place where what serves commands and what keeps the copies are joined.
 *
 *     Router ─┬─ mine ───▶ Shards ─▶ Memory ─ changes ─▶ Replicator ~~~▶ SlotInbox of the replicas
 *             └─ theirs ─▶ Peer ~~~▶ Inbox of the owner
 *     Membership ─ view ─▶ Holdings ─┬─ mine, not here ──▶ Arrivals ~~~▶ whoever has it: SlotSender
 *                                    ├─ mine, few copies ▶ Repair ~~~~~▶ replicas
 *                                    └─ here, not mine ──▶ Departures ~▶ the owner
 */
import type { Clock } from '../shared/clock.ts'
import type { LarderError } from '../shared/errors.ts'
import type { Log } from '../shared/log.ts'
import type { Member } from '../shared/view.ts'
import { Inbox } from './cluster/inbox.ts'
import { CatchUp } from './cluster/members/catch-up.ts'
import { CurrentView } from './cluster/members/current-view.ts'
import { Membership, type Uplink } from './cluster/members/membership.ts'
import type { PlacedView } from './cluster/members/placed-view.ts'
import { Pulse } from './cluster/members/pulse.ts'
import { Survey } from './cluster/members/survey.ts'
import type { ClusterMetrics } from './cluster/metrics.ts'
import type { Connection } from './cluster/peers/connection.ts'
import { Peers } from './cluster/peers/peers.ts'
import { Router } from './cluster/router.ts'
import { Arrivals } from './cluster/slots/arrivals.ts'
import { Departures } from './cluster/slots/departures.ts'
import { Doubts } from './cluster/slots/doubts.ts'
import { Hearing } from './cluster/slots/hearing.ts'
import { Holdings } from './cluster/slots/holdings.ts'
import { Repair } from './cluster/slots/repair.ts'
import { Replicator } from './cluster/slots/replicator.ts'
import { SlotSender } from './cluster/slots/sender.ts'
import { type MergingStore, SlotInbox } from './cluster/slots/slot-inbox.ts'
import { SlotMoment } from './cluster/slots/slot-moment.ts'
import { Stay } from './cluster/slots/stay.ts'
import type { Engine } from './engine.ts'
import { type Entry, timesOf } from './entries/entry.ts'
import { ended } from './entries/register.ts'
import type { StampClock } from './entries/stamp.ts'
import { Memory } from './memory/memory.ts'
import { joinKeepers, type Keeper } from './shard/keeper.ts'
import { Shards } from './shard/shards.ts'
import type { Storage } from './storage/storage.ts'

/** How long a member asks the others for their views. */
const ASK_MAX_MS = 500

export interface MemberParts {
  readonly self: Member
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly stamps: StampClock
  /** `undefined` for a cluster of one. */
  readonly uplink: Uplink | undefined
  readonly storage: Pick<Storage, 'forget' | 'drop'>
  /** Who is told of every change that is applied to the memory, and may refuse it before. */
  readonly keepers: readonly Keeper[]
  readonly shardLimit: number
  readonly queueMax: number
  readonly bytesMax: number
  connect(member: Member): Connection
  /** What carries out commands before the shards do. */
  inFrontOf(shards: Engine): Engine
  onView(): void
  /** Called when uplink refuses this member for good. */
  onRejected(error: LarderError): void
}

export type ClusterMember = ReturnType<typeof createMember>

export function createMember(parts: MemberParts) {
  const { self, clock, log, metrics, stamps, storage } = parts
  const basis = { self, clock, log, metrics }
  const keeper = joinKeepers(parts.keepers)
  const memory = new Memory(parts.bytesMax, {
    forget: (forgotten) => storage.forget(forgotten),
    evict(entry) {
      // Or another holder would bring back what has been deleted since.
      if (holdings.isOwn(entry.slot))
        replicator.tellSoon({ ...entry, entry: ended(entry.entry, clock.wall()) })
    },
  })
  const restore = (slot: number, id: string, entry: Entry) => {
    for (const stamp of timesOf(entry)) stamps.witness(stamp)
    const taking = { nowMs: clock.wall(), isOwner: holdings.isOwn(slot) }
    return memory.takeIn({ slot, id, entry }, taking, (state) => keeper.note({ slot, id, entry, state }))
  }
  const store: MergingStore = {
    holds: (slot) => memory.slots.holds(slot),
    digestOf: (slot) => memory.slots.digestOf(slot),
    partsOf: (slot) => memory.slots.partsOf(slot),
    takeIn: restore,
    get isFull() {
      return memory.isFull
    },
  }

  const peers = new Peers({
    ...basis,
    stamps,
    connect: parts.connect,
    learn: (view) => membership.learn(view),
    view: () => current.placed?.view,
    onRefused: (member) => membership.report(member),
  })
  const onView = (placed: PlacedView, former: PlacedView | undefined) => {
    peers.retain(placed.view.members)
    parts.onView()
    holdings.install(placed, former)
    doubts.install(placed, former)
    departures.install(placed)
    arrivals.install(placed, former)
    repair.install(placed)
  }
  const current = new CurrentView({ clock, onView })
  const membership = new Membership({
    ...basis,
    uplink: parts.uplink,
    current,
    onRejected: parts.onRejected,
  })
  const askMembers = () => {
    const others = current.placed?.members.filter(({ id }) => id !== self.id) ?? []
    return Promise.allSettled(others.map((other) => peers.of(other).ping(ASK_MAX_MS)))
  }
  const pulse = new Pulse({
    clock,
    log,
    leaseMs: () => membership.leaseMs,
    onStopped(stoppedMs) {
      const { placed } = current
      if (placed === undefined || stoppedMs < membership.leaseMs) return
      // Others may have taken over meanwhile, with uplink or without.
      holdings.doubtAll()
      arrivals.install(placed, placed)
    },
    ask: () => Promise.allSettled([membership.refresh(), askMembers()]),
  })
  const survey = new Survey({ self, clock, log, membership, current, peers })
  const holdings = new Holdings({
    self,
    clock,
    currency: pulse,
    onWanted: (slot) => arrivals.want(slot),
    onComplete(slot) {
      // What came to an owner while it was not whole has gone to nobody else.
      for (const { incarnation } of current.placed?.replicasOf(slot) ?? []) doubts.doubt(slot, incarnation)
      repair.wakeSoon()
    },
  })
  const doubts = new Doubts(self, clock)
  const replicator = new Replicator({
    ...basis,
    views: current,
    doubts,
    peers,
    onMissed: (member) => repair.wake(member),
  })
  const sender = new SlotSender({ clock, metrics, store, peers })
  const hearing = new Hearing(clock)
  const arrivals = new Arrivals({
    ...basis,
    hasUplink: parts.uplink !== undefined,
    holdings,
    hearing,
    store,
    peers,
  })
  const repair = new Repair({ ...basis, holdings, doubts, replicator, sender, store, peers })
  const drop = (slots: readonly number[]) => {
    for (const slot of slots) memory.drop(slot)
    storage.drop(slots)
  }
  const departures = new Departures({ ...basis, holdings, sender, store, peers, drop })

  const momentParts = { clock, stamps, holdings, doubts }
  const shards = new Shards({
    clock,
    log,
    self: self.id,
    shardLimit: parts.shardLimit,
    queueMax: parts.queueMax,
    bytesMax: parts.bytesMax,
    memory,
    holdings,
    moment: (slot) => new SlotMoment(slot, momentParts),
    keeper,
    replication: replicator,
  })
  const local = parts.inFrontOf(shards)
  const router = new Router({ self, clock, local, peers, views: current, metrics })
  const catchUp = new CatchUp({ clock, views: current, stamps, learn: (view) => membership.learn(view) })
  const inbox = new Inbox({ clock, log, local, catchUp })
  const slotInbox = new SlotInbox({
    views: current,
    catchUp,
    store,
    holdings,
    doubts,
    replicator,
    sender,
    hearing,
    departures,
    repair,
  })
  const stay = new Stay({ clock, log, membership, holdings, departures })

  return {
    self,
    memory,
    shards,
    membership,
    holdings,
    doubts,
    peers,
    router,
    inbox,
    slotInbox,
    stay,
    /** What uplink shows of it. */
    get status() {
      const { bytes, evictions, expirations, ...entries } = memory.counts
      return { id: self.id, epoch: current.placed?.epoch ?? 0, slots: holdings.counts, entries, bytes }
    },
    start() {
      membership.start()
      if (parts.uplink === undefined) return // There is nobody else to look after.
      pulse.start()
      repair.start()
      survey.start()
    },
    /** Ends what goes on by itself; to be called after it has left. */
    async stop() {
      survey.stop()
      repair.stop()
      departures.stop()
      pulse.stop()
      await peers[Symbol.asyncDispose]()
    },
  }
}
