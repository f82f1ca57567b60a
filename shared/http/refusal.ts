/**
 * Answers what never becomes a request: garbage, headers without end, a body that does not arrive.
 *
 * On a connection with pipelined requests the refusal waits until those before it have their answers, and a
 * request that has its answer already gets no second one.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorCode, LarderError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { HttpMetrics } from './metrics.ts'

export const HEADER_BYTES_MAX = 16 * 1024

/** The last two requests on a connection. Answers leave in the order of the requests. */
interface Conversation {
  newest: IncomingMessage
  answer: ServerResponse
  before: ServerResponse | undefined
}

export class Refusals {
  readonly #log: Log
  readonly #metrics: HttpMetrics
  readonly #conversations = new WeakMap<Duplex, Conversation>()
  readonly #refused = new WeakSet<Duplex>()

  constructor(server: Server, log: Log, metrics: HttpMetrics) {
    this.#log = log
    this.#metrics = metrics
    server.on('clientError', (error, socket) => this.#hear(error, socket))
    server.on('connect', (_request, socket) => this.#refuseInTurn(socket, NO_PROXY))
  }

  /** To be told of every request. */
  note(newest: IncomingMessage, answer: ServerResponse): void {
    const conversation = this.#conversations.get(newest.socket)
    if (conversation === undefined) {
      this.#conversations.set(newest.socket, { newest, answer, before: undefined })
      return
    }
    conversation.before = isOut(conversation.answer) ? undefined : conversation.answer
    conversation.newest = newest
    conversation.answer = answer
  }

  /** Whether all that was asked on the connection is answered. */
  isQuiet(socket: Duplex): boolean {
    const { answer } = this.#conversations.get(socket) ?? {}
    return answer === undefined || isOut(answer)
  }

  #hear(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#refused.has(socket)) return // Whatever comes behind garbage is garbage.
    this.#refused.add(socket)
    this.#log.debug({ code: error.code, reason: error.message }, 'a connection was refused')
    this.#refuseInTurn(socket, REFUSALS[error.code ?? ''] ?? INVALID)
  }

  /** Looks again after every answer that it waits for: the broken request may have got one meanwhile. */
  #refuseInTurn(socket: Duplex, refusal: Refusal): void {
    const { newest, answer, before } = this.#conversations.get(socket) ?? {}
    // The broken request may itself be the newest one.
    const isBroken = newest?.complete === false
    const isAnswered = isBroken && answer?.writableEnded === true
    const ahead = isBroken && !isAnswered ? before : answer
    if (ahead !== undefined && !isOut(ahead)) ahead.once('close', () => this.#refuseInTurn(socket, refusal))
    else if (isAnswered) socket.destroy()
    else this.#refuse(socket, refusal)
  }

  #refuse(socket: Duplex, [code, detail]: Refusal): void {
    if (!socket.writable) return void socket.destroy() // The client is gone, and was not refused.
    const error = new LarderError(code, detail)
    this.#metrics.answers.count('refused', 'none', error.status, 0)
    answer(socket, error)
  }
}

function isOut(answer: ServerResponse): boolean {
  return answer.writableFinished || answer.destroyed
}

type Refusal = readonly [ErrorCode, string]

const INVALID: Refusal = [
  'BAD_REQUEST',
  'This is not a valid HTTP request. In its URL, whatever is not ASCII must be percent-encoded.',
]
const NO_PROXY: Refusal = ['BAD_REQUEST', 'This is not a proxy.']
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [
    'HEADERS_TOO_LARGE',
    `The request line and headers may have ${HEADER_BYTES_MAX} bytes.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request did not arrive whole in time.'],
}

function answer(socket: Duplex, error: LarderError): void {
  const { status, title } = error.toProblem()
  const body = JSON.stringify(error.toProblem())
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
