/** Kafka as a source of messages, where the settings name it. */
import type { Registry } from 'prom-client'
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { KafkaSettings } from '../../kafka-settings.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { createListenerMetrics } from './listener-metrics.ts'

export interface KafkaOptions {
  /** Without, nothing is listened to. */
  readonly kafka: KafkaSettings | undefined
  readonly topics: readonly string[]
  /** What this process is called among those who listen. */
  readonly clientId: string
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
  handle: ListenerOptions['handle']
}

export class Kafka {
  readonly #options: Omit<ListenerOptions, keyof KafkaSettings>
  readonly #settings: KafkaSettings | undefined
  #listener: Listener | undefined
  #isStopping = false

  constructor({ kafka, registry, ...options }: KafkaOptions) {
    this.#settings = kafka
    this.#options = { ...options, metrics: createListenerMetrics(registry) }
  }

  async start(): Promise<void> {
    const { log, topics } = this.#options
    if (this.#settings === undefined || this.#isStopping) return
    if (topics.length === 0) return log.warn('KAFKA_BROKERS is set, and no route has events to listen to')
    // The client is a fifth of the time that a start takes: loaded for who listens alone.
    const { Listener } = await import('./listener.ts')
    if (this.#isStopping) return
    this.#listener = new Listener({ ...this.#options, ...this.#settings })
    this.#listener.start()
  }

  /** Resolves once no message is under way any more. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#listener?.[Symbol.asyncDispose]()
  }
}
