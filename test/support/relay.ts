/** What stands in front of a member, as a network does: it passes on what it is to, and of anything else says nothing at all. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePorts } from './ports.ts'

export class Relay implements AsyncDisposable {
  readonly #server: Server
  readonly #targetPort: number
  readonly #sockets = new Map<Socket, string>()
  /** How many connections there were. */
  count = 0
  #isOpen: (head: string) => boolean = () => true

  /** The URL of a port where nobody listens yet. */
  static async reserve(): Promise<string> {
    const [port] = await freePorts(1)
    return `http://127.0.0.1:${port}`
  }

  static start(targetPort: number): Promise<Relay> {
    return Relay.at('http://127.0.0.1:0', targetPort)
  }

  static async at(url: string, targetPort: number): Promise<Relay> {
    const relay = new Relay(targetPort)
    relay.#server.listen(Number(new URL(url).port), '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((socket) => this.#take(socket))
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  /** Which connections are passed on, by how they began. Those that are there fall silent, or are closed to begin anew. */
  set isOpen(isOpen: (head: string) => boolean) {
    this.#isOpen = isOpen
    for (const [socket, head] of this.#sockets) if (isOpen(head)) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #take(socket: Socket): void {
    this.count++
    const target = connect(this.#targetPort, '127.0.0.1')
    this.#sockets.set(socket, '')
    socket
      .on('error', () => {})
      .on('close', () => {
        this.#sockets.delete(socket)
        target.destroy()
      })
    target
      .on('error', () => {})
      .on('close', () => {
        if (this.#isOpen(this.#sockets.get(socket) ?? '')) socket.destroy()
      })
    socket.on('data', (chunk) => {
      const head = this.#sockets.get(socket) || chunk.toString('latin1')
      this.#sockets.set(socket, head)
      if (this.#isOpen(head)) target.write(chunk)
    })
    target.on('data', (chunk) => {
      if (this.#isOpen(this.#sockets.get(socket) ?? '')) socket.write(chunk)
    })
  }
}
