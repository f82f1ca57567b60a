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
import { LarderError } from '../shared/errors.ts'
import { opsRoutes } from '../shared/http/ops.ts'
import { HttpService } from '../shared/http/service.ts'
import type { Log } from '../shared/log.ts'
import { createHttpMetrics } from '../shared/metrics.ts'
import type { Member } from '../shared/view.ts'
import { registerClusterGauges } from './cluster/gauges.ts'
import { UplinkClient } from './cluster/members/uplink-client.ts'
import { createClusterMetrics } from './cluster/metrics.ts'
import { HttpConnection } from './cluster/peers/connection.ts'
import { clusterRoutes } from './cluster/routes.ts'
import { identify, type NodeConfig } from './config.ts'
import { createDispatch } from './dispatch.ts'
import { StampClock } from './entries/stamp.ts'
import { apiRoutes } from './http/api.ts'
import { batchRoutes } from './http/batch.ts'
import { counterRoutes } from './http/counters.ts'
import { eventRoutes } from './http/events.ts'
import { kvRoutes } from './http/kv.ts'
import { reachRoutes } from './http/reach.ts'
import { reactionRoutes } from './http/reactions.ts'
import { responseRoutes } from './http/responses.ts'
import { createMember } from './member.ts'
import { startSweeping } from './memory/sweeping.ts'
import { registerMemoryMetrics, registerShardMetrics } from './shard/metrics.ts'
import { Events } from './sources/events.ts'
import { createListenerMetrics } from './sources/kafka/listener-metrics.ts'
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
  const topics = topicsOf(config.routes)
  // The client for Kafka is a fifth of the time that a start takes: loaded for who listens alone.
  const kafka = config.kafka && topics.length > 0 ? await import('./sources/kafka/listener.ts') : undefined
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
    restore: ({ slot, id, entry }) => member.memory.merge(slot, id, entry),
    witness: (stamp) => stamps.witness(stamp),
  })
  const sourceMetrics = createSourceMetrics(metrics.registry)
  const upstream = new Upstream({ routes: config.routes, bodyBytesMax, metrics: sourceMetrics })
  let readThrough: ReadThrough | undefined
  const member = createMember({
    ...config,
    self,
    clock,
    log,
    metrics: clusterMetrics,
    stamps,
    storage,
    keepers: [storage],
    uplink:
      config.uplinkUrls.length > 0 ? new UplinkClient(config.uplinkUrls, clusterSecret, self.id) : undefined,
    connect: (other) => new HttpConnection(other, { clock, self: self.id, secret: memberSecrets[0] }),
    inFrontOf(local) {
      const routes = new RouteTable(config.routes)
      readThrough = new ReadThrough({ local, routes, upstream, log, metrics: sourceMetrics })
      return readThrough
    },
    onView: () => readThrough?.doubt(),
    onRejected: onFatal,
  })
  const { router, stay } = member
  const events = new Events({
    engine: router,
    routes: config.routes,
    clock,
    log,
    metrics: sourceMetrics,
    timeoutMs: config.peerTimeoutMs,
  })
  const listenerMetrics = createListenerMetrics(metrics.registry)
  const listener =
    config.kafka && kafka
      ? new kafka.Listener({
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

  registerMemoryMetrics(metrics.registry, member.memory)
  registerShardMetrics(metrics.registry, member.shards)
  if (storage.writes) registerDiskMetrics(metrics.registry, storage.writes)
  registerClusterGauges(metrics.registry, member)
  const dispatch = createDispatch(router, clock, config.peerTimeoutMs)
  const routes = [
    ...apiRoutes(dispatch, bodyBytesMax),
    ...kvRoutes(dispatch, bodyBytesMax),
    ...counterRoutes(dispatch, bodyBytesMax),
    ...reactionRoutes(dispatch, bodyBytesMax),
    ...responseRoutes({ ...config, dispatch }),
    ...eventRoutes(events, bodyBytesMax),
    ...batchRoutes(dispatch, bodyBytesMax),
    ...clusterRoutes({ ...member, bodyBytesMax }),
    ...reachRoutes({
      members: () => member.membership.placed?.view.members ?? [],
      status: () => ({ ...member.status, requests: metrics.answers.total }),
    }),
  ]
  const ops = opsRoutes({
    title: 'Larder node',
    registry: metrics.registry,
    identity: { id: self.id, incarnation: self.incarnation },
    notReady: () => storage.notReady ?? stay.notReady,
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
    member.start()
    listener?.start()
  }, onFatal)
  const sweeping = startSweeping(member.memory, clock)
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
      const [owed] = await Promise.all([stay.end(), listener?.[Symbol.asyncDispose]()])
      http.drain()
      await http.untilQuiet(clock, { quietMs: QUIET_MS, waitMaxMs: QUIET_WAIT_MAX_MS })
      await http.close(CLOSE_MAX_MS)
      sweeping.cancel()
      await member.stop()
      upstream.close()
      await storage.stop()
      if (owed > 0) throw new LarderError('NOT_SAVED', `${owed} slots were not handed over in time.`)
      log.info({ id: self.id }, 'stopped')
    },
  }
}
