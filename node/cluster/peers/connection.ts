/** The ways to another member: separate ones, so that what waits on one of them holds up nothing on the others. */
import { type AgentOptions, Agent as HttpAgent, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import type { Clock } from '../../../shared/clock.ts'
import { type InFlight, Share } from '../../../shared/in-flight.ts'
import { bearer } from '../../../shared/secrets.ts'
import type { Tls } from '../../../shared/tls.ts'
import { LIFE_HEADER, MEMBER_HEADER, type Member } from '../../../shared/view.ts'
import { FRAME_TYPE } from '../wire/calls.ts'
import { CHANNEL_PATH, Channel, NoChannelError } from './channel.ts'
import { post } from './post.ts'

/**
 * Commands and changes go one batch after the other, on a channel each where the member has one for them; fetches from APIs,
 * large commands, what concerns whole slots, parts of what is large, and questions for the feed, whose answers are held, go side
 * by side, as requests.
 */
export type Lane = 'commands' | 'fetches' | 'changes' | 'slots' | 'parts' | 'feed'

export interface Posted {
  readonly lane: Lane
  readonly path: string
  /** Of the body, where it is no frame. */
  readonly type?: string
  readonly body: Buffer
  readonly timeoutMs: number
  /** Calls it off, where it is a request. */
  readonly signal?: AbortSignal | undefined
}

/** How long a member that has refused a channel is asked for none; one that has not answered, at first, for less. */
const WITHOUT_CHANNEL_MS = 60_000
const SILENT_MS = 2000

export interface PeerResponse {
  readonly status: number
  readonly body: Buffer
}

export interface Connection {
  /** Opens what is kept open, where it is not. @throws as `post`. */
  open(): Promise<void>
  /** @throws what the connection throws, with its `code`. */
  post(posted: Posted): Promise<PeerResponse>
  close(): void
}

export interface HttpConnectionOptions {
  readonly clock: Clock
  /** The name of this member, for the logs of others. */
  readonly self: string
  /** Those of the cluster. */
  readonly clusterSecrets: readonly string[]
  /** By which it is checked who answers; what Node trusts counts without. */
  readonly tls?: Pick<Tls, 'agent'> | undefined
  /** How many connections may be opened from here, to all there is. */
  readonly connectionsMax: number
  /** What is sent and answered counts; of fetches an answer may also be refused. */
  readonly inFlight: InFlight
}

/** Of the connections that may be opened from here, what one lane to one member takes; more wait for one of these. */
const LANE_PART = 1 / 8
const LANE_MIN = 2

/** Far above what travels as one; members of the former version send replies of 32 MiB, or one value, as one. */
const ANSWER_BYTES_MAX = 512 * 2 ** 20

export class HttpConnection implements Connection {
  readonly #options: HttpConnectionOptions
  readonly #url: string
  readonly #isSecure: boolean
  readonly #headers: Readonly<Record<string, string>>
  readonly #agents: Readonly<Record<Lane, HttpAgent>>
  readonly #channels: Readonly<Partial<Record<Lane, Channel>>>
  readonly #targets = new Map<string, RequestOptions>()
  #withoutChannelUntilMs = -Infinity
  #silentMs = SILENT_MS

  constructor({ url, incarnation }: Member, options: HttpConnectionOptions) {
    this.#options = options
    this.#url = url.replace(/\/$/, '')
    this.#headers = {
      [MEMBER_HEADER]: options.self,
      [LIFE_HEADER]: incarnation,
      ...bearer(options.clusterSecrets),
    }
    this.#isSecure = url.startsWith('https:')
    const inTurn = () => this.#agent({ keepAlive: true, maxSockets: 1 })
    const maxSockets = Math.max(LANE_MIN, Math.floor(options.connectionsMax * LANE_PART))
    const sideBySide = () => this.#agent({ keepAlive: true, maxSockets })
    this.#agents = {
      commands: inTurn(),
      changes: inTurn(),
      fetches: sideBySide(),
      slots: sideBySide(),
      parts: sideBySide(),
      feed: sideBySide(),
    }
    this.#channels = { commands: this.#channel(), changes: this.#channel() }
    for (const channel of Object.values(this.#channels)) options.inFlight.holders.add(channel)
  }

  async open(): Promise<void> {
    if (this.#options.clock.now() < this.#withoutChannelUntilMs) return
    try {
      await Promise.all(Object.values(this.#channels).map((channel) => channel.open()))
      this.#silentMs = SILENT_MS
    } catch (error) {
      this.#goWithout(error)
    }
  }

  async post(posted: Posted): Promise<PeerResponse> {
    const { clock } = this.#options
    const channel = this.#channels[posted.lane]
    const askedAtMs = clock.now()
    if (channel === undefined || askedAtMs < this.#withoutChannelUntilMs) return await this.#post(posted)
    try {
      const { code: status, body } = await channel.ask(posted)
      return { status, body }
    } catch (error) {
      this.#goWithout(error)
      return await this.#post({ ...posted, timeoutMs: posted.timeoutMs - (clock.now() - askedAtMs) })
    }
  }

  /** Requests may get through where no channel does. @throws what else went wrong. */
  #goWithout(error: unknown): void {
    if (!(error instanceof NoChannelError)) throw error
    const pauseMs = error.isSilent ? this.#silentMs : WITHOUT_CHANNEL_MS
    this.#withoutChannelUntilMs = this.#options.clock.now() + pauseMs
    this.#silentMs = Math.min(2 * this.#silentMs, WITHOUT_CHANNEL_MS)
  }

  async #post({ lane, path, type = FRAME_TYPE, body, timeoutMs, signal }: Posted): Promise<PeerResponse> {
    const share = new Share(this.#options.inFlight)
    share.mayExceed = lane !== 'fetches'
    share.cover(body.length)
    const answer = post(this.#targetOf(path), {
      body,
      share,
      timeoutMs,
      signal,
      clock: this.#options.clock,
      agent: this.#agents[lane],
      headers: { ...this.#headers, 'content-type': type },
      answerBytesMax: ANSWER_BYTES_MAX,
    })
    return await answer.finally(() => share.release())
  }

  #channel(): Channel {
    return new Channel({
      target: this.#targetOf(CHANNEL_PATH),
      agent: this.#agent({}),
      headers: this.#headers,
      clock: this.#options.clock,
      answerBytesMax: ANSWER_BYTES_MAX,
    })
  }

  #agent(options: AgentOptions): HttpAgent {
    if (!this.#isSecure) return new HttpAgent(options)
    return this.#options.tls?.agent(options) ?? new HttpsAgent(options)
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
    for (const channel of Object.values(this.#channels)) {
      channel.close()
      this.#options.inFlight.holders.delete(channel)
    }
  }

  #targetOf(path: string): RequestOptions {
    const target = this.#targets.get(path) ?? { ...urlToHttpOptions(new URL(this.#url + path)) }
    this.#targets.set(path, target)
    return target
  }
}
