/** The end of a channel that is asked: what comes in on it is what could have come as a POST of a frame. */
import type { Duplex } from 'node:stream'
import { LarderError } from '../../../shared/errors.ts'
import { headerOf } from '../../../shared/http/request.ts'
import { type HttpResponse, problem, type ResponseBody } from '../../../shared/http/response.ts'
import type { Route } from '../../../shared/http/route.ts'
import type { Told, ToldRow, Upgraded } from '../../../shared/http/upgrade.ts'
import { MEMBER_HEADER } from '../../../shared/view.ts'
import { CALL_PATHS } from '../wire/calls.ts'
import { type Addressee, isMeant, refuseOthers } from './addressee.ts'
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from './channel.ts'
import { type Message, MessageReader, send } from './message.ts'

/** What members may ask each other, over HTTP or a channel. */
export interface FrameRow {
  readonly path: string
  readonly summary: string
  /** Members ask it all the time: it keeps nobody from leaving. */
  readonly isProbe?: true
  /** `from` is what its sender calls itself, for the log. */
  answer(frame: Buffer, from: string | undefined): Promise<Buffer>
}

export interface ChannelServerOptions {
  readonly rows: readonly FrameRow[]
  readonly bytesMax: number
  readonly told: Told
  /** What whoever asks calls itself. */
  readonly from: string | undefined
}

export class ChannelServer implements Upgraded {
  readonly #socket: Duplex
  readonly #options: ChannelServerOptions
  readonly #reader: MessageReader
  #isAnswering = false
  #isClosing = false

  constructor(socket: Duplex, options: ChannelServerOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new MessageReader(options.bytesMax)
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
  }

  get bytes(): number {
    return this.#reader.bytes + this.#socket.writableLength
  }

  close(): void {
    this.#isClosing = true
    if (!this.#isAnswering && !this.#reader.isAmid) this.#socket.end()
  }

  #hear(chunk: Buffer): void {
    if (this.#socket.writableEnded) return
    const startedAtMs = performance.now()
    try {
      if (this.#isAnswering)
        throw new LarderError('BAD_REQUEST', 'A question came before the answer to the last one.')
      const question = this.#reader.take(chunk)
      if (question !== undefined) void this.#answer(this.#rowOf(question), question, startedAtMs)
    } catch (thrown) {
      this.#isClosing = true
      const row = { method: 'GET', path: CHANNEL_PATH, isProbe: true } as const
      this.#send(row, startedAtMs, problem(thrown))
    }
  }

  async #answer(row: FrameRow, { body }: Message, startedAtMs: number): Promise<void> {
    this.#isAnswering = true
    const answer = await answerOf(row, body, this.#options.from)
    this.#isAnswering = false
    this.#send({ method: 'POST', ...row }, startedAtMs, answer)
  }

  #send(row: ToldRow, startedAtMs: number, answer: HttpResponse): void {
    this.#options.told(row, startedAtMs, answer)
    send(this.#socket, { code: answer.status, body: bufferOf(answer.body) })
    if (this.#isClosing) this.#socket.end()
  }

  #rowOf({ code }: Message): FrameRow {
    const row = this.#options.rows.find(({ path }) => path === CALL_PATHS[code])
    if (row === undefined)
      throw new LarderError('NO_SUCH_PATH', `A question with the code ${code} asks for nothing.`)
    return row
  }
}

/** Of what members answer, none is in pieces. */
function bufferOf(body: ResponseBody = ''): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.length)
  return Buffer.from(typeof body === 'string' ? body : '')
}

async function answerOf(row: FrameRow, frame: Buffer, from: string | undefined): Promise<HttpResponse> {
  try {
    return { status: 200, headers: {}, body: await row.answer(frame, from) }
  } catch (thrown) {
    return problem(thrown)
  }
}

export interface ChannelRouteOptions {
  readonly bytesMax: number
  /** Whom it may be asked of here. */
  readonly self: Addressee
}

/** Where a channel is asked for. */
export function channelRoute(rows: readonly FrameRow[], { bytesMax, self }: ChannelRouteOptions): Route {
  return {
    method: 'GET',
    path: CHANNEL_PATH,
    summary: 'A connection for frames without HTTP around each. Not for clients.',
    access: 'member',
    isHot: true,
    isProbe: true,
    upgrade: {
      protocol: CHANNEL_PROTOCOL,
      isFor: ({ headers }) => isMeant(self, headers),
      take: (socket, told, headers) =>
        new ChannelServer(socket, { rows, bytesMax, told, from: headerOf(headers, MEMBER_HEADER) }),
    },
    answers: { 101: { description: 'Messages from now on.' } },
    errors: ['ANOTHER_LIFE'],
    handle({ message }) {
      refuseOthers(self, message.headers)
      throw new LarderError('BAD_REQUEST', `Ask for it with upgrade: ${CHANNEL_PROTOCOL}.`)
    },
  }
}
