/**
 * Answers what never becomes a request: garbage, headers without end, a body that does not arrive.
 *
 * On a connection with pipelined requests the refusal waits until those before it have their answers.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, LarderError } from './errors.ts'
import type { Log } from './log.ts'

export const HEADER_BYTES_MAX = 16 * 1024

interface Conversation {
  newest: IncomingMessage
  unanswered: number
  whenAnswered?: () => void
}

export function refuseGarbage(server: Server, log: Log): void {
  const conversations = new WeakMap<Socket, Conversation>()

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const conversation = conversations.get(socket) ?? { newest: request, unanswered: 0 }
    conversation.newest = request
    conversation.unanswered++
    conversations.set(socket, conversation)
    response.once('close', () => {
      if (--conversation.unanswered === 0) conversation.whenAnswered?.()
    })
  })

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    log.debug({ code: error.code, reason: error.message }, 'a connection was refused')
    const conversation = conversations.get(socket)
    const isNext = conversation?.newest.complete && conversation.unanswered > 0
    if (isNext) conversation.whenAnswered = () => refuse(socket, error)
    else refuse(socket, error)
  })
}

const REFUSALS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: [
    'HEADERS_TOO_LARGE',
    `The request line and headers may have ${HEADER_BYTES_MAX} bytes.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request did not arrive whole in time.'],
}

function refuse(socket: Socket, error: NodeJS.ErrnoException): void {
  if (!socket.writable) return
  const [code, detail] = REFUSALS[error.code ?? ''] ?? ['BAD_REQUEST', 'This is not a valid HTTP request.']
  const problem = new LarderError(code, detail).toProblem()
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
