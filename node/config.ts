/** Every setting of a node: its default, its unit, its bounds. Read once, at start. */
import { readFileSync } from 'node:fs'
import {
  authority,
  type Environment,
  isLoopback,
  isWildcard,
  MAKES_A_SECRET,
  Settings,
} from '../shared/config.ts'
import { type Hosts, readHosts } from '../shared/hosts.ts'
import { type Keys, readKeys } from '../shared/keys.ts'
import { type Origins, readOrigins } from '../shared/origins.ts'
import { SLOTS } from '../shared/placement.ts'
import { readTls, type Tls } from '../shared/tls.ts'
import { MemberId } from '../shared/view.ts'
import { type EngineSettings, readEngine } from './engine-settings.ts'
import { type KafkaSettings, readKafka } from './kafka-settings.ts'
import { parseRoutes } from './route-file.ts'
import type { CachedRoute } from './route-table.ts'

export interface NodeConfig {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Default: `<host>:<port>`. */
  readonly nodeId: string | undefined
  /** Default: `http://<host>:<port>`, and https where it serves that. */
  readonly advertiseUrl: string | undefined
  /** None: a cluster of one. */
  readonly uplinkUrls: readonly string[]
  readonly shardLimit: number
  /** Writes that may wait in one shard. */
  readonly queueMax: number
  readonly bodyBytesMax: number
  /** Bodies that arrive and answers that are not yet taken, all together. */
  readonly inFlightBytesMax: number
  readonly peerTimeoutMs: number
  /** The memory budget of the values. */
  readonly bytesMax: number
  /** Where the file of the node is kept; nothing is kept without. */
  readonly dataDir: string | undefined
  /** Whether somebody has said where. */
  readonly isDataDirSet: boolean
  /** How far the disk may be behind; 0: nothing is acknowledged before it is there. */
  readonly syncIntervalMs: number
  /** How long, after a start, a slot waits for those who held it last; 0: not at all. */
  readonly waitForHoldersMs: number
  /** What keeps everything in place of the members, which then are none. */
  readonly engine: EngineSettings | undefined
  /** The API responses to cache. */
  readonly routes: readonly CachedRoute[]
  /** Where events come from. */
  readonly kafka: KafkaSettings | undefined
  /** What callers show. */
  readonly keys: Keys
  /** The names by which it may be called while nobody needs a key. */
  readonly hosts: Hosts
  /** Whose pages may call. */
  readonly origins: Origins
  /** The first is shown to the other members and to uplink, and all are taken from them. */
  readonly clusterSecrets: readonly string[]
  readonly tls: Tls | undefined
  /** Where it speaks the protocol of Redis, 0 letting the system choose; nowhere without. */
  readonly respPort: number | undefined
  readonly logLevel: string
}

const MIB = 2 ** 20
/** What is made of a body, as JSON with its escapes say, must still be one text, and one answer between members. */
const BODY_MAX = 256 * MIB
/** An answer that takes longer is cut off: a connection on which nothing is said is closed after two minutes. */
const PEER_TIMEOUT_MAX_MS = 100_000
/** Less than it takes to pass on a command and to hear of its copies. */
const PEER_TIMEOUT_MIN_MS = 50

/** @throws ConfigError naming every wrong setting. */
export function readConfig(environment: Environment): NodeConfig {
  const settings = new Settings(environment)
  const listening = settings.listening(4000)
  const nodeId = settings.text('NODE_ID')
  if (nodeId !== undefined && !MemberId.safeParse(nodeId).success) {
    settings.problem(`NODE_ID=${nodeId}: at most 128 letters, digits and . : _ - [ ]`)
  }
  const advertised = settings.text('ADVERTISE_URL')
  const advertiseUrl = advertised && settings.url('ADVERTISE_URL', advertised)
  const dataDir = settings.text('DATA_DIR') ?? 'data'
  const uplinkUrls = settings.list('UPLINK_URL').map((url) => settings.url('UPLINK_URL', url))
  const keys = readCallers(settings, { ...listening, uplinkUrls })
  const tls = readTls(settings)
  checkAddress(settings, { ...listening, uplinkUrls, advertiseUrl, tls })
  const config: NodeConfig = {
    ...listening,
    nodeId,
    advertiseUrl,
    uplinkUrls,
    shardLimit: settings.integer('SHARD_LIMIT', { fallback: 4, min: 1, max: SLOTS }),
    queueMax: settings.integer('MAX_QUEUE', { fallback: 10_000, min: 1 }),
    ...readBodyLimits(settings),
    peerTimeoutMs: settings.integer('PEER_TIMEOUT_MS', {
      fallback: 2000,
      min: PEER_TIMEOUT_MIN_MS,
      max: PEER_TIMEOUT_MAX_MS,
    }),
    bytesMax: settings.bytes('MAX_BYTES', 512 * MIB),
    dataDir: dataDir === 'off' ? undefined : dataDir,
    isDataDirSet: (settings.text('DATA_DIR') ?? 'off') !== 'off',
    syncIntervalMs: settings.integer('SYNC_INTERVAL_MS', { fallback: 5000, min: 0, max: 3_600_000 }),
    waitForHoldersMs: settings.integer('WAIT_FOR_HOLDERS_MS', { fallback: 120_000, min: 0, max: 86_400_000 }),
    engine: readEngine(settings),
    routes: readRoutes(settings),
    kafka: readKafka(settings),
    keys,
    hosts: readHosts(settings, { ...listening, url: advertiseUrl }),
    origins: readOrigins(settings, { areKeysNeeded: keys.areNeeded }),
    tls,
    respPort: readRespPort(settings, listening.port),
    logLevel: settings.logLevel(),
  }
  settings.check()
  return Object.freeze(config)
}

