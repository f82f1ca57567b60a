/**
 * `GET /api/v1/status`: the cluster as it is now, as JSON, or every second for as long as somebody looks, as server-sent
 * events. It is put together once a beat, however many look, and not at all while nobody does.
 */
import type { ServerResponse } from 'node:http'
import accepts from 'accepts'
import type { Clock, Timer } from '../clock.ts'
import { LarderError } from '../errors.ts'
import { json } from '../http/response.ts'
import type { Route } from '../http/route.ts'
import { ClusterStatus } from './status.ts'

export interface ShowingOptions {
  readonly clock: Clock
  read(): Promise<ClusterStatus>
}

const EVENTS = 'text/event-stream'
const BEAT_MS = 1000
/** So many may look at a time. */
const LOOKERS_MAX = 200

export class Showing {
  readonly #options: ShowingOptions
  readonly #lookers = new Set<ServerResponse>()
  #timer: Timer | undefined
  #isReading = false
  #isOver = false

  constructor(options: ShowingOptions) {
    this.#options = options
  }

  get route(): Route {
    return {
      method: 'GET',
      path: '/api/v1/status',
      operationId: 'getStatus',
      summary:
        'The cluster, its members and what they measure: as it is now, or every second as server-sent events.',
      access: 'public',
      needs: ['metrics'],
      isProbe: true,
      answers: {
        200: {
          description: 'What whoever is asked sees; events are called status, and have the same JSON.',
          content: { 'application/json': ClusterStatus, [EVENTS]: undefined },
        },
      },
      errors: ['OVERLOADED'],
      handle: async ({ message }) => {
        const wanted = accepts(message).type(['application/json', EVENTS])
        const headers = { vary: 'accept', 'cache-control': 'private, no-store, no-transform' }
        if (wanted !== EVENTS) {
          const answer = json(await this.#options.read())
          return { ...answer, headers: { ...answer.headers, ...headers } }
        }
        if (this.#lookers.size >= LOOKERS_MAX)
          throw new LarderError('OVERLOADED', `${LOOKERS_MAX} look already.`)
        return {
          status: 200,
          // Some balancers gather what they pass on.
          headers: { ...headers, 'content-type': EVENTS, 'x-accel-buffering': 'no' },
          live: (out) => this.#show(out),
        }
      },
    }
  }

  /** Those who look may go on elsewhere; who comes now is told once. */
  end(): void {
    this.#isOver = true
    this.#timer?.cancel()
    for (const out of this.#lookers) out.end()
  }

  #show(out: ServerResponse): void {
    out.on('error', () => {}) // It is closed next.
    out.once('close', () => this.#gone(out))
    this.#lookers.add(out)
    this.#timer ??= this.#options.clock.every(BEAT_MS, () => void this.#beat())
    // Not only what changes next: he sees something at once.
    void this.#told().then((event) => {
      tell(out, event)
      if (this.#isOver) out.end()
    })
  }

  #gone(out: ServerResponse): void {
    this.#lookers.delete(out)
    if (this.#lookers.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #beat(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const event = await this.#told()
    this.#isReading = false
    for (const out of this.#lookers) tell(out, event)
  }

  async #told(): Promise<string> {
    try {
      return `event: status\ndata: ${JSON.stringify(await this.#options.read())}\n\n`
    } catch {
      return ': it cannot be told now\n\n' // The page says that it hears nothing; as JSON it is an error that is logged.
    }
  }
}

/** Whoever has not taken the one before gets the next one instead. */
function tell(out: ServerResponse, event: string): void {
  if (!out.writableEnded && !out.destroyed && !out.writableNeedDrain) out.write(event)
}
