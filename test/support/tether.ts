/** A TCP proxy that can be cut and joined again: what lies between two processes on one machine. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export class Tether implements AsyncDisposable {
  readonly #sockets = new Set<Socket>()
  #isCut = false
  readonly #server = createServer((client) => {
    if (this.#isCut) return client.destroy()
    const upstream = connect(this.#targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    }
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    return client
  })
  readonly #targetPort: number

  static async to(targetPort: number): Promise<Tether> {
    const tether = new Tether(targetPort)
    tether.#server.listen(0, '127.0.0.1')
    await once(tether.#server, 'listening')
    return tether
  }

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  join(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