/** 0 lets the system choose; none is none. */
function readRespPort(settings: Settings, httpPort: number): number | undefined {
  if (settings.text('RESP_PORT') === undefined) return undefined
  const port = settings.integer('RESP_PORT', { fallback: 0, min: 0, max: 65_535 })
  if (port !== 0 && port === httpPort)
    settings.problem(`RESP_PORT=${port}: another port than PORT, where HTTP is spoken`)
  return port
}

/** Where the others find this member, and where it finds uplink. */
function checkAddress(
  settings: Settings,
  config: Pick<NodeConfig, 'host' | 'port' | 'uplinkUrls' | 'advertiseUrl' | 'tls'>,
): void {
  const { host, port, uplinkUrls, advertiseUrl, tls } = config
  const advertised = URL.parse(advertiseUrl ?? '')
  if (advertised !== null && isWildcard(advertised.hostname))
    settings.problem(
      `${settings.shown('ADVERTISE_URL')}: an address that others can call, which ${advertised.hostname} is not`,
    )
  if (advertised !== null && advertised.pathname !== '/')
    settings.problem(
      `${settings.shown('ADVERTISE_URL')}: without a path, as members are not called below one`,
    )
  if (uplinkUrls.length > 0 && advertiseUrl === undefined && isWildcard(host))
    settings.problem(`HOST=${host} and UPLINK_URL need an ADVERTISE_URL: where the others reach this node`)
  const own = [`${tls?.scheme ?? 'http'}://${authority(host, port)}`, advertiseUrl].flatMap(
    (url) => URL.parse(url ?? '')?.origin ?? [],
  )
  for (const url of uplinkUrls)
    if (own.includes(URL.parse(url)?.origin ?? ''))
      settings.problem(`${settings.shown('UPLINK_URL', url)}: that is this node, not uplink`)
}

/** A key is for clients: no other member is ever shown one. */
function readCallers(
  settings: Settings,
  { host, uplinkUrls, clusterSecrets }: Pick<NodeConfig, 'host' | 'uplinkUrls' | 'clusterSecrets'>,
): Keys {
  const apiKeys = settings.secrets('API_KEY')
  const keys = readKeys(settings, { apiKeys, clusterSecrets })
  const areKeysNeeded = keys.areNeeded || settings.text('KEYS_FILE') !== undefined
  if (uplinkUrls.length > 0 && areKeysNeeded && clusterSecrets.length === 0)
    settings.problem(
      `UPLINK_URL and ${apiKeys.length > 0 ? 'API_KEY' : 'KEYS_FILE'} need a CLUSTER_SECRET, which members show each other (${MAKES_A_SECRET})`,
    )
  if (clusterSecrets.some((secret) => apiKeys.includes(secret)))
    settings.problem(
      'CLUSTER_SECRET and API_KEY have one in common: who has that key could pass for a member',
    )
  if (!settings.isOn('ALLOW_ANONYMOUS') && !areKeysNeeded && !isLoopback(host))
    settings.problem(
      `HOST=${host} can be reached from other machines, and nobody there needs a key: set API_KEY or KEYS_FILE, or ALLOW_ANONYMOUS=on`,
    )
  return keys
}

function readBodyLimits(settings: Settings): Pick<NodeConfig, 'bodyBytesMax' | 'inFlightBytesMax'> {
  const bodyBytesMax = settings.bytes('MAX_BODY', 8 * MIB, BODY_MAX)
  const inFlightBytesMax = settings.bytes('MAX_INFLIGHT_BYTES', 256 * MIB)
  if (inFlightBytesMax < bodyBytesMax) {
    settings.problem(
      `MAX_INFLIGHT_BYTES=${inFlightBytesMax}: at least MAX_BODY, which is ${bodyBytesMax}, or no such body could arrive`,
    )
  }
  return { bodyBytesMax, inFlightBytesMax }
}

function readRoutes(settings: Settings): readonly CachedRoute[] {
  const path = settings.text('ROUTES_FILE')
  if (path === undefined) return []
  try {
    const parsed = parseRoutes(readFileSync(path, 'utf8'))
    if ('routes' in parsed) return parsed.routes
    for (const problem of parsed.problems) settings.problem(`ROUTES_FILE=${path}: ${problem}`)
  } catch (error) {
    settings.problem(`ROUTES_FILE=${path}: ${error instanceof Error ? error.message : error}`)
  }
  return []
}

/** How the member is called and reached, once its port is known. */
export function identify(config: NodeConfig, port: number): { id: string; url: string } {
  const address = authority(config.host, port)
  const scheme = config.tls?.scheme ?? 'http'
  return { id: config.nodeId ?? address, url: config.advertiseUrl ?? `${scheme}://${address}` }
}
