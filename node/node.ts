/**
 * A node: the one place where its parts are created and joined.
 *
 *     HTTP ─▶ Command ─▶ Router ─┬─ mine ───▶ Shards ─▶ Shard: queue ▸ apply ▸ Change[] ─▶ commit
 *                                │              ▲
 *                                └─ theirs ─▶ Peer ~~~▶ that member's Inbox ─▶ its Shards
 *     uplink ◀─ lease ─ Membership ─ view ─▶ Router, Peers, Memory
 */
import { randomBytes } from 'node:crypto'
import { type Clock, pause } from '../shared/clock.ts'
import type { LarderError } from '../shared/errors.ts'
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
import { createDispatch } from './http/dispatch.ts'
import { kvRoutes } from './http/kv.ts'
import { Memory } from './shard/memory.ts'
import { registerMemoryMetrics, registerShardMetrics } from './shard/metrics.ts'
import { Shards } from './shard/shards.ts'

const SWEEP_INTERVAL_MS = 500
/** A leaving node is closed once it has been quiet for this long, so that balancers have seen it leave. */
const QUIET_MS = 500
const QUIET_WAIT_MAX_MS = 5000
/** How long answers under way may still take after that. */
const CLOSE_MAX_MS = 5000

export interface NodeParts {
  readonly log: Log
  readonly clock: Clock
  /** Called when uplink refuses this node for good. */
  onRejected(error: LarderError): void
}

export interface Node extends AsyncDisposable {
  readonly member: Member
  readonly port: number
}

/** @throws when the port cannot be had. Ready, as /readyz says, once uplink has told who is a member. */
export async function startNode(
  config: NodeConfig,
  { log: root, clock, onRejected }: NodeParts,
): Promise<Node> {
  const metrics = createHttpMetrics()
  const clusterMetrics = createClusterMetrics(metrics.registry)
  const { host, port, clusterSecret, apiKeys, bodyBytesMax } = config
  // Without a secret of their own members show each other an API key, or that door would stand open.
  const memberSecrets = clusterSecret === undefined ? apiKeys : [clusterSecret]
  const http = await HttpService.listen({ host, port, log: root, metrics })
  const self: Member = { ...identify(config, http.port), incarnation: randomBytes(9).toString('base64url') }

  const log = root.child({ member: self.id })
  const memory = new Memory(config.bytesMax)
  const stamps = new StampClock(self.incarnation)
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
    // A write is acknowledged once it is in memory; disk and copies will be awaited here.
    commit: async () => {},
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
      // Who was no member for a while has missed writes, whatever it owns again now.
      const wasAway = (placed.find(self)?.since ?? 0) > formerEpoch
      // Until slots are handed over, one that changes its owner starts empty.
      memory.retain((slot) => !wasAway && placed.owns(self, slot))
    },
    onRejected,
  })
  const router = new Router({
    self,
    clock,
    local: shards,
    peers,
    views: membership,
    metrics: clusterMetrics,
  })
  const inbox = new Inbox({ clock, log, local: shards, views: membership })

  registerMemoryMetrics(metrics.registry, memory)
  registerShardMetrics(metrics.registry, shards)
  registerClusterGauges(metrics.registry, membership, peers)
  const dispatch = createDispatch(router, clock, config.peerTimeoutMs)
  const routes = [
    ...apiRoutes(dispatch, bodyBytesMax),
    ...kvRoutes(dispatch, bodyBytesMax),
    ...batchRoutes(dispatch, bodyBytesMax),
    ...clusterRoutes({ self, inbox, bodyBytesMax, placed: () => membership.placed }),
  ]
  const ops = opsRoutes({
    title: 'Larder node',
    registry: metrics.registry,
    identity: { id: self.id, incarnation: self.incarnation },
    notReady: () => membership.notReady,
    routes,
  })
  http.serve([...routes, ...ops], { apiKeys, memberSecrets })

  const sweeping = clock.every(SWEEP_INTERVAL_MS, () => sweep(memory, clock))
  membership.start()
  log.info({ id: self.id, url: self.url, uplink: config.uplinkUrls, port: http.port }, 'listening')

  return {
    member: self,
    port: http.port,
    /** Leaves the cluster, lets clients and balancers notice, answers what is under way, and closes. */
    async [Symbol.asyncDispose]() {
      log.info({ id: self.id }, 'leaving')
      await membership.leave()
      http.drain()
      await quiet(http, clock)
      await http.close(CLOSE_MAX_MS)
      sweeping.cancel()
      await peers[Symbol.asyncDispose]()
      log.info({ id: self.id }, 'stopped')
    },
  }
}

function sweep(memory: Memory, clock: Clock): void {
  if (memory.sweep(clock.wall())) setImmediate(() => sweep(memory, clock))
}

async function quiet(http: HttpService, clock: Clock): Promise<void> {
  const untilMs = clock.now() + QUIET_WAIT_MAX_MS
  while (http.quietMs < QUIET_MS && clock.now() < untilMs) await pause(clock, QUIET_MS - http.quietMs)
}
