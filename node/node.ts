/**
 * A node: the one place where its parts are created and joined.
 *
 *     HTTP ─▶ Command ─▶ Dispatch ─▶ Backend ─▶ the member that owns the key ─▶ its Sources ─▶ its shards
 *     Kafka ─▶ Events ──────────────────▶┘                          upstream APIs ◀┘             └─▶ Storage
 */
import type { Registry } from 'prom-client'
import packageJson from '../package.json' with { type: 'json' }
import type { Clock } from '../shared/clock.ts'
import { type Descriptors, divide } from '../shared/descriptors.ts'
import { createMeans, type RequestMeans } from '../shared/http/means.ts'
import { createHttpMetrics, type HttpMetrics } from '../shared/http/metrics.ts'
import { aliveRoute, opsRoutes } from '../shared/http/ops.ts'
import type { Route } from '../shared/http/route.ts'
import { HttpService } from '../shared/http/service.ts'
import { newIncarnation } from '../shared/incarnation.ts'
import type { Log } from '../shared/log.ts'
import { Names, registerNameMetrics } from '../shared/names.ts'
import { pageRoutes } from '../shared/page/page.ts'
import { slotOf } from '../shared/placement.ts'
import { renewalOf, type Service } from '../shared/run.ts'
import { registerTlsMetrics } from '../shared/tls.ts'
import type { Member } from '../shared/view.ts'
import type { Backend } from './backend.ts'
import { UplinkClient } from './cluster/members/members.ts'
import { createClusterMetrics } from './cluster/metrics.ts'
import { HttpConnection } from './cluster/peers/peers.ts'
import { FORMATS } from './cluster/wire/calls.ts'
import { identify, type NodeConfig } from './config.ts'
import { createDispatch, type Dispatch } from './dispatch.ts'
import { urlOf } from './engine-settings.ts'
import { StampClock } from './entries/stamp.ts'
import { publicRoutes } from './http/routes.ts'
import { heapBytesFor, type Machine, shortcomingsOf, UNBOUNDED } from './machine.ts'
import { createMember } from './member.ts'
import { countingReads } from './reads.ts'
import { RedisBackend } from './redis/redis-backend.ts'
import { RedisDoors } from './resp/doors.ts'
import { loadClient, Sources } from './sources/sources.ts'
import { Storage } from './storage/storage.ts'

const DATA_ELSEWHERE = 'DATA_DIR is ignored: with ENGINE_URL this node keeps nothing itself'

export interface NodeParts {
  readonly log: Log
  readonly clock: Clock
  /** By which this process looks names up, where it does not leave that to Node. */
  readonly names?: Names
  /** In which formats it speaks with other members, where these are not all that this version knows. */
  readonly formats?: readonly number[]
  /** What the process may have open; as much as it likes where that is not said. */
  readonly descriptors?: Descriptors
  /** What there is to carry the memory budget; as much as that needs where that is not said. */
  readonly machine?: Machine
  /** Called when the node finds that it cannot go on. */
  onFatal(error: Error): void
}

export interface Node extends Service {
  readonly member: Member
  readonly port: number
  /** Where it speaks the protocol of Redis, if anywhere. */
  readonly respPort: number | undefined
}

/**
 * @throws when the port or the disk cannot be had. Ready, as /readyz says, once the disk is read and uplink has told
 * who is a member.
 */
export async function startNode(config: NodeConfig, parts: NodeParts): Promise<Node> {
  const { log: root, clock, onFatal, formats = FORMATS, machine = UNBOUNDED } = parts
  const { names = new Names(parts), descriptors = divide(Infinity) } = parts
  const metrics = createHttpMetrics()
  const client = await loadClient(config.kafka)
  const means = createMeans({ ...config, log: root, metrics })
  const http = await HttpService.listen({ ...config, log: root, metrics, means, descriptors })
  const identity = identify(config, http.port)
  const self: Member = {
    ...identity,
    incarnation: newIncarnation(identity.id),
    formats: [...formats],
    version: packageJson.version,
  }
  const log = root.child({ member: self.id })
  for (const problem of shortcomingsOf(machine, config.bytesMax)) log.warn(problem)
  for (const doubt of config.tls?.doubtsOf(self.url) ?? []) log.warn(doubt)
  const own = { ...parts, machine, self, log, names, descriptors, metrics, means, http, client }
  const { backend, sources, redis, routes } = join(config, own)
  const { keys, tls } = config
  registerTlsMetrics(metrics.registry, tls)
  http.serve(routes, { ...config, memberSecrets: config.clusterSecrets })
  await open(backend, redis, http)
  void backend
    .start()
    .then(() => sources.start())
    .catch(onFatal)
  const ports = { port: http.port, respPort: redis.port }
  log.info({ id: self.id, url: self.url, uplink: config.uplinkUrls, ...ports }, 'listening')

  return {
    member: self,
    ...ports,
    renew: renewalOf([tls, keys.isInFile ? keys : undefined], log),
    /**
     * Leaves the cluster, lets clients and balancers notice, answers what is under way, writes what is not on
     * disk, and closes.
     * @throws LarderError NOT_SAVED that says what was lost.
     */
    async [Symbol.asyncDispose]() {
      log.info({ id: self.id }, 'leaving')
      await Promise.all([backend.leave(), sources.stopListening()])
      await Promise.all([http.stop(clock), redis.close()])
      sources.close()
      await backend.stop()
      log.info({ id: self.id }, 'stopped')
    },
  }
}

