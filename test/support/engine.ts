/** Nodes in this process over a Redis of their own, and requests to them by name. */
import { readConfig } from '../../node/config.ts'
import { type Node, startNode } from '../../node/node.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Environment } from '../../shared/config.ts'
import { silent } from './cluster.ts'
import { RedisServer } from './redis.ts'
import { until } from './until.ts'

const READY_MAX_MS = 30_000

export interface NodesOverRedisOptions {
  readonly ids: readonly string[]
  readonly node?: Environment
}

export class NodesOverRedis implements AsyncDisposable {
  readonly redis: RedisServer
  readonly #nodes = new Map<string, Node>()

  /** Resolves once all are ready. */
  static async start({ ids, node = {} }: NodesOverRedisOptions): Promise<NodesOverRedis> {
    await using unfinished = new AsyncDisposableStack()
    const nodes = unfinished.use(new NodesOverRedis(await RedisServer.start()))
    for (const id of ids) await nodes.add(id, node)
    unfinished.move()
    return nodes
  }

  private constructor(redis: RedisServer) {
    this.redis = redis
  }

  async add(id: string, environment: Environment = {}): Promise<void> {
    const settings = { PORT: '0', NODE_ID: id, ENGINE_URL: this.redis.url, ...environment }
    const node = await startNode(readConfig(settings), { log: silent, clock: systemClock, onFatal() {} })
    this.#nodes.set(id, node)
    await until(
      async () => (await fetch(`${this.url(id)}/readyz`)).status,
      (status) => status === 200,
      READY_MAX_MS,
    )
  }

  url(id: string): string {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return `http://127.0.0.1:${node.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()))
    await this.redis[Symbol.asyncDispose]()
  }
}
