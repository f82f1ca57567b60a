/** What is done with an event, from wherever it comes: every owner of a response that it concerns is told. */
import type { Clock } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { mapAll } from '../../shared/eventual.ts'
import { readingFields } from '../../shared/json.ts'
import { type Fields, Names, objectOf } from '../../shared/json-fields.ts'
import type { Log } from '../../shared/log.ts'
import { type Steps, workOn } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Engine } from '../engine.ts'
import type { CachedRoute } from '../route-table.ts'
import { type Invalidation, invalidationsOf } from './event.ts'
import type { SourceMetrics } from './metrics.ts'

export interface EventsOptions {
  readonly engine: Engine
  readonly routes: readonly CachedRoute[]
  readonly clock: Clock
  /** For messages that are too large for one turn. */
  readonly turns: Turns
  readonly log: Log
  readonly metrics: SourceMetrics
  readonly timeoutMs: number
}

/** As JSON writes one, of a length that any real one has. */
const INTEGER = /^-?\d{1,100}$/

export class Events {
  readonly #options: EventsOptions
  readonly #ids: ReadonlySet<string>
  readonly #names: Names

  constructor(options: EventsOptions) {
    this.#options = options
    this.#ids = new Set(options.routes.flatMap(({ events }) => events?.id ?? []))
    this.#names = new Names(...new Set(['type', ...this.#ids]))
  }

  /** What counts of a message, which may be of any size. @throws LarderError BAD_REQUEST for what is no JSON. */
  *reading(message: Uint8Array): Steps<unknown> {
    const fields = yield* readingFields(message, this.#names)
    return fields && { ...objectOf(fields, this.#names), ...this.#integersIn(fields) }
  }

  /** Ids that are integers, digit by digit: a number would be rounded beyond 2^53. */
  #integersIn(fields: Fields): Record<string, string> {
    const found = [...this.#ids].flatMap((name) => {
      const text = fields.get(name)
      return text !== undefined && INTEGER.test(text) ? [[name, String(BigInt(text))] as const] : []
    })
    return Object.fromEntries(found)
  }

  /** Resolves once the owners have confirmed. @throws LarderError BAD_REQUEST for what cannot be understood. */
  async apply(message: unknown, requestId: string, topic?: string): Promise<void> {
    const { engine, clock, metrics, timeoutMs } = this.#options
    const invalidations = this.#understand(message, topic)
    const options = { deadlineAtMs: clock.now() + timeoutMs, requestId, traced: false }
    await mapAll(invalidations, (invalidation) =>
      engine.execute({ type: 'response.invalidate', ...invalidation }, options),
    )
    metrics.events.inc({ outcome: invalidations.length > 0 ? 'applied' : 'ignored' })
  }

  /** A message of Kafka: one that cannot be understood is passed over. @throws LarderError when it has to come again. */
  async take({ topic, value }: { topic: string; value: Buffer | null }): Promise<void> {
    try {
      await this.apply(await this.#parse(value), 'kafka', topic)
    } catch (error) {
      if (!(error instanceof LarderError) || error.code !== 'BAD_REQUEST') throw error
      this.#options.log.warn(
        { topic, reason: error.message },
        'a message cannot be understood and is passed over',
      )
    }
  }

  /** What is no JSON is nothing that a route understands. */
  async #parse(value: Buffer | null): Promise<unknown> {
    try {
      return await workOn(this.#options.turns, value ?? Buffer.of(), (bytes) => this.reading(bytes))
    } catch {
      return undefined
    }
  }

  #understand(message: unknown, topic: string | undefined): Invalidation[] {
    try {
      return invalidationsOf(this.#options.routes, message, topic)
    } catch (cause) {
      this.#options.metrics.events.inc({ outcome: 'poisoned' })
      const reason = cause instanceof TypeError ? cause.message : 'type: text is needed'
      throw new LarderError('BAD_REQUEST', reason, { cause })
    }
  }
}
