/**
 * Requests to the nodes of a cluster, in turn, whoever owns the key.
 *
 * What a node cannot answer is sent to the next one. That is harmless, as everything here may be sent again:
 * increments carry an Idempotency-Key, and to set, delete, add or remove twice is to do it once.
 */
import { z } from 'zod'
import { pause, systemClock } from '../../shared/clock.ts'
import { isLive } from '../readiness.ts'
import { type Node, Nodes, namesOf, type Tell } from './nodes.ts'

/** Nodes wait for each other for 2 seconds, unless told otherwise, and then say so. */
const ANSWER_MAX_MS = 3000
/** What has not been answered by then, by any node, fails. */
const PATIENCE_MS = 20_000
const BETWEEN_TRIES_MS = 100
/** Out of reach, overloaded, starting: it passes. The others are those of a load balancer. */
const PASSING = [502, 503, 504]

const Members = z.object({ members: z.array(z.object({ id: z.string(), url: z.string() })) })

export interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly node: Node
  readonly status: number
  /** `undefined` where there was no body. */
  readonly json: unknown
  /** An earlier try may have arrived too, or may still. */
  readonly isRepeated: boolean
}

export class Client implements Disposable {
  readonly nodes: Nodes
  readonly #headers: Readonly<Record<string, string>>
  requests = 0
  repeated = 0

  /** Finds the nodes around this one, without those that only the cluster itself can reach. */
  static async connect(
    url: string,
    { apiKey, tell }: { apiKey: string | undefined; tell: Tell },
  ): Promise<Client> {
    const headers = { 'content-type': 'application/json', ...(apiKey && { 'api-key': apiKey }) }
    const [name = ''] = namesOf([url])
    const alone = new Client(new Nodes([{ id: url, url, name }], tell), headers)
    const { members } = Members.parse((await alone.ask({ path: '/api/v1/cluster' })).json)
    const live = await Promise.all(members.map((member) => isLive(member.url)))
    const names = namesOf(members.map((member) => member.url))
    const nodes = members.map((member, index) => ({ ...member, name: names[index] ?? member.id }))
    const [first, ...others] = nodes.filter((_, index) => live[index])
    return first === undefined ? alone : new Client(new Nodes([first, ...others], tell), headers)
  }

  private constructor(nodes: Nodes, headers: Readonly<Record<string, string>>) {
    this.nodes = nodes
    this.#headers = headers
  }

  /** Asks one node after the other, until one answers. @throws when none does in time, or one refuses. */
  async ask(request: Request): Promise<Answer> {
    const givesUpAtMs = systemClock.now() + PATIENCE_MS
    this.requests++
    for (let isRepeated = false; ; isRepeated = true) {
      const node = this.nodes.next()
      const answer = await this.#try(node, request)
      if (!('trouble' in answer)) return { ...answer, isRepeated }
      if (systemClock.now() > givesUpAtMs) {
        throw new Error(`no node has answered for ${PATIENCE_MS / 1000} s; the last one: ${answer.trouble}`)
      }
      if (!isRepeated) this.repeated++
      await pause(systemClock, BETWEEN_TRIES_MS)
    }
  }

  async #try(node: Node, request: Request): Promise<Omit<Answer, 'isRepeated'> | { trouble: string }> {
    try {
      const answer = await this.send(node, request)
      if (!PASSING.includes(answer.status)) return answer
      return { trouble: `node ${node.name} answers ${answer.status}` }
    } catch (error) {
      if (!isUnanswered(error)) throw error
      void this.nodes.doubt(node)
      return { trouble: `node ${node.name} does not answer` }
    }
  }

  /** Asks just this node, once. @throws TypeError or TimeoutError when it does not answer; Error when it refuses. */
  async send(
    node: Node,
    { method = 'GET', path, body, headers }: Request,
  ): Promise<Omit<Answer, 'isRepeated'>> {
    const url = node.url + path
    const response = await fetch(url, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      headers: { ...this.#headers, ...headers },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    })
    const { status } = response
    const text = await response.text()
    if (PASSING.includes(status) || (status === 404 && method === 'GET'))
      return { node, status, json: undefined }
    if (!response.ok) throw new Error(`${url} answers ${status}: ${text}`)
    return { node, status, json: text === '' ? undefined : JSON.parse(text) }
  }

  [Symbol.dispose](): void {
    this.nodes[Symbol.dispose]()
  }
}

/** As fetch has it: a TypeError for a connection that cannot be had or breaks, and the timeout. */
function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')
}
