/** Three redis-servers that are a cluster, without replicas: what is told of a dead one is told of its slots alone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { RedisServer } from './redis.ts'
import { until } from './until.ts'

const SERVERS = 3
const HASH_SLOTS = 16384
const FORMED_MAX_MS = 30_000

export class RedisCluster implements AsyncDisposable {
  readonly servers: readonly RedisServer[]
  readonly clients: readonly Redis[]
  readonly #folder: string

  static async start(): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'larder-redis-'))
    const servers: RedisServer[] = []
    for (let index = 0; index < SERVERS; index++) {
      const more = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no', '--dir', folder]
      servers.push(await RedisServer.start([...more, '--cluster-config-file', `nodes-${index}.conf`]))
    }
    const cluster = new RedisCluster(servers, folder)
    await cluster.#form()
    return cluster
  }

  private constructor(servers: readonly RedisServer[], folder: string) {
    this.servers = servers
    this.#folder = folder
    this.clients = servers.map(({ url }) => new Redis(url))
    for (const client of this.clients) client.on('error', () => {})
  }

  get url(): string {
    return this.servers.map(({ url }) => url).join()
  }

  async #form(): Promise<void> {
    const [first] = this.servers
    const [host = '', port = ''] = first?.address.split(':') ?? []
    for (const [index, client] of this.clients.entries()) {
      const [begin, end] = [index, index + 1].map((part) => Math.floor((part * HASH_SLOTS) / SERVERS))
      await client.call('CLUSTER', 'ADDSLOTSRANGE', String(begin), String((end ?? 0) - 1))
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
      if (index > 0) await client.call('CLUSTER', 'MEET', host, port)
    }
    const isFormed = async () => {
      const infos = await Promise.all(this.clients.map((client) => client.call('CLUSTER', 'INFO')))
      return infos.every(
        (info) => /cluster_state:ok/.test(String(info)) && /cluster_known_nodes:3/.test(String(info)),
      )
    }
    await until(isFormed, (formed) => formed, FORMED_MAX_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.disconnect()
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()))
    await rm(this.#folder, { recursive: true })
  }
}
