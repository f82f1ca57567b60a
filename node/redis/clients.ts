/** Clients of Redis that wait for nothing for long, and send nothing again that may have been carried out. */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { EngineSettings } from '../engine-settings.ts'

const CONNECT_MAX_MS = 2000
const RECONNECT_MAX_MS = 500
const SILENT_MAX_MS = 5000
const MOVED_MS = 50
/** After a failover nobody says who the new primaries are: they are looked for so often, be there many requests or few. */
const TOPOLOGY_MS = 1000

function common({ tls, addresses }: EngineSettings): RedisOptions {
  const [{ username, password } = {}] = addresses
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(tls && { tls }),
    connectTimeout: CONNECT_MAX_MS,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'larder',
    // One that takes commands and says nothing is given up, with all that is on its way.
    socketTimeout: SILENT_MAX_MS,
    // What was the primary at this address is a replica now: perhaps another one answers there.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  }
}

const retry = (attempts: number) => Math.min(attempts * 50, RECONNECT_MAX_MS)

export function redisOf(options: EngineSettings, more: RedisOptions = {}): Redis {
  const [{ host, port } = { host: '', port: 0 }] = options.addresses
  return new Redis({
    ...common(options),
    host,
    port,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: retry,
    ...more,
  })
}

/** There commands go one by one: of a pipeline all would have to be redirected, or none. */
export function clusterOf(options: EngineSettings): Cluster {
  const cluster: ClusterOptions = {
    redisOptions: common(options),
    lazyConnect: true,
    // A connection that is just being made is waited for.
    enableOfflineQueue: true,
    clusterRetryStrategy: retry,
    // What may have been carried out is not sent again.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // While a slot changes hands its primaries may send on to each other for a moment.
    retryDelayOnMoved: MOVED_MS,
    slotsRefreshInterval: TOPOLOGY_MS,
    slotsRefreshTimeout: CONNECT_MAX_MS,
    dnsLookup: (address, use) => use(null, address),
  }
  const nodes = options.addresses.map(({ host, port }) => ({ host, port }))
  const client = new Cluster(nodes, cluster)
  // The client has one list for all slots of a primary, and so takes them all for moved where one is.
  client.on('refresh', () => {
    for (const [slot, keys] of client.slots.entries()) if (keys !== undefined) client.slots[slot] = [...keys]
  })
  return client
}
