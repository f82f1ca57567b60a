/** Every way that a request can take to its answer, each in a cluster of its own, so that all are asked the same. */
import type { Environment } from '../../shared/config.ts'
import { Cluster, ownerOf } from '../support/cluster.ts'
import { NodesOverRedis } from '../support/engine.ts'
import { converse, type RawAnswer } from '../support/raw.ts'
import { hasTool } from '../support/tool.ts'
import type { Step } from './step.ts'

const IDS: readonly string[] = ['a', 'b']
const API_KEY = 'sesame-and-poppy'
const SECRET = 'what-members-show'

/** What is about all slots asks for each of them, which takes its time where a machine has much else to do. */
const OVER_REDIS = { API_KEY, PEER_TIMEOUT_MS: '20000' }

export interface WayOptions {
  readonly name: string
  /** Whether the member that is asked owns the key. */
  readonly isOwner: boolean
  /** A whole URL as the target is what goes through Koa, whatever it asks for. */
  readonly isThroughKoa: boolean
  readonly copies: number
  /** Whether what can be an operation of a batch is sent as one. */
  readonly isBatch: boolean
  /** Whether a Redis keeps everything, and not the members. */
  readonly isOverRedis: boolean
}

const plain = { isOwner: true, isThroughKoa: false, copies: 1, isBatch: false, isOverRedis: false }

const OVER_MEMBERS: readonly WayOptions[] = [
  { ...plain, name: 'in front of Koa, on the owner' },
  { ...plain, name: 'through Koa, on the owner', isThroughKoa: true },
  { ...plain, name: 'in front of Koa, on another member', isOwner: false },
  { ...plain, name: 'through Koa, on another member', isThroughKoa: true, isOwner: false },
  { ...plain, name: 'in a batch, on the owner', isBatch: true },
  { ...plain, name: 'in a batch, on another member', isBatch: true, isOwner: false },
  { ...plain, name: 'with two copies, on the owner', copies: 2 },
  {
    ...plain,
    name: 'with two copies, through Koa, on another member',
    isThroughKoa: true,
    isOwner: false,
    copies: 2,
  },
]

const OVER_A_REDIS: readonly WayOptions[] = [
  { ...plain, name: 'over Redis, in front of Koa', isOverRedis: true },
  {
    ...plain,
    name: 'over Redis, through Koa, on another node',
    isOverRedis: true,
    isOwner: false,
    isThroughKoa: true,
  },
  { ...plain, name: 'over Redis, in a batch', isOverRedis: true, isBatch: true },
]

/** In CI there has to be a Redis. */
export const WAYS: readonly WayOptions[] =
  hasTool('redis-server') || process.env['CI'] ? [...OVER_MEMBERS, ...OVER_A_REDIS] : OVER_MEMBERS

export class Way implements AsyncDisposable {
  readonly name: string
  readonly #options: WayOptions
  readonly #nodes: Cluster | NodesOverRedis

  static async start(options: WayOptions, node: Environment): Promise<Way> {
    if (options.isOverRedis)
      return new Way(options, await NodesOverRedis.start({ ids: IDS, node: { ...OVER_REDIS, ...node } }))
    const cluster = await Cluster.start({
      ids: IDS,
      node: { API_KEY, CLUSTER_SECRET: SECRET, ...node },
      uplink: { CLUSTER_SECRET: SECRET, COPIES: String(options.copies) },
    })
    return new Way(options, cluster)
  }

  private constructor(options: WayOptions, nodes: Cluster | NodesOverRedis) {
    this.name = options.name
    this.#options = options
    this.#nodes = nodes
  }

  /** How many commands were passed on to another member. */
  async forwarded(): Promise<number> {
    const cluster = this.#nodes
    if (cluster instanceof NodesOverRedis) return 0
    const counts = IDS.map((id) => cluster.metric(id, 'larder_forwarded_commands_total'))
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  /** What members ask each other nobody is asked where there are none. */
  knows({ request }: Step): boolean {
    return !this.#options.isOverRedis || !request.includes(' /cluster/')
  }

  takesAsBatch({ op }: Step): boolean {
    return this.#options.isBatch && op !== undefined
  }

  /** `tag` is what stands for `<tag>` in the headers. */
  async ask(key: string, step: Step, tag: string): Promise<RawAnswer> {
    if (this.takesAsBatch(step)) return await this.#askInBatch(key, step.op ?? '')
    const headers = Object.entries(step.headers ?? {}).map(([name, value]) => [
      name,
      value.replace('<tag>', tag),
    ])
    return await this.#send(key, step.request, Object.fromEntries(headers), step)
  }

  async #askInBatch(key: string, op: string): Promise<RawAnswer> {
    const body = `{"ops":[${op}]}`
    const answer = await this.#send(
      key,
      'POST /api/v1/batch',
      { 'content-type': 'application/json' },
      { body },
    )
    const parsed: { results: [{ status: number }] } = JSON.parse(answer.body)
    return { status: parsed.results[0].status, headers: {}, body: JSON.stringify(parsed.results[0]) }
  }

  async #send(
    key: string,
    request: string,
    headers: Readonly<Record<string, string>>,
    { body, chunks = '' }: Pick<Step, 'body' | 'chunks'>,
  ): Promise<RawAnswer> {
    const [method = '', target = ''] = request.split(' ')
    const owner = ownerOf(key, IDS)
    const id = IDS.find((id) => (id === owner) === this.#options.isOwner) ?? ''
    const all = {
      host: 'localhost',
      connection: 'close',
      'api-key': API_KEY,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const whole = this.#options.isThroughKoa && target !== '*' ? `http://larder.example${target}` : target
    const said = `${method} ${whole} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? chunks}`
    const answers = await converse(Number(new URL(this.#nodes.url(id)).port), said)
    const [answer, ...more] = answers
    if (answer === undefined || more.length > 0) throw new Error(`${answers.length} answers to ${request}`)
    return this.#nodes instanceof NodesOverRedis ? asOfMembers(answer, this.#nodes.redis.address) : answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nodes[Symbol.asyncDispose]()
  }
}

/** An entry is told to be on the one Redis there is: as it were where members keep it. */
function asOfMembers(answer: RawAnswer, address: string): RawAnswer {
  const entries = /("key":("(?:[^"\\]|\\.)*"),"id":"-?\d+","node":)"([^"]*)"/g
  const body = answer.body.replaceAll(entries, (whole, before: string, key: string, node: string) =>
    node === address ? `${before}"${ownerOf(JSON.parse(key), IDS)}"` : whole,
  )
  const { 'content-length': length, ...headers } = answer.headers
  if (length === undefined) return answer
  const by = Buffer.byteLength(body) - Buffer.byteLength(answer.body)
  return { ...answer, body, headers: { ...headers, 'content-length': String(Number(length) + by) } }
}
