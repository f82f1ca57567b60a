/**
 * One connection: bytes in, commands in turns, replies out, those of one turn in one piece. It reads no further while much is
 * under way, and while its client does not take what it is told.
 */
import type { Socket } from 'node:net'
import { LarderError } from '../../shared/errors.ts'
import type { Untaken } from '../../shared/http/takers.ts'
import { ReplyError } from './errors.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'
import { PASSED_OVER, ProtocolError, Reader, type ReaderLimits } from './reader.ts'
import type { Session } from './session.ts'
import { type Piece, type Told, Writer } from './writer.ts'

/** Of the commands that are begun in one turn: a millisecond or two. */
const TURN_WORDS = 1024
/** What may be untaken before nothing more is carried out. */
const UNTAKEN_MAX = 2 ** 20
/** What whoever has not shown a key yet may send. */
const STRANGER_LIMITS = { commandBytesMax: 16 * 1024, wordsMax: 10, whose: 'unauthenticated' } as const

export interface ConnectionOptions extends Pick<PipelineOptions, 'table' | 'execution' | 'note'> {
  readonly session: Session
  readonly limits: ReaderLimits
  /** How many bytes more, or less, it holds. */
  onHeld(more: number): void
  /** Something has come. @returns whether there is no place for it. */
  isGuest(): boolean
  /** To be told of answers that are not taken at once. */
  onUntaken(untaken: Untaken): void
  now(): number
  log(reason: string): void
}

export class Connection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #reader: Reader
  readonly #writer = new Writer()
  readonly #pipeline: Pipeline
  #arrivingSinceMs: number | undefined
  #isGoingOn = false
  #isEnding = false
  /** Whether its client says no more; what it has said is still carried out. */
  #isHeardOut = false
  #isFollowed = false
  #held = 0

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new Reader(STRANGER_LIMITS)
    this.#pipeline = new Pipeline({
      ...options,
      tell: (reply) => this.#tell(reply),
      onReady: () => this.#goOnSoon(),
    })
    socket.on('data', (piece: Buffer) => this.#hear(piece))
    socket.on('end', () => {
      this.#isHeardOut = true
      this.#goOn()
    })
    socket.on('drain', () => this.#goOn())
    socket.on('close', () => this.#hold(0))
    socket.on('error', () => socket.destroy())
  }

  get session(): Session {
    return this.#options.session
  }

  /** Since when a command has been arriving that is not whole. */
  get arrivingSinceMs(): number | undefined {
    return this.#arrivingSinceMs
  }

  /** Whether all that was asked is answered. */
  get isQuiet(): boolean {
    return this.#pipeline.isEmpty && this.#socket.writableLength === 0
  }

  /** Ends after what is under way. */
  close(): void {
    this.#isEnding = true
    this.#goOn()
  }

  cut(): void {
    this.#socket.destroy()
  }

  #hear(piece: Buffer): void {
    if (this.#options.isGuest()) {
      this.#turnAway()
      return
    }
    this.session.askedAtMs = this.#options.execution.wallMs()
    this.#reader.push(piece)
    this.#goOn()
  }

  /** Once for all that comes in this turn. */
  #goOnSoon(): void {
    if (this.#isGoingOn) return
    this.#isGoingOn = true
    process.nextTick(() => {
      this.#isGoingOn = false
      this.#goOn()
    })
  }

  #goOn(): void {
    if (this.#socket.destroyed) return
    this.#pipeline.tellAll()
    this.#read()
    this.#write()
    this.#settle()
  }

  #read(): void {
    const { session, limits, now } = this.#options
    const nowMs = now()
    try {
      for (let taken = 0; this.#mayRead(); ) {
        if (taken >= TURN_WORDS) {
          setImmediate(() => this.#goOn())
          return
        }
        this.#reader.limits = session.isLetIn ? limits : STRANGER_LIMITS
        const words = this.#reader.next()
        if (words === undefined) {
          if (this.#isHeardOut) this.#isEnding = true
          break
        }
        taken += words.length + 1
        if (words === PASSED_OVER) this.#pipeline.refuse(noRoom(), nowMs)
        else if (isHttp(words)) {
          this.#cutOff('it speaks HTTP')
          return
        } else this.#pipeline.take(words, nowMs)
        this.#arrivingSinceMs = undefined
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#isEnding = true
      this.#options.log(error.message)
      this.#pipeline.refuse(new ReplyError(`ERR Protocol error: ${error.message}`), nowMs)
    }
    if (this.#reader.bytes > 0) this.#arrivingSinceMs ??= nowMs
  }

  #mayRead(): boolean {
    if (this.#isEnding || this.session.isLeaving) return false
    return !this.#pipeline.isFull && this.#socket.writableLength + this.#writer.bytes <= UNTAKEN_MAX
  }

  #tell(reply: Told): void {
    this.#writer.version = this.session.version
    this.#writer.add(reply)
  }

  #write(): void {
    if (this.#writer.isEmpty) return
    const pieces = this.#writer.take()
    const [only] = pieces
    if (pieces.length === 1 && only !== undefined) this.#send(only)
    else {
      this.#socket.cork()
      for (const piece of pieces) this.#send(piece)
      this.#socket.uncork()
    }
  }

  #send(piece: Piece): void {
    if (typeof piece === 'string') this.#socket.write(piece, 'latin1')
    else this.#socket.write(piece)
  }

  /** What follows from how much is here by now. */
  #settle(): void {
    const socket = this.#socket
    const { writableLength } = socket
    this.#hold(this.#reader.bytes + writableLength)
    if (writableLength > 0 && !this.#isFollowed) this.#follow()
    if ((this.#isEnding || this.session.isLeaving) && this.#pipeline.isEmpty)
      socket.end(() => socket.destroy())
    else if (this.#mayRead() === socket.isPaused()) socket[socket.isPaused() ? 'resume' : 'pause']()
  }

  /** Until all is taken that was told by then and since. */
  #follow(): void {
    const socket = this.#socket
    this.#isFollowed = true
    this.#options.onUntaken({
      left: () => socket.writableLength,
      isOver: () => socket.writableLength === 0 || socket.destroyed,
      release: () => {
        this.#isFollowed = false
      },
    })
  }

  #hold(held: number): void {
    if (held === this.#held) return
    this.#options.onHeld(held - this.#held)
    this.#held = held
  }

  #turnAway(): void {
    this.#socket.end('-ERR max number of clients reached\r\n', () => this.cut())
  }

  #cutOff(reason: string): void {
    this.#options.log(reason)
    this.cut()
  }
}

function noRoom(): LarderError {
  return new LarderError(
    'OVERLOADED',
    'Too much is in flight, of commands that arrive and others: nothing was done.',
  )
}

/** What a browser can be made to send to this port: none of it is carried out (as Redis does). */
function isHttp([name]: readonly Buffer[]): boolean {
  if (name === undefined || (name.length !== 4 && name.length !== 5)) return false
  const text = name.toString('latin1').toLowerCase()
  return text === 'post' || text === 'host:'
}
