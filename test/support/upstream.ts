/** An external API for tests: it counts and records what it is asked, and can hold, answer anything, or break off. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

/** What it was asked. */
export interface UpstreamCall {
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly tenant: string
  /** The how-manieth call it is, from 1 on. */
  readonly number: number
}

export interface UpstreamReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
  /** Break the connection: before anything is said, or in the middle of the body; or leave the body unfinished. */
  readonly breaks?: 'silent' | 'half' | 'stuck'
}

interface Held {
  readonly call: UpstreamCall
  send(): void
}

export class TestUpstream implements AsyncDisposable {
  readonly calls: UpstreamCall[] = []
  /** Its answer is made when the call arrives, however long it is held: as by an API that reads first, and is slow then. */
  answer: (call: UpstreamCall) => UpstreamReply = ({ path, tenant, number }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, tenant, number }),
  })
  readonly held: Held[] = []
  readonly #folder: string
  #isHolding = false
  readonly #server = createServer((request, response) => {
    const { url: path = '', headers } = request
    const call = { path, headers, tenant: String(headers['org_id']), number: this.calls.length + 1 }
    this.calls.push(call)
    const reply = this.answer(call)
    const send = () => give(response, reply)
    if (this.#isHolding) this.held.push({ call, send })
    else send()
  })

  static async start(): Promise<TestUpstream> {
    const upstream = new TestUpstream(await mkdtemp(join(tmpdir(), 'larder-upstream-')))
    await once(upstream.#server.listen(0, '127.0.0.1'), 'listening')
    return upstream
  }

  private constructor(folder: string) {
    this.#folder = folder
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on calls wait. */
  hold(): void {
    this.#isHolding = true
  }

  /** Answers the calls that wait, and from now on at once. */
  release(): void {
    this.#isHolding = false
    for (const { send } of this.held.splice(0)) send()
  }

  /** Answers one of those that wait; the others go on waiting. */
  releaseOne(index = 0): void {
    for (const { send } of this.held.splice(index, 1)) send()
  }

  /** Resolves once so many calls wait. */
  async holds(count: number): Promise<void> {
    await until(
      async () => this.held.length,
      (waiting) => waiting >= count,
    )
  }

  /** Resolves once it has been called so often. */
  async called(count: number): Promise<void> {
    await until(
      async () => this.calls.length,
      (calls) => calls >= count,
    )
  }

  /** A ROUTES_FILE with these routes. */
  async routesFile(...routes: readonly object[]): Promise<string> {
    const path = join(this.#folder, `routes-${Math.random()}.json`)
    await writeFile(path, JSON.stringify({ routes }))
    return path
  }

  /** The two routes of the contract, with what is to be different in the first one. */
  async contract(different: object = {}): Promise<string> {
    return this.routesFile(
      {
        ...OBJECT,
        upstream: `${this.url}/services/api/v1/object({id})/header`,
        ...different,
      },
      { ...TEMPLATE, upstream: `${this.url}/services/api/v1/templates/{id}` },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
    this.#server.close().closeAllConnections()
    await once(this.#server, 'close')
    await rm(this.#folder, { recursive: true })
  }
}

export const OBJECT_EVENTS = {
  topic: 'com.v1.object',
  id: 'objectid',
  action: 'invalidate',
  types: ['object.update', 'object.publish', 'object.revision', 'object.delete'],
}
const OBJECT = {
  type: 'object',
  path: '/server/object({id})/header',
  ttl: 300,
  stale_while_revalidate: 30,
  stale_if_error: 600,
  timeout_ms: 5000,
  events: OBJECT_EVENTS,
}
const TEMPLATE = { type: 'template', path: '/server/templates/{id}', ttl: 3600 }

/** What a client gets of a cached response. */
export async function getFor(
  org: string,
  url: string,
): Promise<{ status: number; text: string; cacheStatus: string }> {
  const response = await fetch(url, { headers: { org_id: org, authorization: 'Bearer t' } })
  const cacheStatus = response.headers.get('cache-status') ?? ''
  return { status: response.status, text: await response.text(), cacheStatus }
}

function give(
  response: ServerResponse,
  { status = 200, headers = {}, body = '', breaks }: UpstreamReply,
): void {
  if (breaks === 'silent') return void response.destroy()
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, { ...(breaks && { 'content-length': String(bytes.length + 10) }), ...headers })
  if (breaks === undefined) return void response.end(bytes)
  response.write(bytes, () => {
    if (breaks === 'half') response.destroy()
  })
}
