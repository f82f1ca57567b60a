/**
 * A connection to another member that has left HTTP, which costs more than what members mostly say to each other: one
 * question at a time, and its answer.
 */
import { type Agent, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../../shared/clock.ts'
import { CALL_PATHS } from '../wire/calls.ts'
import { type Message, MessageReader, send } from './message.ts'
import { isNotConnected } from './not-connected.ts'

export const CHANNEL_PATH = '/cluster/channel'
export const CHANNEL_PROTOCOL = 'larder-channel'

/** What asking for a channel may take; afterwards there is time left for a request. */
const CONNECT_MAX_MS = 1000
/** Shorter than whoever listens waits, so that no question meets a connection that is being closed. */
const IDLE_MAX_MS = 60_000

/** Whoever answered there, or something in between, speaks HTTP only; nothing was asked. */
export class NoChannelError extends Error {
  /** It said nothing: it may as well be busy, or stand still. */
  readonly isSilent: boolean

  constructor(message: string, { isSilent = false, ...options }: ErrorOptions & { isSilent?: boolean } = {}) {
    super(message, options)
    this.isSilent = isSilent
  }
}

export interface ChannelOptions {
  readonly target: RequestOptions
  /** Which keeps no connection. */
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly answerBytesMax: number
}

export interface Question {
  readonly path: string
  readonly body: Buffer
  /** How long the whole exchange may take. */
  readonly timeoutMs: number
}

interface Exchange {
  readonly question: Message
  readonly timer: Timer
  resolve(answer: Message): void
  reject(error: unknown): void
}

export class Channel {
  readonly #options: ChannelOptions
  #connecting: ClientRequest | undefined
  #socket: Socket | undefined
  #asked: Exchange | undefined
  #opening: PromiseWithResolvers<void> | undefined
  #reader: MessageReader | undefined

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Resolves once it is open, and can be asked without delay. @throws as `ask`. */
  open(): Promise<void> {
    if (this.#socket !== undefined) return Promise.resolve()
    this.#opening ??= Promise.withResolvers()
    const { promise } = this.#opening
    this.#connect(CONNECT_MAX_MS)
    return promise
  }

  /** @throws NoChannelError, or what the connection throws, with its `code`. */
  ask({ path, body, timeoutMs }: Question): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    if (this.#asked !== undefined) throw new Error('a channel carries one question at a time')
    const question = { code: CALL_PATHS.indexOf(path), body }
    const timer = this.#options.clock.after(timeoutMs, () =>
      this.#fail(new Error(`no answer within ${Math.round(timeoutMs)} ms`)),
    )
    this.#asked = { question, timer, resolve, reject }
    try {
      if (this.#socket !== undefined) send(this.#socket, question)
      else this.#connect(Math.min(CONNECT_MAX_MS, timeoutMs / 2))
    } catch (error) {
      this.#fail(error)
    }
    return promise
  }

  /** Of what is not whole yet, and what is not taken yet. */
  get bytes(): number {
    return (this.#reader?.bytes ?? 0) + (this.#socket?.writableLength ?? 0)
  }

  close(): void {
    this.#fail(new Error('the connection was closed'))
  }

  /** Connects, where that is not under way, and gives up after this time. */
  #connect(timeoutMs: number): void {
    this.#connecting ??= this.#begin()
    const connecting = this.#connecting
    const timer = this.#options.clock.after(timeoutMs, () => {
      if (this.#connecting === connecting)
        this.#fail(new NoChannelError('it does not answer', { isSilent: true }))
    })
    connecting.on('close', () => timer.cancel()).on('upgrade', () => timer.cancel())
  }

  /** Whatever keeps it from becoming a channel but a connection that cannot be had, requests may still get through. */
  #begin(): ClientRequest {
    const { target, agent, headers } = this.#options
    const request = target.protocol === 'https:' ? httpsRequest : httpRequest
    const connecting = request({
      ...target,
      agent,
      headers: { ...headers, connection: 'upgrade', upgrade: CHANNEL_PROTOCOL },
    })
    const failWith = (error: Error) => {
      if (this.#connecting === connecting) this.#fail(error)
    }
    const without = (cause: unknown) => failWith(new NoChannelError('it takes no channel', { cause }))
    connecting.on('upgrade', (_response, socket: Socket) => {
      if (this.#connecting === connecting) this.#open(socket)
      else socket.destroy()
    })
    connecting.on('response', ({ statusCode }) => without(`it answers ${statusCode}`))
    connecting.on('error', (error) => (isNotConnected(error) ? failWith(error) : without(error)))
    connecting.end()
    return connecting
  }

  #open(socket: Socket): void {
    const { answerBytesMax } = this.#options
    this.#connecting = undefined
    this.#socket = socket
    const reader = new MessageReader(answerBytesMax)
    this.#reader = reader
    const failWith = (error: Error) => {
      if (this.#socket === socket) this.#fail(error)
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        const answer = reader.take(chunk)
        if (answer !== undefined) this.#answer(answer)
      } catch (cause) {
        failWith(new Error('what it said is no answer', { cause }))
      }
    })
    const ended = () => failWith(new Error('the connection was closed without an answer'))
    socket.on('error', failWith).on('end', ended).on('close', ended)
    socket.setTimeout(IDLE_MAX_MS)
    socket.on('timeout', () => {
      if (this.#asked === undefined) failWith(new Error('nothing was said for long'))
    })
    socket.setNoDelay(true)
    this.#opening?.resolve()
    this.#opening = undefined
    if (this.#asked !== undefined) send(socket, this.#asked.question)
  }

  #answer(answer: Message): void {
    const asked = this.#asked
    if (asked === undefined) throw new Error('an answer that nobody has asked for')
    this.#asked = undefined
    asked.timer.cancel()
    asked.resolve(answer)
  }

  #fail(error: unknown): void {
    const [connecting, socket, asked, opening] = [this.#connecting, this.#socket, this.#asked, this.#opening]
    this.#connecting = undefined
    this.#socket = undefined
    this.#reader = undefined
    this.#asked = undefined
    this.#opening = undefined
    connecting?.destroy()
    socket?.destroy()
    asked?.timer.cancel()
    asked?.reject(error)
    opening?.reject(error)
  }
}
