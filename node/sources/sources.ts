/**
 * Where what is cached comes from: the upstream APIs, asked for what is missing, and the events that say what has changed.
 *
 *     commands ─▶ ReadThrough ─▶ the local engine          Kafka ─▶ Listener ─▶ Events ─▶ the router
 *                      └─▶ Upstream
 */
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import type { InFlight } from '../../shared/in-flight.ts'
import type { Log } from '../../shared/log.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Engine } from '../engine.ts'
import type { KafkaSettings } from '../kafka-settings.ts'
import { type CachedRoute, RouteTable, topicsOf } from '../route-table.ts'
import { Events } from './events.ts'
import { type Client, Kafka } from './kafka/kafka.ts'
import { createSourceMetrics, type SourceMetrics } from './metrics.ts'
import { ReadThrough } from './read-through.ts'
import { Upstream } from './upstream.ts'

export { loadClient } from './kafka/kafka.ts'

export interface SourcesOptions {
  readonly routes: readonly CachedRoute[]
  readonly kafka: KafkaSettings | undefined
  /** What listens to it. */
  readonly client: Client | undefined
  readonly bodyBytesMax: number
  /** How many connections may be opened from here, to all there is. */
  readonly connectionsMax: number
  /** What may be stored in all. */
  readonly bytesMax: number
  /** How long the owners of a response have, to confirm an event. */
  readonly timeoutMs: number
  /** What this process is called among those who listen. */
  readonly clientId: string
  readonly clock: Clock
  /** For messages that are too large for one turn. */
  readonly turns: Turns
  readonly inFlight: InFlight
  readonly log: Log
  readonly registry: Registry
}

/** Tokens that are remembered take no more than this part of what may be stored. */
const TOKENS_MAX = 1 / 16

export class Sources {
  readonly #options: SourcesOptions
  readonly #metrics: SourceMetrics
  readonly #upstream: Upstream
  #readThrough: ReadThrough | undefined
  #kafka: Kafka | undefined
  #isStopping = false

  constructor(options: SourcesOptions) {
    this.#options = options
    this.#metrics = createSourceMetrics(options.registry)
    this.#upstream = new Upstream({ ...options, metrics: this.#metrics })
  }

  /** The origins that are called. */
  get upstreams(): string[] {
    return [...this.#upstream.origins]
  }

  /** The local engine with the cached responses in it. */
  inFrontOf(local: Engine): Engine {
    const { log, bytesMax } = this.#options
    const routes = new RouteTable(this.#options.routes)
    const tokenBytesMax = bytesMax * TOKENS_MAX
    const parts = { local, routes, upstream: this.#upstream, log, metrics: this.#metrics, tokenBytesMax }
    this.#readThrough = new ReadThrough(parts)
    return this.#readThrough
  }

  /** What tokens take that are remembered for refreshes. */
  get tokenBytes(): number {
    return this.#readThrough?.tokenBytes ?? 0
  }

  /** The members have changed: what is being fetched may have missed something elsewhere. */
  doubt(): void {
    this.#readThrough?.doubt()
  }

  /** Events, which reach the owners by way of this engine; those of Kafka too, once it is listened to. */
  eventsFor(engine: Engine): Events {
    const events = new Events({ ...this.#options, engine, metrics: this.#metrics })
    const topics = topicsOf(this.#options.routes)
    this.#kafka = new Kafka({ ...this.#options, topics, handle: (message) => events.take(message) })
    return events
  }

  /** Listens to Kafka from now on, where the settings say so; not any more once that was stopped. */
  start(): void {
    if (!this.#isStopping) this.#kafka?.start()
  }

  /** Resolves once no message is under way any more. */
  async stopListening(): Promise<void> {
    this.#isStopping = true
    await this.#kafka?.stop()
  }

  close(): void {
    this.#upstream.close()
  }
}
