/**
 * The way to the engine: one connection to a Redis or Valkey, or one to each primary of a cluster of them. Commands of one turn
 * travel together. Nothing waits for longer than its deadline, no more wait than may, and none is sent again once it may have
 * been carried out: whoever asked is told.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { Clock } from '../../shared/clock.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import type { EngineSettings } from '../engine-settings.ts'
import { engineError, LATE } from './errors.ts'
import { hashSlotOf } from './places.ts'
import { SCRIPTS } from './scripts.ts'

export type Argument = string | number | Uint8Array

const CONNECT_MAX_MS = 2000
const RECONNECT_MAX_MS = 500
const SILENT_MAX_MS = 5000
const MOVED_MS = 50
/** As long as replicas are waited for, other commands to their primary wait behind that. */
const REPLICAS_MAX_MS = 200
/** After a failover nobody says who the new primaries are: they are looked for so often, be there many requests or few. */
const TOPOLOGY_MS = 1000

export interface ConnectionOptions extends EngineSettings {
  readonly clock: Clock
  /** Told of each command that has failed. */
  readonly failed: (error: LarderError) => void
  /** Commands that may be under way, and what is in them. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
}

const TICKS_PER_MICROSECOND = 1.024

export class Connection {
  readonly client: Redis | Cluster
  readonly #options: ConnectionOptions
  #waiting = 0
  #waitingBytes = 0

  constructor(options: ConnectionOptions, isCluster: boolean) {
    this.#options = options
    this.client = isCluster ? clusterOf(options) : redisOf(options)
    for (const { name, ...script } of Object.values(SCRIPTS)) this.client.defineCommand(name, script)
    this.client.on('error', () => {}) // Each command fails with what there is to say.
  }

  /** How many commands are under way. */
  get waiting(): number {
    return this.#waiting
  }

  /** The address of the primary that has a slot of Larder. */
  ownerOf(slot: number): string {
    const { host, port } = this.#options.addresses[0] ?? { host: '', port: 0 }
    if (!(this.client instanceof Cluster)) return `${host}:${port}`
    return this.client.slots[hashSlotOf(slot)]?.[0] ?? ''
  }

  /** Whether one server has all slots. */
  get isOnePlace(): boolean {
    return !(this.client instanceof Cluster)
  }

  /** Slots that one script can be about, in their order. */
  together(slots: readonly number[]): readonly (readonly number[])[] {
    return this.client instanceof Cluster ? [...Map.groupBy(slots, hashSlotOf).values()] : [slots]
  }

  /** How many slots are best asked about at a time. */
  get slotsAtOnce(): number {
    return this.client instanceof Cluster ? 128 : 256
  }

  /** Runs a script; texts in its answer are bytes. @throws LarderError as a rejection. */
  run(script: keyof typeof SCRIPTS, parts: readonly Argument[], deadlineAtMs: number): Promise<unknown> {
    return this.#call(`${SCRIPTS[script].name}Buffer`, parts, deadlineAtMs)
  }

  /** Runs a command of the engine. */
  command(name: 'hmget' | 'get', parts: readonly Argument[], deadlineAtMs: number): Promise<unknown> {
    return this.#call(`${name}Buffer`, parts, deadlineAtMs)
  }

  #call(name: string, parts: readonly Argument[], deadlineAtMs: number): Promise<unknown> {
    const { waitingMax, waitingBytesMax } = this.#options
    if (this.#waiting >= waitingMax || this.#waitingBytes >= waitingBytesMax)
      return Promise.reject(
        this.#failed(new LarderError('OVERLOADED', 'Too much is on its way to the engine already.')),
      )
    const call: unknown = Reflect.get(this.client, name)
    if (typeof call !== 'function') throw new TypeError(`${name} is no command`)
    const bytes = bytesIn(parts)
    this.#waiting++
    this.#waitingBytes += bytes
    // Also what nobody waits for any more is still on its way.
    const over = () => {
      this.#waiting--
      this.#waitingBytes -= bytes
    }
    // As a list: of very many arguments a call could not be made.
    const sent: Promise<unknown> = call.call(this.client, parts)
    sent.then(over, over)
    return this.#inTime(sent, deadlineAtMs).catch((error) => {
      throw this.#failed(error)
    })
  }

  #failed(thrown: unknown): LarderError {
    const error = engineError(thrown)
    this.#options.failed(error)
    return error
  }

  #inTime(sent: Promise<unknown>, deadlineAtMs: number): Promise<unknown> {
    if (deadlineAtMs === Infinity) return sent
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const { clock } = this.#options
    const timer = clock.after(deadlineAtMs - clock.now(), () => reject(new LarderError('UNREACHABLE', LATE)))
    const settle =
      <T>(use: (value: T) => void) =>
      (value: T) => {
        timer.cancel()
        use(value)
      }
    sent.then(settle(resolve), settle(reject))
    return promise
  }

  /** How many replicas of the primary that has this slot have all that was written by this connection, of so many, in time. */
  async replicasOf(slot: number, wanted: number, deadlineAtMs: number): Promise<number> {
    const { client } = this
    const owner = this.ownerOf(slot)
    const primary =
      client instanceof Cluster
        ? client.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === owner)
        : client
    const leftMs = Math.floor(Math.min(REPLICAS_MAX_MS, deadlineAtMs - this.#options.clock.now()))
    if (primary === undefined || leftMs <= 0) return 0
    return Number(await this.#inTime(primary.wait(wanted, leftMs), deadlineAtMs).catch(() => 0))
  }

  /** The latest time by the clocks of the primaries, as in stamps. */
  async time(): Promise<number> {
    const primaries = this.client instanceof Cluster ? this.client.nodes('master') : [this.client]
    const times = await Promise.all(primaries.map((one) => one.time())).catch((error) => {
      throw engineError(error)
    })
    return Math.max(
      ...times.map(([seconds, micros]) => (Number(seconds) * 1e6 + Number(micros)) * TICKS_PER_MICROSECOND),
    )
  }

  /** Why it does not answer now; `undefined` where it does. */
  async trouble(deadlineAtMs: number): Promise<string | undefined> {
    if (this.client instanceof Cluster)
      return this.client.status === 'ready' ? undefined : 'no primary answers'
    try {
      await this.#inTime(this.client.ping(), deadlineAtMs)
      return undefined
    } catch (error) {
      const { cause, message } = engineError(error)
      return messageOf(cause ?? message)
    }
  }

  close(): void {
    this.client.disconnect()
  }
}

function bytesIn(parts: readonly Argument[]): number {
  let bytes = 0
  for (const part of parts) if (typeof part !== 'number') bytes += part.length
  return bytes
}

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
    enableAutoPipelining: true,
    retryStrategy: retry,
    ...more,
  })
}

/** There commands go one by one: of a pipeline all would have to be redirected, or none. */
function clusterOf(options: ConnectionOptions): Cluster {
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
