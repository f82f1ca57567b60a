/**
 * A node: the one place where its parts are created and joined.
 *
 *     HTTP ─▶ Command ─▶ Router ─┬─ mine ───▶ ReadThrough ─▶ Shards ─▶ Shard: queue ▸ apply ▸ Change[]
 *     Events ─────▶┘             │              ▲    └─▶ Upstream          Memory ◀─┴─▶ WriteBehind ─▶ Disk
 *                                └─ theirs ─▶ Peer ~~~▶ that member's Inbox ─▶ its ReadThrough
 *     uplink ◀─ lease ─ Membership ─ view ─▶ Router, Peers, Memory     Disk ─ Recovery ─▶ Memory, at start
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../shared/clock.ts'
import { LarderError } from '../shared/errors.ts'
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
import { createSourceMetrics } from './sources/metrics.ts'
import { ReadThrough } from './sources/read-through.ts'
import { RouteTable } from './sources/route-table.ts'
import { Upstream } from './sources/upstream.ts'
import { Disk } from './storage/disk.ts'
import { registerDiskMetrics } from './storage/metrics.ts'
import { Recovery } from './storage/recovery.ts'
import { WriteBehind } from './storage/write-behind.ts'

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
  const disk = config.dataDir === undefined ? undefined : new Disk(join(config.dataDir, `${self.id}.db`))
  const writes =
    disk &&
    new WriteBehind({
      clock,
      log,
      target: disk,
      intervalMs: config.syncIntervalMs,
      waitMaxMs: config.peerTimeoutMs,
    })
  const memory = new Memory(config.bytesMax, (forgotten) => writes?.forget(forgotten))
  const recovery =
    disk &&
    new Recovery({
      disk,
      log,
      restore: ({ slot, id, entry }) => memory.merge(slot, id, entry),
      witness: (stamp) => stamps.witness(stamp),
    })
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
    keeper: writes ?? { refusalOf: () => undefined, note() {}, saved: async () => new Set() },
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
      if (own === undefined) return // It is leaving, or was taken for dead: what it has is kept.
      // Who was no member for a while has missed writes, whatever it owns again now.
      if (formerEpoch > 0 && (own.since ?? 0) > formerEpoch) memory.forgetValues()
      // Until slots are handed over, one that changes its owner starts empty.
      const dropped = memory.retain((slot) => placed.owns(self, slot))
      writes?.drop(dropped)
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

  registerMemoryMetrics(metrics.registry, memory)
  registerShardMetrics(metrics.registry, shards)
  if (writes) registerDiskMetrics(metrics.registry, writes)
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
    notReady: () => recovery?.notReady ?? membership.notReady ?? writes?.trouble,
    routes,
  })
  http.serve([...routes, ...ops], { apiKeys, memberSecrets })

  try {
    await recovery?.open()
  } catch (error) {
    await http.close(0)
    await disk?.abandon()
    throw new LarderError('NOT_SAVED', reasonOf(error))
  }
  let isStopping = false
  const recovered = Promise.resolve(recovery?.run()).then(
    () => {
      if (!isStopping) membership.start()
    },
    (error) => onFatal(new LarderError('NOT_SAVED', `The disk cannot be read: ${reasonOf(error)}`)),
  )
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
      recovery?.cancel()
      await recovered
      await membership.leave()
      http.drain()
      await http.untilQuiet(clock, { quietMs: QUIET_MS, waitMaxMs: QUIET_WAIT_MAX_MS })
      await http.close(CLOSE_MAX_MS)
      sweeping.cancel()
      await peers[Symbol.asyncDispose]()
      upstream.close()
      try {
        await writes?.stop()
      } finally {
        await disk?.close()
      }
      log.info({ id: self.id }, 'stopped')
    },
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
