/**
 * A member without its doors: the place where what serves commands and what keeps the copies are created and joined.
 *
 *     Router ─┬─ mine ───▶ Shards ─▶ Memory ─ changes ─┬▶ Slots ~~~▶ those of the other holders
 *             │                                        └▶ Storage
 *             └─ theirs ─▶ Peers ~~~▶ Inbox of the owner ─▶ its Shards
 *     uplink ◀─ lease ─ Members ─ view ─▶ Peers, Slots, Router
 */
import type { Registry } from 'prom-client'
import type { Clock } from '../shared/clock.ts'
import type { LarderError } from '../shared/errors.ts'
import type { Eventual } from '../shared/eventual.ts'
import type { InFlight } from '../shared/in-flight.ts'
import type { Log } from '../shared/log.ts'
import { Journal, Showing, Statuses } from '../shared/page/page.ts'
import type { AgentOf } from '../shared/tls.ts'
import type { Turns } from '../shared/turns.ts'
import type { Member } from '../shared/view.ts'
import { ClusterBackend, type Recoverable } from './cluster/cluster-backend.ts'
import { registerClusterGauges } from './cluster/gauges.ts'
import { Inbox } from './cluster/inbox.ts'
import { Members, type Uplink } from './cluster/members/members.ts'
import type { ClusterMetrics } from './cluster/metrics.ts'
import { type Connection, type Listening, Peers } from './cluster/peers/peers.ts'
import { Router } from './cluster/router.ts'
import { clusterRoutes } from './cluster/routes.ts'
import { type SlotStorage, Slots } from './cluster/slots/slots.ts'
import { noteChanges, type SightOptions, sight } from './cluster/status.ts'
import { Stay } from './cluster/stay.ts'
import type { Engine } from './engine.ts'
import type { StampClock } from './entries/stamp.ts'
import { Feed, OfMembers, Source } from './feed/feed.ts'
import type { MemoryListener } from './memory/held.ts'
import { type Beside, Memory } from './memory/memory.ts'
import { registerMemoryMetrics } from './memory/metrics.ts'
import { Sweeping } from './memory/sweeping.ts'
import { alsoTelling, joinKeepers, type Keeper } from './shard/keeper.ts'
import { registerShardMetrics } from './shard/metrics.ts'
import { Shards } from './shard/shards.ts'

export interface MemberStorage extends Recoverable {
  readonly keeper: Keeper & SlotStorage['keeper'] & Pick<MemoryListener, 'forget'>
  readonly standings: SlotStorage['standings']
}

export interface MemberParts {
  readonly self: Member
  readonly clock: Clock
  /** For all that it does besides answering. */
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  readonly metrics: ClusterMetrics
  readonly stamps: StampClock
  /** `undefined` for a cluster of one. */
  readonly uplink: Uplink | undefined
  readonly storage: MemberStorage
  /** The books of what clients and members have in flight. */
  readonly inFlight?: InFlight
  /** Who else wants to be told of every change that is applied, and may refuse it before. */
  readonly keepers?: readonly Keeper[]
  readonly shardLimit: number
  readonly queueMax: number
  readonly bytesMax: number
  /** What of it the heap can carry; all of it where nothing is said. */
  readonly heapBytesMax?: number
  /** What is stored here beside the entries, and counts with them. */
  readonly beside?: Beside
  readonly bodyBytesMax: number
  /** How many clients may be connected; as many as like where that is not said. */
  readonly clientsMax?: number
  readonly waitForHoldersMs: number
  /** For looks at other members. */
  readonly agentOf?: AgentOf | undefined
  readonly clusterSecrets?: readonly string[]
  /** How many requests it has answered. */
  requests(): number
  connect(member: Member, listening: Listening): Connection
  /** What carries out commands before the shards do. */
  inFrontOf(shards: Engine): Engine
  /** Called with every view, once it goes by it, and when it has missed some. */
  onView(holdings: Pick<Slots['holdings'], 'hasMissedNothing'>): void
  /** Called when uplink refuses this member for good. */
  onRejected(error: LarderError): void
}

export type ClusterMember = ReturnType<typeof createMember>

