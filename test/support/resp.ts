/** Raw connections to the door for clients of Redis: what is written as it is, and what comes back. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export class RawRedis implements AsyncDisposable {
  readonly socket: Socket
  #text = ''
  #heard = Promise.withResolvers<void>()

  static async connect(port: number): Promise<RawRedis> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawRedis(socket)
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    const wake = () => {
      this.#heard.resolve()
      this.#heard = Promise.withResolvers()
    }
    socket.on('data', (piece: string) => {
      this.#text += piece
      wake()
    })
    socket.on('close', wake)
  }

  /** Words on a line, as a person types them. */
  say(...lines: readonly string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
  }

  /** What has come once it ends so, or once the connection is closed. */
  async heard(end: string): Promise<string> {
    while (!this.#text.endsWith(end) && !this.socket.destroyed) await this.#heard.promise
    const text = this.#text
    this.#text = ''
    return text
  }

  /** All that comes until the other side closes. */
  async rest(): Promise<string> {
    while (!this.socket.destroyed) await this.#heard.promise
    return this.#text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }
}
