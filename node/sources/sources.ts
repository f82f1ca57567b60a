/**
 * Where what is cached comes from: the upstream APIs, asked for what is missing, and the events that say what has changed.
 *
 *     commands ─▶ ReadThrough ─▶ the local engine          Kafka ─▶ Listener ─▶ Events ─▶ the router
 *                      └─▶ Upstream
 */
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { InFlight } from '../../shared/in-flight.ts'
import type { Log } from '../../shared/log.ts'
import type { ResponseQuery } from '../../shared/response-command.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Engine } from '../engine.ts'
import type { KafkaSettings } from '../kafka-settings.ts'
import { type CachedRoute, queryIn, RouteTable, topicsOf, urlOf } from '../route-table.ts'
import { Events } from './events.ts'
import type { Gate } from './gate.ts'
import { type Client, Kafka } from './kafka/kafka.ts'
import { createSourceMetrics, type SourceMetrics } from './metrics.ts'
import { ReadThrough } from './read-through.ts'
import type { UpstreamAnswer } from './taking.ts'
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
  readonly #table: RouteTable
  #readThrough: ReadThrough | undefined
  #kafka: Kafka | undefined
  #isStopping = false

  constructor(options: SourcesOptions) {
    this.#options = options
    this.#metrics = createSourceMetrics(options.registry)
    this.#table = new RouteTable(options.routes)
    this.#upstream = new Upstream({ ...options, metrics: this.#metrics })
  }

  /** The origins that are called. */
  get upstreams(): string[] {
    return [...this.#upstream.origins]
  }

  /** The local engine with the cached responses in it; others that share it come to the same gate. */
  inFrontOf(local: Engine, gate?: Gate): Engine {
    const { log, clock, bytesMax } = this.#options
    const routes = this.#table
    const tokenBytesMax = bytesMax * TOKENS_MAX
    const parts = {
      local,
      routes,
      upstream: this.#upstream,
      clock,
      log,
      metrics: this.#metrics,
      tokenBytesMax,
      ...(gate && { gate }),
    }
    this.#readThrough = new ReadThrough(parts)
    return this.#readThrough
  }

  /** Passes on what is not asked of the cache. @throws LarderError as upstream does, and NO_SUCH_PATH. */
  readonly pass = async (
    asked: ResponseQuery & { readonly method: string; readonly body: Uint8Array },
  ): Promise<UpstreamAnswer & { readonly changed: readonly string[] }> => {
    const { key, path = key } = asked
    const match = this.#table.match(path)
    if (match === undefined) throw new LarderError('NO_SUCH_PATH', 'No route has this path.')
    const answer = await this.#upstream.ask({ ...asked, query: queryIn(asked.query), match })
    return { ...answer, changed: this.#changedBy(answer, urlOf(match, '')) }
  }

  /** What else is not as it was, as the answer says, where it is of the same upstream (RFC 9111, section 4.4). */
  #changedBy({ headers }: UpstreamAnswer, { origin, path }: { origin: string; path: string }): string[] {
    return [headers['location'], headers['content-location']].flatMap((location) => {
      const url = location === undefined ? null : URL.parse(location, origin + path)
      return url === null || url.origin !== origin ? [] : this.#table.keysOf(url)
    })
  }

  /** What tokens take that are remembered for refreshes. */
  get tokenBytes(): number {
    return this.#readThrough?.tokenBytes ?? 0
  }

  /** The members have changed: what is being fetched may have missed something elsewhere, but for what is held all along. */
  doubt(isHeld: (key: string) => boolean): void {
    this.#readThrough?.doubt(isHeld)
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