/** What it keeps its data in, and the second door: without either nobody is served. */
async function open(backend: Backend, redis: RedisDoors, http: HttpService): Promise<void> {
  try {
    await redis.listen(http.connections)
    await backend.open()
  } catch (error) {
    await Promise.all([http.close(0), redis.close()])
    throw error
  }
}

interface Joined extends NodeParts {
  readonly machine: Machine
  readonly names: Names
  readonly descriptors: Descriptors
  readonly self: Member
  readonly metrics: HttpMetrics
  readonly means: RequestMeans
  readonly http: Pick<HttpService, 'told'>
  readonly client: Awaited<ReturnType<typeof loadClient>>
}

function join(config: NodeConfig, joined: Joined) {
  const { self, clock, names, metrics, means, client } = joined
  const { registry } = metrics
  const basis = basisOf(config, joined)
  if (config.engine !== undefined && config.isDataDirSet) joined.log.warn(DATA_ELSEWHERE)
  names.belong('registry', config.engine?.addresses.map(urlOf) ?? config.uplinkUrls)
  registerNameMetrics(registry, names)
  const sources = new Sources({ ...basis, client, clientId: self.id })
  names.belong('upstream', sources.upstreams)
  const backend: Backend =
    config.engine === undefined
      ? memberOf(joined, basis, sources)
      : new RedisBackend({
          ...basis,
          ...config.engine,
          waitingMax: config.queueMax,
          waitingBytesMax: config.inFlightBytesMax,
          clientsMax: joined.descriptors.clients,
          inFrontOf: (engine, gate) => sources.inFrontOf(engine, gate),
        })
  const { engine } = backend
  const dispatch = countingReads(createDispatch(engine, clock, config.peerTimeoutMs), registry)
  const events = sources.eventsFor(engine)
  const passing = { dispatch, events, pass: sources.pass }
  const redis = redisOf(config, { ...joined, backend, dispatch })
  const routes = [
    ...publicRoutes({ ...config, ...means, ...passing, watching: backend.watching }),
    ...redis.routes,
    ...backend.routes,
  ]
  return { backend, sources, redis, routes: [...routes, ...opsOf(backend, { self, registry, routes })] }
}

function basisOf(config: NodeConfig, { self, clock, log, metrics, means, descriptors }: Joined) {
  const { peerTimeoutMs: timeoutMs, tls } = config
  const { registry } = metrics
  const { outgoing: connectionsMax } = descriptors
  const { agentOf } = tls ?? {}
  return { ...config, ...means, self, clock, log, registry, timeoutMs, connectionsMax, agentOf }
}

function memberOf(joined: Joined, basis: ReturnType<typeof basisOf>, sources: Sources): Backend {
  const { self, names, metrics, http, onFatal } = joined
  const { uplinkUrls, registry, timeoutMs } = basis
  const storage = new Storage({ ...basis, memberId: self.id, waitMaxMs: timeoutMs })
  return createMember({
    ...basis,
    storage,
    heapBytesMax: heapBytesFor(joined.machine),
    clientsMax: joined.descriptors.clients,
    beside: { backlog: () => storage.waitingBytes, tokens: () => sources.tokenBytes },
    metrics: createClusterMetrics(registry),
    stamps: new StampClock(self.incarnation),
    uplink: uplinkUrls.length > 0 ? new UplinkClient(uplinkUrls, { ...basis, self: self.id }) : undefined,
    requests: () => metrics.answers.total,
    connect(other, listening) {
      names.belong('member', [other.url])
      return new HttpConnection(other, { ...basis, told: http.told, listening })
    },
    inFrontOf: (shards) => sources.inFrontOf(shards),
    onView: (holdings) => sources.doubt((key) => holdings.hasMissedNothing(slotOf(key))),
    onRejected: onFatal,
  }).backend
}

interface Opened extends Joined {
  readonly backend: Backend
  readonly dispatch: Dispatch
}

function redisOf(config: NodeConfig, { self, means, metrics, ...opened }: Opened): RedisDoors {
  const { registry, wrong } = metrics
  return new RedisDoors({
    ...config,
    ...opened,
    ...means,
    registry,
    wrong,
    version: packageJson.version,
    runId: self.incarnation,
    notReady: () => opened.backend.notReady,
  })
}

/** What people and machines look at, besides what it does. */
function opsOf(
  backend: Backend,
  { self, routes, registry }: { self: Member; registry: Registry; routes: readonly Route[] },
): Route[] {
  const identity = { id: self.id, incarnation: self.incarnation }
  const page = pageRoutes('node', aliveRoute('/', identity))
  const ops = opsRoutes({
    registry,
    routes: [...routes, ...page],
    title: 'Larder node',
    identity,
    notReady: () => backend.notReady,
    waitingFor: () => backend.waitingFor,
    overdue: () => backend.overdue,
  })
  return [...page, ...ops]
}
