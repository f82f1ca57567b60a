/** Nodes in this process over a Redis of their own, and requests to them by name. */
import { readConfig } from '../../node/config.ts'
import { type Node, startNode } from '../../node/node.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Environment } from '../../shared/config.ts'
import { silent } from './cluster.ts'
import { RedisServer } from './redis.ts'
import { until } from './until.ts'

const READY_MAX_MS = 30_000

/** What the nodes are over: one server, or several as a cluster. */
export interface Engine extends AsyncDisposable {
  /** Of ENGINE_URL. */
  readonly url: string
}

export interface NodesOverRedisOptions {
  readonly ids: readonly string[]
  readonly node?: Environment
}

export class NodesOverRedis<E extends Engine = RedisServer> implements AsyncDisposable {
  readonly redis: E
  readonly #nodes = new Map<string, Node>()

  /** Resolves once all are ready. */
  static async start(options: NodesOverRedisOptions): Promise<NodesOverRedis> {
    return await NodesOverRedis.over(await RedisServer.start(), options)
  }

  /** The engine ends with them. */
  static async over<E extends Engine>(
    engine: E,
    { ids, node = {} }: NodesOverRedisOptions,
  ): Promise<NodesOverRedis<E>> {
    await using unfinished = new AsyncDisposableStack()
    const nodes = unfinished.use(new NodesOverRedis(engine))
    for (const id of ids) await nodes.add(id, node)
    unfinished.move()
    return nodes
  }

  private constructor(redis: E) {
    this.redis = redis
  }

  async add(id: string, environment: Environment = {}): Promise<void> {
    const { ready } = await this.starting(id, environment)
    await ready()
  }

  /** One that may not be ready for a while. */
  async starting(id: string, environment: Environment): Promise<{ node: string; ready(): Promise<unknown> }> {
    const settings = { PORT: '0', NODE_ID: id, ENGINE_URL: this.redis.url, ...environment }
    this.#nodes.set(
      id,
      await startNode(readConfig(settings), { log: silent, clock: systemClock, onFatal() {} }),
    )
    const node = this.url(id)
    const readiness = async () => (await fetch(`${node}/readyz`)).status
    return { node, ready: () => until(readiness, (status) => status === 200, READY_MAX_MS) }
  }

  url(id: string): string {
    return `http://127.0.0.1:${this.node(id).port}`
  }

  node(id: string): Node {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()))
    await this.redis[Symbol.asyncDispose]()
  }
}

/** A single one, as where no engine is needed. */
export async function startNodeOverRedis(environment: Environment) {
  const nodes = await NodesOverRedis.start({ ids: ['a'], node: environment })
  return {
    node: nodes.node('a'),
    url: nodes.url('a'),
    [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose](),
  }
}
