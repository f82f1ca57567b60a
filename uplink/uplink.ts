/**
 * The registry service: the one place where its parts are created and joined.
 *
 *   members ──▶ routes ──▶ Registrar ──▶ RegistryStore ──▶ Redis, or one in this process
 *   view?after ──▶ Watchers ◀── wake ─┘ ▲        └──▶ Journal ──▶ Showing ◀── Statuses ◀── members
 *        members ◀── Probes ◀── Lookout ─┘   every few moments
 */
import { type Clock, systemClock } from '../shared/clock.ts'
import { authority, isLoopback } from '../shared/config.ts'
import { type Descriptors, divide } from '../shared/descriptors.ts'
import { createHttpMetrics } from '../shared/http/metrics.ts'
import { opsRoutes } from '../shared/http/ops.ts'
import { HttpService } from '../shared/http/service.ts'
import type { Log } from '../shared/log.ts'
import { Names, registerNameMetrics } from '../shared/names.ts'
import { Journal, pageRoutes, Showing, Statuses } from '../shared/page/page.ts'
import { renewalOf, type Service } from '../shared/run.ts'
import { registerTlsMetrics } from '../shared/tls.ts'
import type { UplinkConfig } from './config.ts'
import { frontRoute, sight } from './front.ts'
import { Lookout } from './lookout.ts'
import { createUplinkMetrics } from './metrics.ts'
import { Observations } from './observations.ts'
import { Outside } from './outside.ts'
import { Poll } from './poll.ts'
import { Probes } from './probe.ts'
import { Reachability } from './reachability.ts'
import { createRedis } from './redis.ts'
import { Registrar } from './registrar.ts'
import { registryRoutes } from './routes.ts'
import { RegistryStore } from './store.ts'
import { Watchers } from './watchers.ts'

export interface Uplink extends Service {
  readonly port: number
  readonly url: string
}

export interface StartOptions {
  readonly log: Log
  /** By which this process looks names up, where it does not leave that to Node. */
  readonly names?: Names
  readonly clock?: Clock
  readonly foundingMs?: number
  /** What the process may have open; as much as it likes where that is not said. */
  readonly descriptors?: Descriptors
}

/** Members that have lost their uplink try again so often in this time that those who know more are the first. */
const FOUNDING_MS = 700
/** The deadline of a probe: this part of a lease, and no longer than that. */
const PROBE_PART = 1 / 3
const PROBE_MAX_MS = 1000
/** Of the looks at one that wants to become a member: it waits for its answer meanwhile, for a second. */
const POLL_MAX_MS = 700
/** How long requests that run may still take when the uplink stops. */
const STOP_GRACE_MS = 2000

/** @throws when the port cannot be had. */
export async function startUplink(
  { host, port, clusterSecrets, keys, hosts, redisUrl, leaseMs, copies, tls }: UplinkConfig,
  options: StartOptions,
): Promise<Uplink> {
  const { log, clock = systemClock, foundingMs = FOUNDING_MS } = options
  const { names = new Names({ log, clock }), descriptors = divide(Infinity) } = options
  await using parts = new AsyncDisposableStack()
  const http = createHttpMetrics()
  const metrics = createUplinkMetrics(http.registry)
  registerNameMetrics(http.registry, names)
  registerTlsMetrics(http.registry, tls)
  if (redisUrl !== undefined) names.belong('registry', [redisUrl])

  const redis = createRedis(redisUrl)
  const store = parts.use(new RegistryStore({ redis, clock, log, errors: metrics.storeErrors }))
  await store.open()
  const probeMaxMs = Math.min(leaseMs * PROBE_PART, PROBE_MAX_MS)
  const observations = new Observations(leaseMs)
  const outcomes = metrics.probes
  const { agentOf } = tls ?? {}
  const probes = new Probes({
    clock,
    deadlineMs: probeMaxMs,
    clusterSecrets,
    agentOf,
    observations,
    outcomes,
  })
  const poll = new Poll({
    clock,
    deadlineMs: Math.min(probeMaxMs, POLL_MAX_MS),
    clusterSecrets,
    agentOf,
    observations,
  })
  const outside = new Outside({ clock, leaseMs })
  const reachability = new Reachability(leaseMs)
  const watchers = new Watchers({ clock, gauge: metrics.watchers })
  const journal = new Journal(clock)
  const registrar = new Registrar({
    store,
    probes,
    poll,
    outside,
    watchers,
    journal,
    metrics,
    clock,
    log,
    copies,
    foundingMs,
  })
  const looking = { registrar, store, probes, poll, reachability, observations }
  parts.use(await Lookout.start({ ...looking, clock, log, leaseMs, probeMaxMs }))

  const statuses = new Statuses({ clock, clusterSecrets, agentOf })
  const seen = { registrar, store, observations, outside, statuses, journal, clock, leaseMs }
  const showing = new Showing({ clock, read: () => sight(seen) })
  const own = [
    ...registryRoutes({
      registrar,
      reachability,
      watchers,
      leaseMs,
      isGuarded: clusterSecrets.length > 0,
      log,
    }),
    ...pageRoutes('uplink', frontRoute(registrar)),
    showing.route,
  ]
  const ops = opsRoutes({
    title: 'Larder uplink',
    registry: http.registry,
    identity: {},
    notReady: () => store.trouble,
    routes: own,
  })
  const routes = [...own, ...ops]
  const service = await HttpService.listen({ log, metrics: http, host, port, descriptors, tls })
  const isForMembers = !isLoopback(host)
  service.serve(routes, {
    memberSecrets: clusterSecrets,
    isForMembers,
    hosts,
    ...(isForMembers && { keys }),
  })
  parts.defer(() => service.close(STOP_GRACE_MS))
  parts.defer(() => {
    service.drain()
    watchers.release()
    showing.end()
  })

  const url = `${tls?.scheme ?? 'http'}://${authority(host, service.port)}`
  for (const doubt of tls?.doubtsOf(url) ?? []) log.warn(doubt)
  log.info({ url, registry: redisUrl === undefined ? 'in this process' : 'in Redis' }, 'uplink listens')
  const lifetime = parts.move()
  const renew = renewalOf([tls, keys.isInFile ? keys : undefined], log)
  return { port: service.port, url, renew, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
