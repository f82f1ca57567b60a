/**
 * A connection to another member that has left HTTP, which costs more than what members mostly say to each other: one
 * question at a time, and its answer.
 */
import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http'
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
export class NoChannelError extends Error {}

export interface ChannelOptions {
  readonly target: RequestOptions
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

  constructor(options: ChannelOptions) {
    this.#options = options
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
      if (this.#socket === undefined) this.#connect(timeoutMs)
      else send(this.#socket, question)
    } catch (error) {
      this.#fail(error)
    }
    return promise
  }

  close(): void {
    this.#fail(new Error('the connection was closed'))
  }

  /** Whatever keeps it from becoming a channel but a connection that cannot be had, requests may still get through. */
  #connect(timeoutMs: number): void {
    const { target, headers, clock } = this.#options
    const request = target.protocol === 'https:' ? httpsRequest : httpRequest
    const connecting = request({
      ...target,
      agent: false,
      headers: { ...headers, connection: 'upgrade', upgrade: CHANNEL_PROTOCOL },
    })
    this.#connecting = connecting
    const failWith = (error: Error) => {
      if (this.#connecting === connecting) this.#fail(error)
    }
    const without = (cause: unknown) => failWith(new NoChannelError('it takes no channel', { cause }))
    const timer = clock.after(Math.min(CONNECT_MAX_MS, timeoutMs / 2), () => without('it does not answer'))
    connecting.on('upgrade', (_response, socket: Socket) => {
      timer.cancel()
      if (this.#connecting === connecting) this.#open(socket)
      else socket.destroy()
    })
    connecting.on('response', ({ statusCode }) => without(`it answers ${statusCode}`))
    connecting.on('error', (error) => (isNotConnected(error) ? failWith(error) : without(error)))
    connecting.on('close', () => timer.cancel())
    connecting.end()
  }

  #open(socket: Socket): void {
    const { answerBytesMax } = this.#options
    this.#connecting = undefined
    this.#socket = socket
    const reader = new MessageReader(answerBytesMax)
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
    const [connecting, socket, asked] = [this.#connecting, this.#socket, this.#asked]
    this.#connecting = undefined
    this.#socket = undefined
    this.#asked = undefined
    connecting?.destroy()
    socket?.destroy()
    asked?.timer.cancel()
    asked?.reject(error)
  }
}
