/**
 * Answers what never becomes a request: garbage, headers without end, a body that does not arrive.
 *
 * On a connection with pipelined requests the refusal waits until those before it have their answers, and a
 * request that has its answer already gets no second one.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ErrorCode, LarderError } from './errors.ts'
import type { Log } from './log.ts'
import type { HttpMetrics } from './metrics.ts'

export const HEADER_BYTES_MAX = 16 * 1024

interface Conversation {
  newest: IncomingMessage
  isNewestAnswered: boolean
  unanswered: number
  whenAnswered?: () => void
}

export function refuseGarbage(server: Server, log: Log, metrics: HttpMetrics): void {
  const conversations = new WeakMap<Socket, Conversation>()

  const note = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const conversation = conversations.get(socket) ?? {
      newest: request,
      isNewestAnswered: false,
      unanswered: 0,
    }
    conversation.newest = request
    conversation.isNewestAnswered = false
    conversation.unanswered++
    conversations.set(socket, conversation)
    response.once('close', () => {
      conversation.unanswered--
      if (conversation.newest === request) conversation.isNewestAnswered = true
      conversation.whenAnswered?.()
    })
  }
  server.on('request', note).on('checkExpectation', note)

  const refuse = (socket: Duplex, [code, detail]: Refusal) => {
    if (!socket.writable) return void socket.destroy() // The client is gone, and was not refused.
    const error = new LarderError(code, detail)
    metrics.requests.inc({ method: 'none', route: 'refused', status: error.status })
    answer(socket, error)
  }

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    log.debug({ code: error.code, reason: error.message }, 'a connection was refused')
    const refusal = REFUSALS[error.code ?? ''] ?? INVALID
    const conversation = conversations.get(socket)
    if (conversation === undefined) return refuse(socket, refusal)
    const { newest, isNewestAnswered } = conversation
    if (!newest.complete && isNewestAnswered) return void socket.destroy()
    // The broken request may itself be among the unanswered ones.
    const ahead = () => conversation.unanswered - (newest.complete ? 0 : 1)
    if (ahead() === 0) return refuse(socket, refusal)
    conversation.whenAnswered = () => {
      if (ahead() === 0) refuse(socket, refusal)
    }
  })

  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, NO_PROXY))
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
