/** Every setting of an uplink: its default, its unit, its meaning. */
import { type Environment, Settings } from '../shared/config.ts'
import { type Hosts, readHosts } from '../shared/hosts.ts'
import { type Keys, readKeys } from '../shared/keys.ts'
import { readTls, type Tls } from '../shared/tls.ts'

export interface UplinkConfig {
  readonly host: string
  readonly port: number
  /** The first is shown to members, and all are taken from them; one is required beyond loopback. */
  readonly clusterSecrets: readonly string[]
  /** What those show who look at it from other machines. */
  readonly keys: Keys
  /** The names by which it may be called while anybody may look at it. */
  readonly hosts: Hosts
  /** Where the registry lives, so that it survives and several uplinks can share it; unset: in this process. */
  readonly redisUrl: string | undefined
  /** A member that has not renewed for this long, and does not answer either, is gone. */
  readonly leaseMs: number
  /** How many members hold each slot, while there are that many. */
  readonly copies: number
  readonly logLevel: string
  readonly tls: Tls | undefined
}

/**
 * A member feels its pulse every 100 ms, and without one for half a lease it has stood still: so with less than this it finds
 * itself stopped whenever a beat is a little late, and uplink, which then looks for a third of a lease, finds nobody.
 */
const LEASE_MIN_MS = 300
const LEASE_MAX_MS = 3_600_000

/** @throws ConfigError naming every problem. */
export function readConfig(environment: Environment): UplinkConfig {
  const settings = new Settings(environment)
  const listening = settings.listening(4500)
  const config = {
    ...listening,
    keys: readKeys(settings, listening),
    hosts: readHosts(settings, listening),
    redisUrl: redisUrl(settings),
    leaseMs: settings.integer('LEASE_MS', {
      fallback: 3000,
      min: LEASE_MIN_MS,
      max: LEASE_MAX_MS,
      why: 'a member beats every 100 ms, and half a lease without a beat counts as stopped',
    }),
    copies: settings.integer('COPIES', { fallback: 2, min: 1 }),
    logLevel: settings.logLevel(),
    tls: readTls(settings),
  }
  settings.check()
  return Object.freeze(config)
}

/** The value stays out of the message: it may hold a password. */
function redisUrl(settings: Settings): string | undefined {
  const text = settings.text('REDIS_URL')
  const isRedis = text === undefined || /^rediss?:\/\/./.test(text)
  if (!isRedis || (text !== undefined && !URL.canParse(text))) {
    settings.problem('REDIS_URL: a URL like redis://127.0.0.1:6379, or rediss:// for TLS')
  }
  return text
}
