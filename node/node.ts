/**
 * A node: the one place where its parts are created and joined.
 *
 *     HTTP ────────────▶ Command ─▶ Router ─┬─ mine ───▶ ReadThrough ─▶ Shards ─▶ Shard: queue ▸ apply ▸ Change[]
 *     Kafka ─▶ Events ─▶┘                   │              ▲   └─▶ Upstream         Memory ◀─┴─▶ WriteBehind ─▶ Disk
 *                                           └─ theirs ─▶ Peer ~~~▶ that member's Inbox ─▶ its ReadThrough
 *     uplink ◀─ lease ─ Membership ─ view ─▶ Router, Peers, Memory        Disk ─ Recovery ─▶ Memory, at start
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../shared/clock.ts'
import { HttpService } from '../shared/http.ts'
import type { Log } from '../shared/log.ts'
import { createHttpMetrics } from '../shared/metrics.ts'
import { opsRoutes } from '../shared/ops.ts'
import type { Member } from '../shared/view.ts'
import { registerClusterGauges } from './cluster/gauges.ts'
import { Inbox } from './cluster/inbox.ts'
import { Membership } from './cluster/membership.ts'
import { createClusterMetrics } from './cluster/metrics.ts'
import { Peers } from './cluster/peers.ts'
import { Router } from './cluster/router.ts'
import { UplinkClient } from './cluster/uplink-client.ts'
import { identify, type NodeConfig } from './config.ts'
import { StampClock } from './entries/stamp.ts'
import { apiRoutes } from './http/api.ts'
import { batchRoutes } from './http/batch.ts'
import { clusterRoutes } from './http/cluster.ts'
import { counterRoutes } from './http/counters.ts'
import { createDispatch } from './http/dispatch.ts'
import { eventRoutes } from './http/events.ts'
import { kvRoutes } from './http/kv.ts'
import { reactionRoutes } from './http/reactions.ts'
import { responseRoutes } from './http/responses.ts'
import { Memory } from './shard/memory.ts'
import { registerMemoryMetrics, registerShardMetrics } from './shard/metrics.ts'
import { Shards } from './shard/shards.ts'
import { startSweeping } from './shard/sweeping.ts'
import { Events } from './sources/events.ts'
import { Listener } from './sources/listener.ts'
import { createListenerMetrics } from './sources/listener-metrics.ts'
import { createSourceMetrics } from './sources/metrics.ts'
import { ReadThrough } from './sources/read-through.ts'
import { RouteTable, topicsOf } from './sources/route-table.ts'
import { Upstream } from './sources/upstream.ts'
import { registerDiskMetrics } from './storage/metrics.ts'
import { Storage } from './storage/storage.ts'

/** A leaving node is closed once it has been quiet for this long, so that balancers have seen it leave. */
const QUIET_MS = 500
const QUIET_WAIT_MAX_MS = 5000
/** How long answers under way may still take after that. */
const CLOSE_MAX_MS = 5000

export interface NodeParts {
  readonly log: Log
  readonly clock: Clock
  /** Called when the node finds that it cannot go on. */
  onFatal(error: Error): void
}

export interface Node extends AsyncDisposable {
  readonly member: Member
  readonly port: number
}

/**
 * @throws when the port or the disk cannot be had. Ready, as /readyz says, once the disk is read and uplink has told
 * who is a member.
 */
