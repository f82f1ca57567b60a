/**
 * The registry service: the one place where its parts are created and joined.
 *
 *   members ──▶ routes ──▶ Registrar ──▶ RegistryStore ──▶ Redis, or one in this process
 *   view?after ──▶ Watchers ◀── wake ─┘ ▲
 *                   Probes ◀── Lookout ──┘   every few moments
 */
import { type Clock, systemClock } from '../shared/clock.ts'
import { authority } from '../shared/config.ts'
import { HttpService } from '../shared/http.ts'
import type { Log } from '../shared/log.ts'
import { createHttpMetrics } from '../shared/metrics.ts'
import { opsRoutes } from '../shared/ops.ts'
import type { UplinkConfig } from './config.ts'
import { Lookout } from './lookout.ts'
import { createUplinkMetrics } from './metrics.ts'
import { Probes } from './probe.ts'
import { createRedis } from './redis.ts'
import { Registrar } from './registrar.ts'
import { registryRoutes } from './routes.ts'
import { RegistryStore } from './store.ts'
import { Watchers } from './watchers.ts'

export interface Uplink extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

const PROBE_MAX_MS = 1000
/** How long requests that run may still take when the uplink stops. */
const STOP_GRACE_MS = 2000

/** @throws when the port cannot be had. */
export async function startUplink(
  { host, port, clusterSecret, redisUrl, leaseMs, copies }: UplinkConfig,
  { log, clock = systemClock }: { log: Log; clock?: Clock },
): Promise<Uplink> {
  await using parts = new AsyncDisposableStack()
  const http = createHttpMetrics()
  const metrics = createUplinkMetrics(http.registry)

  const redis = createRedis(redisUrl)
  const store = parts.use(new RegistryStore({ redis, clock, log, errors: metrics.storeErrors }))
  await store.open()
  const probes = new Probes({ deadlineMs: Math.min(leaseMs, PROBE_MAX_MS), outcomes: metrics.probes })
  const watchers = new Watchers({ clock, gauge: metrics.watchers })
  const registrar = new Registrar({ store, probes, watchers, metrics, log, copies })
  parts.use(await Lookout.start({ registrar, store, probes, clock, log, leaseMs }))

  const own = registryRoutes({ registrar, watchers, leaseMs })
  const ops = opsRoutes({
    title: 'Larder uplink',
    registry: http.registry,
    identity: {},
    notReady: () => store.trouble,
    routes: own,
  })
  const routes = [...own, ...ops]
  const service = await HttpService.listen({ log, metrics: http, host, port })
  service.serve(routes, { memberSecrets: clusterSecret === undefined ? [] : [clusterSecret] })
  parts.defer(() => service.close(STOP_GRACE_MS))
  parts.defer(() => {
    service.drain()
    watchers.release()
  })

  const url = `http://${authority(host, service.port)}`
  log.info({ url, registry: redisUrl === undefined ? 'in this process' : 'in Redis' }, 'uplink listens')
  const lifetime = parts.move()
  return { port: service.port, url, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}
