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
  readonly client: Client | undefined
  readonly topics: readonly string[]
  /** What this process is called among those who listen. */
  readonly clientId: string
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
  handle: ListenerOptions['handle']
}

/** What listens, with the client for Kafka: a fifth of the time that a start takes, so it is loaded for who listens alone. */
export type Client = typeof import('./listener.ts')

export async function loadClient(kafka: KafkaSettings | undefined): Promise<Client | undefined> {
  return kafka && (await import('./listener.ts'))
}

export class Kafka {
  readonly #listener: Listener | undefined

  constructor({ kafka, client, registry, ...options }: KafkaOptions) {
    const { log, topics } = options
    const metrics = createListenerMetrics(registry)
    if (kafka === undefined || client === undefined) {
      // Or it would seem to be out of reach.
      metrics.connected.remove()
      return
    }
    if (topics.length === 0) log.warn('KAFKA_BROKERS is set, and no route has events to listen to')
    else this.#listener = new client.Listener({ ...options, ...kafka, metrics })
  }

  start(): void {
    this.#listener?.start()
  }

  /** Resolves once no message is under way any more. */
  async stop(): Promise<void> {
    await this.#listener?.[Symbol.asyncDispose]()
  }
}
