/** Changes as they happen, over the whole cluster: a stream of server-sent events (HTML, section 9.2), or a WebSocket. */
import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { networkOf } from '../../shared/http/network.ts'
import { readQuery } from '../../shared/http/query.ts'
import { headerOf } from '../../shared/http/request.ts'
import type { Parameter, Route } from '../../shared/http/route.ts'
import type { Keys } from '../../shared/keys.ts'
import type { Rights } from '../../shared/rights.ts'
import type { Turns } from '../../shared/turns.ts'
import { refuseOthers } from '../../shared/unknown-field.ts'
import { type Interest, WATCHED, type WatchedKind } from '../../shared/watching.ts'
import { permittedInterest } from '../dispatch.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import { parseKeyText, parseSwitch } from './fields.ts'
import { parsePrefix } from './keys.ts'
import { FIRST_TEXT, Teller, Wording } from './watch-events.ts'
import { handshakeRefusal, type WatchAs, watchUpgrade } from './watch-socket.ts'

const EVENTS = 'text/event-stream'
const STREAM_HEADERS = {
  'content-type': EVENTS,
  'cache-control': 'private, no-cache, no-transform',
  // Some balancers gather what they pass on.
  'x-accel-buffering': 'no',
}

const parameters: readonly Parameter[] = [
  {
    in: 'query',
    name: 'prefix',
    description: 'How the keys and contents begin; all of them without.',
    schema: z.string(),
  },
  { in: 'query', name: 'key', description: 'The one key or content that is meant.', schema: z.string() },
  {
    in: 'query',
    name: 'kinds',
    description: `Which of ${WATCHED.join(', ')}, with commas; all of them without.`,
    schema: z.string(),
  },
  {
    in: 'query',
    name: 'snapshot',
    description: '1: what there is comes first, up to snapshot-end, and again after every gap.',
    schema: z.string(),
  },
  {
    in: 'query',
    name: 'since',
    description: 'As Last-Event-ID, for those who can send no headers.',
    schema: z.string(),
  },
  {
    in: 'header',
    name: 'Last-Event-ID',
    description:
      'The id of the last event that was taken, by whichever node it was told: it goes on from there.',
    schema: z.string(),
  },
]

const names = parameters.flatMap((parameter) => (parameter.in === 'query' ? [parameter.name] : []))

export interface WatchOptions {
  readonly watching: Watching
  readonly turns: Turns
  /** Those of callers. */
  readonly keys?: Keys | undefined
}

export function watchRoute(options: WatchOptions): Route {
  const { watching, turns } = options
  const wording = Wording.events(turns)
  const watch = allowed(options)
  return {
    method: 'GET',
    path: '/api/v1/watch',
    operationId: 'watch',
    summary: 'Changes as they happen, over the whole cluster, until the caller goes.',
    access: 'public',
    needs: ['read'],
    isHot: true,
    parameters,
    answers: {
      200: {
        description:
          'Events: change, delete, snapshot-end, and gap, after which what was watched is to be read anew.',
        content: { [EVENTS]: undefined },
      },
    },
    errors: ['NOT_READY', 'OVERLOADED'],
    upgrade: watchUpgrade({
      ...options,
      watch,
      askedIn({ url = '', headers }, rights) {
        const query = readQuery(url.slice(url.indexOf('?') + 1 || url.length))
        refuseOthers(query.keys(), names, 'the query')
        return askedIn(query, { rights, since: headerOf(headers, 'last-event-id') })
      },
    }),
    handle(request) {
      const refusal = handshakeRefusal(request.message.headers)
      if (refusal !== undefined) return refusal
      const { parameters, rights } = request
      const asked = askedIn(parameters, { rights, since: request.header('last-event-id') })
      const address = networkOf(request.message.socket.remoteAddress)
      watching.admit(address)
      return {
        status: 200,
        headers: STREAM_HEADERS,
        live(out) {
          const audience = new EventStream(out, wording, address)
          out.once('close', watch(asked, rights, audience))
        },
      }
    },
  }
}

/** Whoever has shown a key is told no longer than it is good for the same. */
function allowed({ watching, keys }: WatchOptions): WatchAs {
  return (asked, rights, audience) => {
    const stop = watching.watch(asked, audience)
    const forget = keys?.onRenewed(() => {
      if (!keys.stillGive(rights)) audience.end()
    })
    return () => {
      forget?.()
      stop()
    }
  }
}

interface Shown {
  readonly rights: Rights
  readonly since: string | undefined
}

/** @throws LarderError BAD_REQUEST, KEY_NULL, FORBIDDEN. */
function askedIn(query: ReadonlyMap<string, string>, { rights, since = query.get('since') }: Shown): Asked {
  const interest = permittedInterest(interestIn(query), rights)
  const hasSnapshot = parseSwitch('snapshot', query.get('snapshot'))
  return { interest, hasSnapshot, ...(since && { since }) }
}

/** @throws LarderError BAD_REQUEST, KEY_NULL. */
function interestIn(query: ReadonlyMap<string, string>): Interest {
  const prefix = parsePrefix(query.get('prefix') ?? '')
  const key = query.get('key')
  const kinds = kindsIn(query.get('kinds') ?? '')
  return key === undefined ? { prefix, kinds } : { prefix, key: parseKeyText(key), kinds }
}

function kindsIn(text: string): readonly WatchedKind[] {
  if (text === '') return WATCHED
  const named = text.split(',').map((name) => name.trim())
  const kinds = WATCHED.filter((kind) => named.includes(kind))
  if (named.every((name) => kinds.some((kind) => kind === name))) return kinds
  throw new LarderError('BAD_REQUEST', `kinds: of ${WATCHED.join(', ')}, with commas between them.`)
}

class EventStream implements Audience {
  readonly address: string
  readonly #out: ServerResponse
  readonly #teller: Teller
  #hasBegun = false

  constructor(out: ServerResponse, wording: Wording, address: string) {
    this.address = address
    this.#out = out
    this.#teller = new Teller(wording, (bytes) => this.#write(bytes))
    out.on('error', () => {}) // It is closed next.
  }

  get bytes(): number {
    return this.#out.writableLength + this.#teller.bytes
  }

  tell(event: WatchEvent): void {
    if (!this.#isOver) this.#teller.tell(event)
  }

  async drained(): Promise<void> {
    await this.#teller.made
    const out = this.#out
    if (!out.writableNeedDrain || out.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    out.once('drain', resolve)
    out.once('close', resolve)
    await promise
    out.off('drain', resolve)
    out.off('close', resolve)
  }

  end(): void {
    void this.#teller.made.then(() => this.#out.end())
  }

  get #isOver(): boolean {
    return this.#out.writableEnded || this.#out.destroyed
  }

  #write(bytes: Buffer): void {
    if (this.#isOver) return
    // Not before: once he sees that it has begun nothing may be missed.
    if (!this.#hasBegun) this.#out.write(FIRST_TEXT)
    this.#hasBegun = true
    this.#out.write(bytes)
  }
}
