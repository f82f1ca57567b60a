/** What clients see through the load balancer while nodes come and go. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { View } from '../../shared/view.ts'
import { Haproxy } from '../support/haproxy.ts'
import { freePorts } from '../support/ports.ts'
import { ProcessCluster } from '../support/processes.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const CLIENTS = 8
const KEYS = 100
const ENOUGH_REQUESTS = 500

describe('the load balancer', () => {
  before(function () {
    needTool(this, 'haproxy')
  })

  it('lets no request fail any more once it has noticed that a node was killed', async () => {
    await using cluster = await ProcessCluster.start(['a', 'b'], { uplink: { LEASE_MS: '1000' } })
    const survivor = cluster.member('a')
    const victim = cluster.member('b')
    const [third, fourth] = await freePorts(2)
    await using haproxy = await Haproxy.start([portOf(survivor.url), portOf(victim.url), third, fourth])
    await haproxy.sees('node-1', 'UP')
    await haproxy.sees('node-2', 'UP')
    await haproxy.sees('node-3', 'DOWN')
    await haproxy.sees('node-4', 'DOWN')

    await using load = new Load(haproxy.url)
    await load.goesOn()
    expect(load.failures, 'before').to.deep.equal([])

    await victim.process.kill()
    await haproxy.sees('node-2', 'DOWN')
    await untilAlone(survivor.url) // Until then the survivor still asks the other for its keys.
    await load.allAnswered()
    load.failures.length = 0
    await load.goesOn()
    expect(load.failures, 'after').to.deep.equal([])
    expect(survivor.process.stderr).to.equal('')
  })

  it('passes on the header org_id, and where a request came from', async () => {
    await using echo = await listen((request, response) => response.end(JSON.stringify(request.headers)))
    const [second, third, fourth] = await freePorts(3)
    await using haproxy = await Haproxy.start([echo.port, second, third, fourth])
    await haproxy.sees('node-1', 'UP')
    const response = await fetch(haproxy.url, { headers: { org_id: 'acme' } })
    expect(await response.json()).to.include({ org_id: 'acme', 'x-forwarded-for': '127.0.0.1' })
  })

  it('sends what writes once, and what reads again, when a node breaks off without an answer', async () => {
    let writes = 0
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (request.method === 'POST') writes++
      response.end()
    }
    await using sound = await listen(answer)
    await using broken = await listen((request, response) => {
      if (request.url === '/readyz') response.end()
      else answer(request, response.destroy() as ServerResponse)
    })
    const [third, fourth] = await freePorts(2)
    await using haproxy = await Haproxy.start([sound.port, broken.port, third, fourth])
    await haproxy.sees('node-1', 'UP')
    await haproxy.sees('node-2', 'UP')

    const posted = await statuses(20, haproxy.url, 'POST')
    expect(posted).to.include(200).and.include(NO_ANSWER)
    expect(writes).to.equal(20)
    expect(await statuses(20, haproxy.url, 'GET')).to.deep.equal(Array(20).fill(200))
  })

  it('sends requests to nodes that live, while none is ready', async () => {
    await using unready = await listen((request, response) => {
      response.statusCode = request.url === '/readyz' ? 503 : 200
      response.end()
    })
    const [second, third, fourth] = await freePorts(3)
    await using haproxy = await Haproxy.start([unready.port, second, third, fourth])
    for (const node of ['node-1', 'node-2', 'node-3', 'node-4']) await haproxy.sees(node, 'DOWN')
    expect(await statuses(5, haproxy.url, 'POST')).to.deep.equal(Array(5).fill(200))
  })

  it('answers in the form of every other error while no node is ready', async () => {
    await using haproxy = await Haproxy.start(await freePorts(4))
    for (const server of ['node-1', 'node-2', 'node-3', 'node-4']) await haproxy.sees(server, 'DOWN')
    const response = await fetch(haproxy.url)
    expect(response.status).to.equal(503)
    expect(response.headers.get('retry-after')).to.equal('1')
    expect(response.headers.get('content-type')).to.equal('application/problem+json')
    expect(await response.json()).to.include({ status: 503, code: 'NOT_READY' })
  })
})

async function listen(handle: RequestListener): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close().closeAllConnections()
      await closed
    },
  }
}

/** HAProxy says 502, or closes the connection when it has carried requests before. */
const NO_ANSWER = 502

async function statuses(count: number, url: string, method: string): Promise<number[]> {
  const answers: number[] = []
  while (answers.length < count) {
    const status = await fetch(url, { method }).then(
      (response) => response.status,
      () => NO_ANSWER,
    )
    answers.push(status)
  }
  return answers
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

async function untilAlone(url: string): Promise<void> {
  await until(
    async () => (await (await fetch(`${url}/api/v1/cluster`)).json()) as View,
    ({ members }) => members.length === 1,
  )
}

/** Clients that post and get, one request after the other, until disposed. */
class Load implements AsyncDisposable {
  readonly failures: string[] = []
  readonly #url: string
  readonly #clients: Promise<void>[]
  /** How many requests each client has had answered. */
  readonly #answered: number[]
  #running = true

  constructor(url: string) {
    this.#url = url
    this.#answered = Array.from({ length: CLIENTS }, () => 0)
    this.#clients = this.#answered.map((_, client) => this.#work(client))
  }

  /** Waits until every client has had its share of many more requests answered. */
  async goesOn(): Promise<void> {
    await this.#advance(ENOUGH_REQUESTS / CLIENTS)
  }

  /** Waits until every request that is on its way now has ended. */
  async allAnswered(): Promise<void> {
    await this.#advance(1)
  }

  async #advance(count: number): Promise<void> {
    const goals = this.#answered.map((answered) => answered + count)
    await until(
      async () => [...this.#answered],
      (answered) => answered.every((value, client) => value >= (goals[client] ?? 0)),
    )
  }

  async #work(client: number): Promise<void> {
    for (let count = 0; this.#running; count++) {
      const failure = await (count % 2 === 0 ? this.#post(count) : this.#get(count - 1))
      if (failure !== undefined) this.failures.push(failure)
      this.#answered[client] = count + 1
    }
  }

  #post(count: number): Promise<string | undefined> {
    const body = JSON.stringify({ key: `load:${count % KEYS}`, data: { count } })
    const headers = { 'content-type': 'application/json' }
    return this.#request('', { method: 'POST', headers, body })
  }

  #get(count: number): Promise<string | undefined> {
    return this.#request(`?key=load:${count % KEYS}`, {})
  }

  /** What was wrong with the answer. No value is a right one: the owner of the key may be gone. */
  async #request(query: string, init: RequestInit): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.#url}/api${query}`, { ...init, signal: AbortSignal.timeout(5000) })
      const answer = await response.text()
      return response.ok ? undefined : `${response.status} ${answer}`
    } catch (error) {
      return String(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false
    await Promise.all(this.#clients)
  }
}
