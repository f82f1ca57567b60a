/** One connection of the load generator: a request out, its answer in, then the next. It connects again when cut. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'

/** All connections read into it: what has come is counted before the next one reads. */
const INCOMING = new Uint8Array(256 * 1024)

export interface ConnectionOptions {
  readonly port: number
  /** An answer is there, whole. */
  answered(connection: Connection, status: number): void
  /** It was cut; the answer that was waited for, if there was one, will not come. Connected again, it is free. */
  cut(connection: Connection, error: Error | undefined): void
}

export class Connection {
  readonly #options: ConnectionOptions
  #reader = new AnswerReader()
  #socket: Socket | undefined
  #isClosed = false
  /** When the request under way was due; -1 when none is. */
  dueAtMs = -1

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** @throws when nobody listens there. */
  async open(): Promise<void> {
    const { port } = this.#options
    const onread = { buffer: INCOMING, callback: (length: number) => this.#take(length) }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    await once(socket, 'connect')
    this.#reader = new AnswerReader()
    this.#socket = socket
    let problem: Error | undefined
    socket.on('error', (error) => {
      problem = error
    })
    socket.once('close', () => {
      this.#socket = undefined
      if (!this.#isClosed) this.#options.cut(this, problem)
    })
    if (this.#isClosed) socket.destroy()
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  send(request: Uint8Array, dueAtMs: number): void {
    this.dueAtMs = dueAtMs
    this.#socket?.write(request)
  }

  /** What is under way is given up; it connects again. */
  forget(): void {
    this.dueAtMs = -1
    this.#socket?.destroy()
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #take(length: number): boolean {
    try {
      if (this.dueAtMs < 0) throw new Error('an answer to nothing')
      const status = this.#reader.take(INCOMING, length)
      if (status !== 0) this.#options.answered(this, status)
    } catch (error) {
      this.#socket?.destroy(error instanceof Error ? error : new Error(`${error}`))
    }
    return true
  }
}