export function createMember(parts: MemberParts) {
  const { self, registry, storage } = parts
  const { bytesMax, heapBytesMax = Infinity } = parts
  const listener: MemoryListener = {
    forget: (forgotten) => storage.keeper.forget(forgotten),
    end: (change) => storage.keeper.note(change),
    evict(entry) {
      slots.evicted(entry)
      source.noteGone(entry, 'evicted')
    },
    expire: (entry, gone) => source.noteGone(entry, 'expired', gone),
    onOver: () => sweeping.evict(),
    mayComeBack: (slot) => slots.standings.of(slot).alone !== undefined,
  }
  const beside = { ...parts.beside, changes: () => source.bytes }
  const memory = new Memory(bytesMax, listener, { heapBytesMax, beside })
  const { peers, members, slots, keeper, source, feed, journal } = join(parts, memory, () =>
    shards.untilSafe(),
  )
  const shards: Shards = new Shards({
    ...parts,
    self: self.id,
    memory,
    keeper,
    holdings: slots.holdings,
    replication: slots.replicator,
    moment: (slot) => slots.moment(slot),
  })
  const local = parts.inFrontOf(shards)
  const router = new Router({ ...parts, local, peers, views: members })
  const inbox = new Inbox({ ...parts, local, catchUp: members.catchUp })
  const stay = new Stay({ ...parts, members, slots, peers, source })
  const sweeping = new Sweeping({ ...parts, upkeep: memory.upkeep })
  const common = { ...parts, inbox, members, peers, slots, memory, source }
  const showing = show({ ...common, journal })
  const routes = clusterRoutes({ ...common, showing })
  const engine = router
  const backend = new ClusterBackend({ ...common, engine, routes, stay, sweeping, feed, showing })
  registerMemoryMetrics(registry, memory)
  registerShardMetrics(registry, shards)
  registerClusterGauges(registry, { members, peers, slots })
  return { backend, memory, shards, members, peers, slots, router, inbox, stay }
}

/** What the page is told, which asks the others too. */
function show(parts: MemberParts & Omit<SightOptions, 'statuses'>): Showing {
  const { clock, clusterSecrets = [] } = parts
  const statuses = new Statuses({ ...parts, clusterSecrets })
  return new Showing({ clock, read: () => sight({ ...parts, statuses }) })
}

/** Who there is, how they are spoken to, who has what, and what is told of that: each needs the others. */
function join(parts: MemberParts, memory: Memory, untilSafe: () => Eventual<unknown>) {
  const { self, storage, keepers = [] } = parts
  const source: Source = new Source({
    ...parts,
    memory,
    untilSafe,
    isOwn: (slot) => slots.holdings.isOwn(slot),
    isHere: (slot) => slots.holdings.isHere(slot),
    catchUp: (atMs) => (members.currency.isCurrent ? undefined : members.currency.catchUp(atMs)),
    isLeaving: () => members.placed?.find(self)?.leaving === true,
  })
  const keeper = alsoTelling(joinKeepers([storage.keeper, ...keepers]), source)
  const journal = new Journal(parts.clock)
  const peers = new Peers({
    ...parts,
    learn: (view) => members.learn(view),
    view: () => members.placed?.view,
    isParting: (member) => members.isParting(member),
    onRefused: (member) => members.membership.report(member),
  })
  parts.inFlight?.holders.add(peers.transfers)
  const members = new Members({
    ...parts,
    peers,
    onView(placed, former) {
      noteChanges(journal, { self, placed, former, peers })
      peers.retain(placed.view.members)
      peers.keep(placed.view.members)
      slots.follow(placed, former)
      parts.onView(slots.holdings)
      feed.follow()
      source.wake()
    },
    onAway(placed) {
      slots.doubtAll(placed)
      parts.onView(slots.holdings)
    },
    settling: () => slots.settling,
    isLacking: () => !slots.holdings.isWhole,
  })
  const origin = new OfMembers({
    ...parts,
    source,
    placed: () => members.placed,
    askPeer: (member, question, timeoutMs) => peers.of(member).feed(question, timeoutMs),
  })
  const feed = new Feed({ ...parts, origin, remembered: source })
  const { catchUp, currency } = members
  const slots = new Slots({ ...parts, views: members, currency, catchUp, peers, memory, keeper })
  return { peers, members, slots, keeper, source, feed, journal }
}
