/** As much of a node as a client sees, which answers as it is told to: what real ones do only when they are in trouble. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

interface Operation {
  readonly op: string
  readonly key: string
  readonly idempotency_key?: string
}

/** What is done with a batch: results are made of its operations; a problem is the answer to all; `reset` is none. */
export type Behaviour =
  | ((operation: Operation) => object)
  | { readonly status: number; readonly code: string }
  | { readonly page: string; readonly type: string }
  | 'reset'
  | 'hang'

interface MemberTold {
  readonly id: string
  readonly url: string
  readonly incarnation: string
}

export class FakeNode implements AsyncDisposable {
  readonly id: string
  readonly #server: Server
  /** The operations of each batch that came. */
  readonly batches: (readonly Operation[])[] = []
  /** Paths of all other requests, with the key that was shown. */
  readonly asked: { readonly path: string; readonly apiKey: string | undefined }[] = []
  behaviour: Behaviour
  /** What is told to whoever watches. */
  watched: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    tell(response, 503, { code: 'NOT_READY' })
  epoch = 1
  members: readonly MemberTold[] = []

  static async start(id: string, behaviour: Behaviour = found): Promise<FakeNode> {
    const node = new FakeNode(id, behaviour)
    node.#server.listen(0, '127.0.0.1')
    await once(node.#server, 'listening')
    return node
  }

  private constructor(id: string, behaviour: Behaviour) {
    this.id = id
    this.behaviour = behaviour
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  get told(): MemberTold {
    return { id: this.id, url: this.url, incarnation: `${this.id}-1` }
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
    if (path.startsWith('/api/v1/watch')) return this.watched(request, response)
    if (path !== '/api/v1/batch') {
      this.asked.push({ path, apiKey: headers['api-key']?.toString() })
      const { id, incarnation } = this.told
      tell(
        response,
        200,
        path === '/healthcheck' ? { id, incarnation } : { epoch: this.epoch, members: this.members },
      )
      return
    }
    const { ops } = (await json(request)) as { ops: Operation[] }
    this.batches.push(ops)
    const { behaviour } = this
    if (behaviour === 'hang') return
    if (behaviour === 'reset') request.socket.resetAndDestroy()
    else if (typeof behaviour === 'function') tell(response, 200, { results: ops.map(behaviour) })
    else if ('page' in behaviour)
      response.writeHead(200, { 'content-type': behaviour.type }).end(behaviour.page)
    else tell(response, behaviour.status, { ...behaviour, detail: 'as it was told to' })
  }
}

export const found: Behaviour = ({ op, key }) =>
  op === 'increment'
    ? { status: 200, key, value: '1' }
    : { status: 200, key, data: `of ${key}`, etag: '"1"', ttl: 5 }

function tell(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
  })
  response.end(JSON.stringify(body))
}