export async function startNode(config: NodeConfig, { log: root, clock, onFatal }: NodeParts): Promise<Node> {
  const metrics = createHttpMetrics()
  const clusterMetrics = createClusterMetrics(metrics.registry)
  const { host, port, clusterSecret, apiKeys, bodyBytesMax } = config
  // Without a secret of their own members show each other an API key, or that door would stand open.
  const memberSecrets = clusterSecret === undefined ? apiKeys : [clusterSecret]
  const http = await HttpService.listen({ host, port, log: root, metrics })
  const self: Member = { ...identify(config, http.port), incarnation: randomBytes(9).toString('base64url') }

  const log = root.child({ member: self.id })
  const stamps = new StampClock(self.incarnation)
  const storage = new Storage({
    ...config,
    clock,
    log,
    memberId: self.id,
    waitMaxMs: config.peerTimeoutMs,
    restore: ({ slot, id, entry }) => memory.merge(slot, id, entry),
    witness: (stamp) => stamps.witness(stamp),
  })
  const memory = new Memory(config.bytesMax, (forgotten) => storage.forget(forgotten))
  const shards = new Shards({
    clock,
    log,
    self: self.id,
    shardLimit: config.shardLimit,
    queueMax: config.queueMax,
    bytesMax: config.bytesMax,
    memory,
    owns: (slot) => membership.placed?.owns(self, slot) ?? false,
    moment: () => {
      const nowMs = clock.wall()
      return { nowMs, origin: self.incarnation, stamp: () => stamps.next(nowMs) }
    },
    keeper: storage,
  })

  const sourceMetrics = createSourceMetrics(metrics.registry)
  const upstream = new Upstream({ routes: config.routes, bodyBytesMax, metrics: sourceMetrics })
  const local = new ReadThrough({
    local: shards,
    routes: new RouteTable(config.routes),
    upstream,
    log,
    metrics: sourceMetrics,
  })

  const peers = new Peers({
    clock,
    log,
    metrics: clusterMetrics,
    secret: memberSecrets[0],
    learn: (view) => membership.learn(view),
    view: () => membership.placed?.view,
    onRefused: (member) => membership.report(member),
  })
  let wasMember = false
  const membership = new Membership({
    self,
    clock,
    log,
    metrics: clusterMetrics,
    uplink: config.uplinkUrls.length > 0 ? new UplinkClient(config.uplinkUrls, clusterSecret) : undefined,
    onView(placed, formerEpoch) {
      peers.retain(placed.view.members)
      local.doubt()
      const own = placed.find(self)
      if (own === undefined) return // Not yet a member, or leaving, or taken for dead: what it has is kept.
      // A member that was none for a while has missed writes, whatever it owns again now.
      if (wasMember && (own.since ?? 0) > formerEpoch) memory.forgetValues()
      wasMember = true
      // Until slots are handed over, one that changes its owner starts empty.
      storage.drop(memory.retain((slot) => placed.owns(self, slot)))
    },
    onRejected: onFatal,
  })
  const router = new Router({
    self,
    clock,
    local,
    peers,
    views: membership,
    metrics: clusterMetrics,
  })
  const inbox = new Inbox({ clock, log, local, views: membership })
  const events = new Events({
    engine: router,
    routes: config.routes,
    clock,
    log,
    metrics: sourceMetrics,
    timeoutMs: config.peerTimeoutMs,
  })
  const listenerMetrics = createListenerMetrics(metrics.registry)
  const topics = topicsOf(config.routes)
  const listener =
    config.kafka && topics.length > 0
      ? new Listener({
          ...config.kafka,
          clientId: self.id,
          topics,
          clock,
          log,
          metrics: listenerMetrics,
          handle: (message) => events.take(message),
        })
      : undefined

  if (config.kafka && topics.length === 0)
    log.warn('KAFKA_BROKERS is set, and no route has events to listen to')

  registerMemoryMetrics(metrics.registry, memory)
  registerShardMetrics(metrics.registry, shards)
  if (storage.writes) registerDiskMetrics(metrics.registry, storage.writes)
  registerClusterGauges(metrics.registry, membership, peers)
  const dispatch = createDispatch(router, clock, config.peerTimeoutMs)
  const routes = [
    ...apiRoutes(dispatch, bodyBytesMax),
    ...kvRoutes(dispatch, bodyBytesMax),
    ...counterRoutes(dispatch, bodyBytesMax),
    ...reactionRoutes(dispatch, bodyBytesMax),
    ...responseRoutes({ ...config, dispatch }),
    ...eventRoutes(events, bodyBytesMax),
    ...batchRoutes(dispatch, bodyBytesMax),
    ...clusterRoutes({ self, inbox, bodyBytesMax, placed: () => membership.placed }),
  ]
  const ops = opsRoutes({
    title: 'Larder node',
    registry: metrics.registry,
    identity: { id: self.id, incarnation: self.incarnation },
    notReady: () => storage.notReady ?? membership.notReady,
    routes,
  })
  http.serve([...routes, ...ops], { apiKeys, memberSecrets })

  try {
    await storage.open()
  } catch (error) {
    await http.close(0)
    throw error
  }
  let isStopping = false
  const recovered = storage.recover().then(() => {
    if (isStopping) return
    membership.start()
    listener?.start()
  }, onFatal)
  const sweeping = startSweeping(memory, clock)
  log.info({ id: self.id, url: self.url, uplink: config.uplinkUrls, port: http.port }, 'listening')

  return {
    member: self,
    port: http.port,
    /**
     * Leaves the cluster, lets clients and balancers notice, answers what is under way, writes what is not on
     * disk, and closes.
     * @throws LarderError NOT_SAVED that says what was lost.
     */
    async [Symbol.asyncDispose]() {
      isStopping = true
      log.info({ id: self.id }, 'leaving')
      storage.cancelRecovery()
      await recovered
      await Promise.all([listener?.[Symbol.asyncDispose](), membership.leave()])
      http.drain()
      await http.untilQuiet(clock, { quietMs: QUIET_MS, waitMaxMs: QUIET_WAIT_MAX_MS })
      await http.close(CLOSE_MAX_MS)
      sweeping.cancel()
      await peers[Symbol.asyncDispose]()
      upstream.close()
      await storage.stop()
      log.info({ id: self.id }, 'stopped')
    },
  }
}
