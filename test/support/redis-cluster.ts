/** Redis or Valkey servers that are a cluster: three primaries, and a replica of each where that is asked for. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { freePorts } from './ports.ts'
import { RedisServer } from './redis.ts'
import { until } from './until.ts'

const PRIMARIES = 3
const HASH_SLOTS = 16384
const FORMED_MAX_MS = 30_000
/** After this the others take a server for dead. */
const NODE_TIMEOUT_MS = 1000

export interface RedisClusterOptions {
  /** Without them what is told of a dead primary is told of its slots alone. */
  readonly hasReplicas?: boolean
  /** What is run: redis-server, unless another is named. */
  readonly program?: string
}

export class RedisCluster implements AsyncDisposable {
  readonly #servers: RedisServer[] = []
  readonly #clients: Redis[] = []
  readonly #buses: number[] = []
  readonly #program: string | undefined
  readonly #folder: string

  static async start({ hasReplicas = false, program }: RedisClusterOptions = {}): Promise<RedisCluster> {
    await using unfinished = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'larder-redis-'))
    const cluster = unfinished.use(new RedisCluster(folder, program))
    for (let index = 0; index < PRIMARIES * (hasReplicas ? 2 : 1); index++) await cluster.#add()
    await cluster.#form()
    unfinished.move()
    return cluster
  }

  private constructor(folder: string, program: string | undefined) {
    this.#folder = folder
    this.#program = program
  }

  /** The primaries as they were at first, their replicas in the same order, and those that were added. */
  get servers(): readonly RedisServer[] {
    return this.#servers
  }

  get clients(): readonly Redis[] {
    return this.#clients
  }

  get url(): string {
    return this.#servers.map(({ url }) => url).join()
  }

  /** One more, which has no slots. Resolves once all know of it. */
  async join(): Promise<RedisServer> {
    const server = await this.#add()
    await this.#meet(this.#clients.at(-1))
    await this.#untilAll(/cluster_state:ok/, new RegExp(`cluster_known_nodes:${this.#servers.length}\\b`))
    return server
  }

  /** Some slots of all go to another one. */
  async reshard({ to, slots }: { to: RedisServer; slots: number }): Promise<void> {
    const [id] = await this.#idsOf(to)
    const how = ['--cluster-from', 'all', '--cluster-to', id ?? '', '--cluster-slots', String(slots)]
    const args = ['--cluster', 'reshard', this.#servers[0]?.address ?? '', ...how, '--cluster-yes']
    try {
      await promisify(execFile)('redis-cli', args)
    } catch (cause) {
      throw new Error(String((cause as { stdout?: string }).stdout?.slice(-1000)), { cause })
    }
  }

  /** This slot goes to another one, with what is in it. */
  async move(slot: number, { from, to }: { from: RedisServer; to: RedisServer }): Promise<void> {
    const [source, target] = [this.#clientOf(from), this.#clientOf(to)]
    const [, targetId] = await this.#idsOf(from, to)
    const [host = '', port = ''] = to.address.split(':')
    await this.begin(slot, { from, to })
    for (;;) {
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
      if (keys.length === 0) break
      await source.call('MIGRATE', host, port, '', 0, 5000, 'KEYS', ...keys)
    }
    for (const client of [target, source])
      await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId ?? '')
  }

  /** It is about to. */
  async begin(slot: number, { from, to }: { from: RedisServer; to: RedisServer }): Promise<void> {
    const [sourceId, targetId] = await this.#idsOf(from, to)
    await this.#clientOf(to).call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId ?? '')
    await this.#clientOf(from).call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId ?? '')
  }

  #clientOf(server: RedisServer): Redis {
    const client = this.#clients[this.#servers.indexOf(server)]
    if (client === undefined) throw new Error(`${server.address} is not of this cluster`)
    return client
  }

  async #idsOf(...servers: readonly RedisServer[]): Promise<string[]> {
    return await Promise.all(
      servers.map(async (server) => String(await this.#clientOf(server).call('CLUSTER', 'MYID'))),
    )
  }

  async #meet(client: Redis | undefined): Promise<void> {
    const [host = '', port = ''] = this.#servers[0]?.address.split(':') ?? []
    await client?.call('CLUSTER', 'MEET', host, port, String(this.#buses[0]))
  }

  async #add(): Promise<RedisServer> {
    const file = `nodes-${this.#servers.length}.conf`
    const [bus] = await freePorts(1)
    const more = ['--cluster-enabled', 'yes', '--cluster-config-file', join(this.#folder, file)]
    const patience = [
      '--cluster-port',
      String(bus),
      '--cluster-node-timeout',
      String(NODE_TIMEOUT_MS),
      '--cluster-require-full-coverage',
      'no',
    ]
    const server = await RedisServer.start([...more, ...patience], this.#program)
    this.#servers.push(server)
    this.#buses.push(bus)
    const client = new Redis(server.url)
    client.on('error', () => {})
    this.#clients.push(client)
    return server
  }

  /** The one at this address. */
  at(address: string | undefined): RedisServer | undefined {
    return this.#servers.find((server) => server.address === address)
  }

  async #form(): Promise<void> {
    for (const [index, client] of this.#clients.entries()) {
      if (index < PRIMARIES) {
        const [begin, end] = [index, index + 1].map((part) => Math.floor((part * HASH_SLOTS) / PRIMARIES))
        await client.call('CLUSTER', 'ADDSLOTSRANGE', String(begin), String((end ?? 0) - 1))
      }
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
      if (index > 0) await this.#meet(client)
    }
    await this.#untilAll(/cluster_state:ok/, new RegExp(`cluster_known_nodes:${this.#servers.length}\\b`))
    for (const [index, replica] of this.#clients.slice(PRIMARIES).entries()) {
      const primary = String(await this.#clients[index]?.call('CLUSTER', 'MYID'))
      await replica.call('CLUSTER', 'REPLICATE', primary)
      await until(
        async () => String(await replica.info('replication')),
        (info) => info.includes('master_link_status:up'),
        FORMED_MAX_MS,
      )
    }
  }

  async #untilAll(...patterns: readonly RegExp[]): Promise<void> {
    const isSo = async () => {
      const infos = await Promise.all(this.#clients.map((client) => client.call('CLUSTER', 'INFO')))
      return infos.every((info) => patterns.every((pattern) => pattern.test(String(info))))
    }
    await until(isSo, (so) => so, FORMED_MAX_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect()
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()))
    await rm(this.#folder, { recursive: true })
  }
}
