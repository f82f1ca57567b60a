/**
 * Where what is cached comes from: the upstream APIs, asked for what is missing, and the events that say what has changed.
 *
 *     commands ─▶ ReadThrough ─▶ the local engine          Kafka ─▶ Listener ─▶ Events ─▶ the router
 *                      └─▶ Upstream
 */
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine } from '../engine.ts'
import { Events } from './events.ts'
import type { Listener } from './kafka/listener.ts'
import { createListenerMetrics, type ListenerMetrics } from './kafka/listener-metrics.ts'
import type { KafkaSettings } from './kafka/settings.ts'
import { createSourceMetrics, type SourceMetrics } from './metrics.ts'
import { ReadThrough } from './read-through.ts'
import { type CachedRoute, RouteTable, topicsOf } from './route-table.ts'
import { Upstream } from './upstream.ts'

export interface SourcesOptions {
  readonly routes: readonly CachedRoute[]
  readonly kafka: KafkaSettings | undefined
  readonly bodyBytesMax: number
  /** How long the owners of a response have, to confirm an event. */
  readonly timeoutMs: number
  /** What this process is called among those who listen. */
  readonly clientId: string
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
}

export class Sources {
  readonly #options: SourcesOptions
  readonly #metrics: SourceMetrics
  readonly #listenerMetrics: ListenerMetrics
  readonly #upstream: Upstream
  #readThrough: ReadThrough | undefined
  #events: Events | undefined
  #listener: Listener | undefined
  #isStopping = false

  constructor(options: SourcesOptions) {
    this.#options = options
    this.#metrics = createSourceMetrics(options.registry)
    this.#listenerMetrics = createListenerMetrics(options.registry)
    this.#upstream = new Upstream({ ...options, metrics: this.#metrics })
  }

  /** The local engine with the cached responses in it. */
  inFrontOf(local: Engine): Engine {
    const routes = new RouteTable(this.#options.routes)
    const parts = { local, routes, upstream: this.#upstream, log: this.#options.log, metrics: this.#metrics }
    this.#readThrough = new ReadThrough(parts)
    return this.#readThrough
  }

  /** The members have changed: what is being fetched may have missed something elsewhere. */
  doubt(): void {
    this.#readThrough?.doubt()
  }

  /** Events, which reach the owners by way of this engine. */
  eventsFor(engine: Engine): Events {
    this.#events = new Events({ ...this.#options, engine, metrics: this.#metrics })
    return this.#events
  }

  /** Listens to Kafka from now on, where the settings say so. */
  async start(): Promise<void> {
    const { kafka, log, routes } = this.#options
    const events = this.#events
    const topics = topicsOf(routes)
    if (kafka === undefined || events === undefined || this.#isStopping) return
    if (topics.length === 0) return log.warn('KAFKA_BROKERS is set, and no route has events to listen to')
    // The client for Kafka is a fifth of the time that a start takes: loaded for who listens alone.
    const { Listener } = await import('./kafka/listener.ts')
    if (this.#isStopping) return
    const metrics = this.#listenerMetrics
    this.#listener = new Listener({
      ...this.#options,
      ...kafka,
      topics,
      metrics,
      handle: (message) => events.take(message),
    })
    this.#listener.start()
  }

  /** Resolves once no message is under way any more. */
  async stopListening(): Promise<void> {
    this.#isStopping = true
    await this.#listener?.[Symbol.asyncDispose]()
  }

  close(): void {
    this.#upstream.close()
  }
}
