/** As much of a member as uplink sees: an address where one life of it answers, and tells what it is asked. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Outcome, REACH_PATH, STATUS_PATH } from '../../shared/probe.ts'
import type { Member, MemberStatus } from '../../shared/view.ts'

/** A request other than a look at this member itself, or at one that wants to become a member. */
export interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

export class FakeMember implements AsyncDisposable {
  readonly #server: Server
  readonly #id: string
  incarnation: string
  /** A mute one takes connections and requests, and answers nothing. */
  isMute = false
  /** How often it was looked at. */
  looks = 0
  readonly asked: Asked[] = []
  /** What it finds when it looks at another; `hangs`: it never says. */
  finds: Outcome | 'hangs' | 'nonsense' = 'silent'
  /** The same of one that wants to become a member. */
  greets: Outcome = 'here'
  /** What it tells of itself. */
  status: Partial<MemberStatus> = {}

  static async start(id: string, incarnation = `${id}-1`): Promise<FakeMember> {
    const member = new FakeMember(id, incarnation)
    member.#server.listen(0, '127.0.0.1')
    await once(member.#server, 'listening')
    return member
  }

  private constructor(id: string, incarnation: string) {
    this.#id = id
    this.incarnation = incarnation
    this.#server = createServer((request, response) => void this.#answer(request, response))
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '', headers } = request
    const body = await text(request)
    const isGreeting = path === REACH_PATH && JSON.parse(body).joins === true
    if (path === '/livez') this.looks++
    else if (!isGreeting) this.asked.push({ path, authorization: headers.authorization, body })
    const answers: Readonly<Record<string, object>> = {
      '/livez': { status: 'ok', id: this.#id, incarnation: this.incarnation },
      [REACH_PATH]: { outcome: isGreeting ? this.greets : this.finds },
      [STATUS_PATH]: this.status,
    }
    if (this.isMute || (path === REACH_PATH && !isGreeting && this.finds === 'hangs')) return
    response.statusCode = path in answers ? 200 : 404
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[path] ?? {}))
  }
}
