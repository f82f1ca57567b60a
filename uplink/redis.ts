/** The connection to the store of the registry: to a real Redis, or to one that is embedded in this process. */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import RedisMock from 'ioredis-mock'

/** A Redis that does not answer for this long is out of reach. */
export const COMMAND_MAX_MS = 1000
const RECONNECT_MAX_MS = 500

/** Not connected yet. A command fails at once while there is no connection: nothing waits in a queue unseen. */
export function createRedis(url: string | undefined): Redis {
  if (url === undefined) {
    // Embedded ones of the same host share their data, and every uplink has its own.
    return new RedisMock({ host: randomUUID(), lazyConnect: true, enableOfflineQueue: false })
  }
  return new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_MAX_MS,
    connectTimeout: COMMAND_MAX_MS,
    retryStrategy: (attempts) => Math.min(attempts * 50, RECONNECT_MAX_MS),
  })
}
