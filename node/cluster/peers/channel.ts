/**
 * A connection between two members that has left HTTP, which costs more than what members mostly say to each other. Whoever
 * has opened it, both ask on it, and both answer: so all that one has to say to the other in a turn is one message.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import { type HttpResponse, problem, type ResponseBody } from '../../../shared/http/response.ts'
import type { Told, ToldRow, Upgraded } from '../../../shared/http/upgrade.ts'
import { CALL_PATHS } from '../wire/calls.ts'
import { type HeardMessage, isAnswer, MessageReader } from './message.ts'
import { Outbox } from './outbox.ts'
import { type Answer, Questions } from './questions.ts'

export const CHANNEL_PATH = '/cluster/channel'
/** Version 1, of members of version 0.1, had one question at a time, and one asker. */
export const CHANNEL_PROTOCOL = 'larder-channel/2'

/** Far above what travels as one; members of the former version send replies of 32 MiB, or one value, as one. */
export const ANSWER_BYTES_MAX = 512 * 2 ** 20

/** What members may ask each other, over HTTP or a channel. */
export interface FrameRow {
  readonly path: string
  readonly summary: string
  /** Members ask it all the time: it keeps nobody from leaving. */
  readonly isProbe?: true
  /** `from` is what its sender calls itself, for the log. */
  answer(frame: Buffer, from: string | undefined): Promise<Buffer>
}

/** What is answered on it, and how. */
export interface Answering {
  readonly rows: readonly FrameRow[]
  readonly questionBytesMax: number
  readonly told: Told
}

export interface ChannelOptions extends Answering {
  readonly clock: Clock
  /** What the member at the other end calls itself. */
  readonly from: string | undefined
}

export interface Question {
  readonly path: string
  readonly body: Buffer
  /** How long the whole exchange may take. */
  readonly timeoutMs: number
}

/** An answer to a question that nobody asks. */
const NOTHING = { code: 200, number: 0, body: Buffer.of() } as const
const CHANNEL_ROW = { method: 'GET', path: CHANNEL_PATH, isProbe: true } as const

export class Channel implements Upgraded {
  readonly #socket: Duplex
  readonly #options: ChannelOptions
  readonly #outbox: Outbox
  readonly #reader: MessageReader
  readonly #questions: Questions
  /** By the code of what is asked; as they are told of, they would have come as a POST. */
  readonly #rows: readonly ((FrameRow & ToldRow) | undefined)[]
  /** Questions of the other end that are not answered yet. */
  #owed = 0
  #isAsked = false
  #isLeft = false
  #isClosing = false
  #isOver = false

  constructor(socket: Duplex, options: ChannelOptions) {
    const { rows, clock, questionBytesMax } = options
    this.#socket = socket
    this.#options = options
    this.#outbox = new Outbox(socket)
    this.#reader = new MessageReader({ question: questionBytesMax, answer: ANSWER_BYTES_MAX })
    this.#rows = CALL_PATHS.map((path) => {
      const row = rows.find((row) => row.path === path)
      return row && { method: 'POST', ...row }
    })
    // Who answers nothing may be gone without a word: whoever asks next connects anew.
    this.#questions = new Questions(clock, (error) => this.cut(error))
    const ended = () => this.cut(new Error('the connection was closed without an answer'))
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
    socket
      .on('error', (error) => this.cut(error))
      .on('end', ended)
      .on('close', ended)
  }

  get bytes(): number {
    return this.#reader.bytes + this.#socket.writableLength
  }

  /** Whether something can be asked on it. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#isClosing && !this.#isLeft
  }

  /** Whether nothing is under way, either way. */
  get isIdle(): boolean {
    return this.#owed === 0 && this.#questions.size === 0 && !this.#reader.isAmid
  }

  /** @throws (as a rejection) what the connection throws, with its `code`. */
  ask({ path, body, timeoutMs }: Question): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const number = this.#questions.begin(timeoutMs, { resolve, reject })
    this.#outbox.say({ code: CALL_PATHS.indexOf(path), number, body })
    return promise
  }

  /** Runs this at the end of the turn: what it asks leaves with all that was said in it. */
  atLast(run: () => void): void {
    this.#outbox.atLast(run)
  }

  /**
   * Nothing was said for long: something is, so that neither end takes it for idle. Closed it would not be, as the other
   * member may be asking at that moment; only one that nobody asks on from here is.
   */
  stir(): void {
    if (this.#isLeft && this.isIdle) this.cut(new Error('nothing was said for long'))
    else this.#outbox.say(NOTHING)
  }

  /** Once nothing is under way; no question begins any more. */
  close(): void {
    this.#isClosing = true
    this.#endIfIdle()
  }

  /** Asks nothing any more. A member that leaves goes on asking, on whatever channel it has: it is the one to end it. */
  leave(error: unknown): void {
    this.#isLeft = true
    this.#questions.fail(error)
    if (!this.#isAsked) this.cut(error)
  }

  /** At once, whatever is under way. */
  cut(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.#questions.fail(error)
  }

  #hear(chunk: Buffer): void {
    if (this.#isOver) return
    const startedAtMs = performance.now()
    this.#questions.heard()
    try {
      this.#reader.take(chunk, (message) => this.#take(message, startedAtMs))
    } catch (thrown) {
      this.#refuse(thrown, startedAtMs)
    }
    this.#endIfIdle()
  }

  #take(message: HeardMessage, startedAtMs: number): void {
    const { code, number, body } = message
    if (isAnswer(message)) this.#questions.answer(number, { status: code, body })
    else void this.#answer(this.#rowOf(code), message, startedAtMs)
  }

  /** What it says is none of what is said here: it is told so, and nothing else is heard of it. */
  #refuse(thrown: unknown, startedAtMs: number): void {
    this.#say(CHANNEL_ROW, startedAtMs, problem(thrown), this.#reader.number)
    this.#isOver = true
    this.#outbox.end()
    this.#questions.fail(new Error('what it said is no answer', { cause: thrown }))
  }

  async #answer(row: FrameRow & ToldRow, { number, body }: HeardMessage, startedAtMs: number): Promise<void> {
    this.#owed++
    this.#isAsked = true
    const answer = await answerOf(row, body, this.#options.from)
    this.#owed--
    if (this.#isOver) return
    this.#say(row, startedAtMs, answer, number)
    this.#endIfIdle()
  }

  #say(row: ToldRow, startedAtMs: number, answer: HttpResponse, number: number): void {
    this.#options.told(row, startedAtMs, answer)
    this.#outbox.say({ code: answer.status, number, body: bytesOfBody(answer.body) })
  }

  #endIfIdle(): void {
    if (!this.#isClosing || this.#isOver || !this.isIdle) return
    this.#isOver = true
    this.#outbox.end()
  }

  #rowOf(code: number): FrameRow & ToldRow {
    const row = this.#rows[code]
    if (row === undefined)
      throw new LarderError('NO_SUCH_PATH', `A question with the code ${code} asks for nothing.`)
    return row
  }
}

/** Of what members answer, none is in pieces. */
function bytesOfBody(body: ResponseBody = ''): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : '')
}

async function answerOf(row: FrameRow, frame: Buffer, from: string | undefined): Promise<HttpResponse> {
  try {
    return { status: 200, headers: {}, body: await row.answer(frame, from) }
  } catch (thrown) {
    return problem(thrown)
  }
}
