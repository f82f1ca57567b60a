/** The ways to another member: separate ones, so that what waits on one of them holds up nothing on the others. */
import { Agent as HttpAgent, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import type { Clock } from '../../shared/clock.ts'
import { bearer } from '../../shared/secrets.ts'
import type { Member } from '../../shared/view.ts'
import { FRAME_TYPE } from './frame.ts'
import { post } from './post.ts'

/** Commands and changes go one batch after the other; fetches from APIs and what concerns whole slots go side by side. */
export type Lane = 'commands' | 'fetches' | 'changes' | 'slots'

export interface Posted {
  readonly lane: Lane
  readonly path: string
  readonly body: Buffer
  readonly timeoutMs: number
}

export interface Connection {
  /** @throws what the connection throws, with its `code`. */
  post(posted: Posted): Promise<{ status: number; body: Buffer }>
  close(): void
}

export interface HttpConnectionOptions {
  readonly clock: Clock
  /** The name of this member, for the logs of others. */
  readonly self: string
  /** What members show each other, if anything. */
  readonly secret: string | undefined
}

/** Far above any answer: replies are deferred beyond 32 MiB, and a value is as large as a request body at most. */
const ANSWER_BYTES_MAX = 512 * 2 ** 20

export class HttpConnection implements Connection {
  readonly #clock: Clock
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #agents: Readonly<Record<Lane, HttpAgent>>
  readonly #targets = new Map<string, RequestOptions>()

  constructor({ url }: Member, { clock, self, secret }: HttpConnectionOptions) {
    this.#clock = clock
    this.#url = url.replace(/\/$/, '')
    this.#headers = { 'content-type': FRAME_TYPE, 'larder-member': self, ...bearer(secret) }
    const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent
    const inTurn = () => new Agent({ keepAlive: true, maxSockets: 1 })
    const sideBySide = () => new Agent({ keepAlive: true })
    this.#agents = { commands: inTurn(), changes: inTurn(), fetches: sideBySide(), slots: sideBySide() }
  }

  post({ lane, path, body, timeoutMs }: Posted): Promise<{ status: number; body: Buffer }> {
    return post(this.#targetOf(path), {
      body,
      timeoutMs,
      clock: this.#clock,
      agent: this.#agents[lane],
      headers: this.#headers,
      answerBytesMax: ANSWER_BYTES_MAX,
    })
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #targetOf(path: string): RequestOptions {
    const target = this.#targets.get(path) ?? { ...urlToHttpOptions(new URL(this.#url + path)) }
    this.#targets.set(path, target)
    return target
  }
}
