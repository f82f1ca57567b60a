/** As much of a member as uplink sees: an address where one life of it answers. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Member } from '../../shared/view.ts'

export class FakeMember implements AsyncDisposable {
  readonly #server: Server
  readonly #id: string
  incarnation: string
  /** A mute one takes connections and requests, and answers nothing. */
  isMute = false
  /** How often it was looked at. */
  looks = 0

  static async start(id: string, incarnation = `${id}-1`): Promise<FakeMember> {
    const member = new FakeMember(id, incarnation)
    member.#server.listen(0, '127.0.0.1')
    await once(member.#server, 'listening')
    return member
  }

  private constructor(id: string, incarnation: string) {
    this.#id = id
    this.incarnation = incarnation
    this.#server = createServer((request, response) => {
      this.looks++
      if (this.isMute || request.url !== '/livez') return
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ status: 'ok', id: this.#id, incarnation: this.incarnation }))
    })
  }

  get member(): Member {
    const { port } = this.#server.address() as AddressInfo
    return { id: this.#id, incarnation: this.incarnation, url: `http://127.0.0.1:${port}` }
  }

  /** From now on its port refuses connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
