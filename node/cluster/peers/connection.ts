/** The ways to another member: separate ones, so that what waits on one of them holds up nothing on the others. */
import { type AgentOptions, Agent as HttpAgent, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { type Clock, inTime } from '../../../shared/clock.ts'
import type { Told } from '../../../shared/http/upgrade.ts'
import { type InFlight, Share } from '../../../shared/in-flight.ts'
import { bearer } from '../../../shared/secrets.ts'
import type { Tls } from '../../../shared/tls.ts'
import { LIFE_HEADER, MEMBER_HEADER, type Member, SENDER_LIFE_HEADER } from '../../../shared/view.ts'
import { FRAME_TYPE } from '../wire/calls.ts'
import { ANSWER_BYTES_MAX, type Answering, CHANNEL_PATH, Channel } from './channel.ts'
import { NoChannelError, openSocket } from './opening.ts'
import { post } from './post.ts'

/**
 * Commands and changes go one batch after the other, on a channel where the member has one for them; fetches from APIs,
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

/** What asking for a channel may take; afterwards there is time left for a request. */
const CONNECT_MAX_MS = 1000
/** Shorter than whoever listens waits before it closes a connection. */
const SILENCE_MAX_MS = 60_000
/** How long a member that has refused a channel is asked for none; one that has not answered, at first, for less. */
const WITHOUT_CHANNEL_MS = 60_000
const SILENT_MS = 2000
/** Of the connections that may be opened from here, what one lane to one member takes; more wait for one of these. */
const LANE_PART = 1 / 8
const LANE_MIN = 2

export interface PeerResponse {
  readonly status: number
  readonly body: Buffer
}

export interface Connection {
  /** Opens what is kept open, where it is not. @throws as `post`. */
  open(): Promise<void>
  /** @throws what the connection throws, with its `code`. */
  post(posted: Posted): Promise<PeerResponse>
  /** Runs this at the end of this turn of the event loop: what it posts leaves with all that was said in it. */
  atLast?(run: () => void): void
  close(): void
}

/** What is shared with the side that listens. */
export interface Listening {
  /** A channel that the other member has opened. */
  readonly taken: Channel | undefined
  /** Channels that were opened from here, and are not closed yet. */
  readonly opened: Set<Channel>
  /** What is answered on any channel. */
  readonly answering: Omit<Answering, 'told'>
}

export interface HttpConnectionOptions {
  readonly clock: Clock
  /** This member. */
  readonly self: Pick<Member, 'id' | 'incarnation'>
  /** Those of the cluster. */
  readonly clusterSecrets: readonly string[]
  /** By which it is checked who answers; what Node trusts counts without. */
  readonly tls?: Pick<Tls, 'agent'> | undefined
  /** How many connections may be opened from here, to all there is. */
  readonly connectionsMax: number
  /** What is sent and answered counts; of fetches an answer may also be refused. */
  readonly inFlight: InFlight
  readonly listening: Listening
  readonly told: Told
}

export class HttpConnection implements Connection {
  readonly #member: Member
  readonly #options: HttpConnectionOptions
  readonly #headers: Readonly<Record<string, string>>
  readonly #agents: Readonly<Record<Lane, HttpAgent>>
  readonly #targets = new Map<string, RequestOptions>()
  readonly #closing = new AbortController()
  #opened: Channel | undefined
  #opening: Promise<void> | undefined
  #withoutChannelUntilMs = -Infinity
  #silentMs = SILENT_MS

  constructor(member: Member, options: HttpConnectionOptions) {
    const { self, clusterSecrets } = options
    this.#member = member
    this.#options = options
    this.#headers = {
      [MEMBER_HEADER]: self.id,
      [SENDER_LIFE_HEADER]: self.incarnation,
      [LIFE_HEADER]: member.incarnation,
      ...bearer(clusterSecrets),
    }
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
  }

  post(posted: Posted): Promise<PeerResponse> {
    const { lane } = posted
    if (lane !== 'commands' && lane !== 'changes') return this.#post(posted)
    const channel = this.#channel
    return channel === undefined ? this.#openAndAsk(posted) : channel.ask(posted)
  }

  async open(): Promise<void> {
    if (this.#channel === undefined) await this.#openWithin(CONNECT_MAX_MS)
  }

  atLast(run: () => void): void {
    const channel = this.#channel
    if (channel === undefined) setImmediate(run)
    else channel.atLast(run)
  }

  close(): void {
    this.#closing.abort()
    for (const agent of Object.values(this.#agents)) agent.destroy()
    this.#opened?.leave(new Error('the connection was closed'))
  }

  /** Where each has opened one, both take that of the member whose name comes first: all that is said is on one. */
  get #channel(): Channel | undefined {
    const { self, listening } = this.#options
    const [first, second] =
      self.id < this.#member.id ? [this.#opened, listening.taken] : [listening.taken, this.#opened]
    if (first?.isOpen) return first
    return second?.isOpen ? second : undefined
  }

  async #openAndAsk(posted: Posted): Promise<PeerResponse> {
    const { clock } = this.#options
    const askedAtMs = clock.now()
    await this.#openWithin(Math.min(CONNECT_MAX_MS, posted.timeoutMs / 2))
    const left = { ...posted, timeoutMs: posted.timeoutMs - (clock.now() - askedAtMs) }
    const channel = this.#channel
    return await (channel === undefined ? this.#post(left) : channel.ask(left))
  }

  /** Requests may get through where no channel does. @throws what else goes wrong. */
  async #openWithin(timeoutMs: number): Promise<void> {
    const { clock } = this.#options
    if (clock.now() < this.#withoutChannelUntilMs) return
    const late = new NoChannelError('it does not answer', { isSilent: true })
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    try {
      await inTime(this.#opening, { clock, timeoutMs, late })
      this.#silentMs = SILENT_MS
    } catch (error) {
      if (!(error instanceof NoChannelError)) throw error
      this.#withoutChannelUntilMs = clock.now() + (error.isSilent ? this.#silentMs : WITHOUT_CHANNEL_MS)
      if (error.isSilent) this.#silentMs = Math.min(2 * this.#silentMs, WITHOUT_CHANNEL_MS)
    }
  }

  async #open(): Promise<void> {
    const { clock, told, listening, inFlight } = this.#options
    const socket = await openSocket({
      clock,
      timeoutMs: CONNECT_MAX_MS,
      target: this.#targetOf(CHANNEL_PATH),
      agent: this.#agent({}),
      headers: this.#headers,
      signal: this.#closing.signal,
    })
    const channel = new Channel(socket, { ...listening.answering, clock, told, from: this.#member.id })
    socket.setNoDelay(true)
    socket.setTimeout(SILENCE_MAX_MS, () => channel.stir())
    this.#opened = channel
    listening.opened.add(channel)
    inFlight.holders.add(channel)
    socket.once('close', () => {
      listening.opened.delete(channel)
      inFlight.holders.delete(channel)
    })
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

  #agent(options: AgentOptions): HttpAgent {
    if (!this.#member.url.startsWith('https:')) return new HttpAgent(options)
    return this.#options.tls?.agent(options) ?? new HttpsAgent(options)
  }

  #targetOf(path: string): RequestOptions {
    const url = this.#member.url.replace(/\/$/, '')
    const target = this.#targets.get(path) ?? { ...urlToHttpOptions(new URL(url + path)) }
    this.#targets.set(path, target)
    return target
  }
}
