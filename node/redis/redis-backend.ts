/**
 * A Redis or Valkey as a backend: it keeps everything, and nodes keep nothing. They are all alike, and know of no other.
 *
 *     Command ─▶ RedisEngine ─▶ Connection ~~~▶ the primary that has the slot
 */
import type { Registry } from 'prom-client'
import { type Clock, pause } from '../../shared/clock.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import type { Route } from '../../shared/http/route.ts'
import type { Log } from '../../shared/log.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Backend } from '../backend.ts'
import type { Engine } from '../engine.ts'
import type { EngineSettings } from '../engine-settings.ts'
import { Feed } from '../feed/feed.ts'
import { Connection } from './connection.ts'
import { RedisEngine } from './engine.ts'
import { findEngine } from './finding.ts'
import { EngineGate } from './gate.ts'
import { createEngineMetrics, type EngineMetrics } from './metrics.ts'
import type { Primary } from './primary.ts'
import { engineRoutes } from './routes.ts'
import { WatchedEngine } from './watched-engine.ts'

export interface RedisBackendOptions extends EngineSettings {
  readonly self: { readonly id: string; readonly incarnation: string }
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** How many clients may be connected. */
  readonly clientsMax: number
  /** What stands in front of it. */
  inFrontOf(engine: Engine, gate: EngineGate): Engine
}

const RETRY_MS = 500
/** Whether it still answers is asked so often, and waited for so long. */
const PULSE_MS = 1000

export class RedisBackend implements Backend {
  readonly engine: Engine
  readonly routes: readonly Route[]
  readonly overdue = []
  readonly watching: Feed<Primary>
  /** The engine itself acknowledges before any other has it. */
  readonly copiesElsewhere = 0
  readonly #options: RedisBackendOptions
  readonly #stopping = new AbortController()
  readonly #metrics: EngineMetrics
  #connection: Connection | undefined
  #trouble: string | undefined = 'the engine is not connected yet'
  #silent: readonly string[] = []
  #beating: Promise<void> = Promise.resolve()

  constructor(options: RedisBackendOptions) {
    this.#options = options
    const { clock, self, replicasWanted, registry } = options
    this.#metrics = createEngineMetrics(registry, () => this.#connection?.waiting ?? 0)
    const engine = new RedisEngine({ ...self, clock, replicasWanted, connection: () => this.#connected() })
    this.engine = options.inFrontOf(engine, new EngineGate(() => engine.means()))
    const origin = new WatchedEngine({
      ...options,
      settings: options,
      means: () => engine.means(),
      isReady: () => this.#trouble === undefined,
      onTellers: () => this.watching.follow(),
      onMissed: (reason) => this.watching.miss(reason),
      onFailed: (task) => this.#metrics.feedFailures.inc({ task }),
    })
    this.watching = new Feed({ ...options, origin })
    this.routes = engineRoutes(self, () => this.#connection)
  }

  get isOnePlace(): boolean {
    return this.#connection?.isOnePlace ?? false
  }

  get notReady(): string | undefined {
    return this.#trouble && `The engine is out of reach: ${this.#trouble}.`
  }

  async open(): Promise<void> {}

  /** Resolves once it is connected, however long that takes, or stopped. */
  async start(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const trouble = await this.#connect()
      this.#told(trouble)
      if (trouble === undefined) break
      await pause(clock, RETRY_MS, signal)
    }
    this.#beating = this.#beat()
  }

  async leave(): Promise<void> {
    this.#stopping.abort()
    this.watching.end()
    await this.#beating
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.watching.end()
    this.#connection?.close()
  }

  #connected(): Connection {
    if (this.#connection === undefined) throw new LarderError('NOT_READY', this.notReady ?? '')
    return this.#connection
  }

  /** @returns what is in the way of it. */
  async #connect(): Promise<string | undefined> {
    const found = await findEngine(this.#options)
    if ('why' in found) return found.why
    const failed = ({ code }: LarderError) => this.#metrics.failures.inc({ code })
    const connection = new Connection({ ...this.#options, failed }, found.isCluster)
    try {
      await connection.client.connect()
      this.#connection = connection
      return undefined
    } catch (error) {
      connection.close()
      return messageOf(error)
    }
  }

  /** Notices that it does not answer any more, and that it does again: the connection itself is made anew by the client. */
  async #beat(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await pause(clock, PULSE_MS, signal)
      if (signal.aborted) return
      const health = await this.#connection?.health(clock.now() + PULSE_MS)
      this.#told(health?.trouble)
      this.#tell(health?.silent ?? [])
    }
  }

  /** Primaries that do not answer: what is on others is served. */
  get waitingFor(): readonly string[] {
    return this.#silent
  }

  #tell(silent: readonly string[]): void {
    const { log } = this.#options
    if (silent.join() !== this.#silent.join())
      log.warn(
        { silent },
        silent.length > 0 ? 'primaries of the engine are silent' : 'all primaries of the engine answer',
      )
    this.#silent = silent
  }

  #told(trouble: string | undefined): void {
    const { log } = this.#options
    if (trouble !== undefined && trouble !== this.#trouble)
      log.warn({ trouble }, 'the engine is out of reach')
    if (trouble === undefined && this.#trouble !== undefined) log.info('the engine is within reach')
    this.#trouble = trouble
  }
}
