/** Three Redis servers with a replica each, two nodes over them, and what can become of a primary. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { pause, systemClock } from '../../shared/clock.ts'
import { freePorts } from './ports.ts'
import type { Random } from './random.ts'

const SERVERS = 6
const NODES = 2
const NODE_TIMEOUT_MS = 1000
const FROZEN_MS = 3000
const LOOK_EVERY_MS = 100
const PATIENCE_MS = 30_000

interface Server {
  readonly port: number
  readonly bus: number
  readonly folder: string
  child: ChildProcess
}

export class EngineCluster implements AsyncDisposable {
  readonly #servers: Server[] = []
  readonly #nodes: { readonly port: number; readonly child: ChildProcess }[] = []

  /** Resolves once the nodes are ready. */
  static async start({ folder }: { readonly folder: string }): Promise<EngineCluster> {
    await using unfinished = new AsyncDisposableStack()
    const cluster = unfinished.use(new EngineCluster())
    const ports = await freePorts(2 * SERVERS + NODES)
    for (let index = 0; index < SERVERS; index++)
      await cluster.#addServer(
        ports[2 * index] ?? 0,
        ports[2 * index + 1] ?? 0,
        join(folder, `redis-${index}`),
      )
    const addresses = cluster.#servers.map(({ port }) => `127.0.0.1:${port}`)
    await until(() => cluster.#create(addresses))
    await cluster.#untilReplicated()
    for (const port of ports.slice(2 * SERVERS)) cluster.#addNode(port, addresses)
    for (const { port } of cluster.#nodes)
      await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok)
    unfinished.move()
    return cluster
  }

  get nodeUrls(): string[] {
    return this.#nodes.map(({ port }) => `http://127.0.0.1:${port}`)
  }

  /** Resolves once three primaries have replicas again. */
  async bring(kind: 'kill' | 'freeze' | 'handover', random: Random): Promise<void> {
    const primaries = await this.#withRole('master')
    const victim = random.pick(primaries)
    if (kind === 'kill') {
      victim.child.kill('SIGKILL')
      await until(async () => (await this.#withRole('master')).filter((one) => one !== victim).length === 3)
      victim.child = spawnServer(victim)
    } else if (kind === 'freeze') {
      victim.child.kill('SIGSTOP')
      await pause(systemClock, FROZEN_MS)
      victim.child.kill('SIGCONT')
    } else {
      const replica = random.pick(await this.#withRole('slave'))
      await ask(replica.port, (redis) => redis.call('CLUSTER', 'FAILOVER'))
    }
    await this.#untilReplicated()
  }

  /** One that has never had what its primary has does not take over. */
  async #untilReplicated(): Promise<void> {
    await until(async () => {
      const infos = await Promise.all((await this.#withRole('slave')).map((one) => infoOf(one)))
      return infos.length === 3 && infos.every((info) => info.includes('master_link_status:up'))
    })
  }

  async #addServer(port: number, bus: number, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    const place = { port, bus, folder }
    const server = { ...place, child: spawnServer(place) }
    this.#servers.push(server)
    await until(async () => (await infoOf(server)) !== '')
  }

  async #create(addresses: readonly string[]): Promise<boolean> {
    const how = ['--cluster-replicas', '1', '--cluster-yes']
    await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, ...how])
    return true
  }

  #addNode(port: number, addresses: readonly string[]): void {
    const urls = addresses.map((address) => `redis://${address}`).join()
    const environment = {
      ...process.env,
      PORT: `${port}`,
      ENGINE_URL: urls,
      UPLINK_URL: '',
      LOG_LEVEL: 'error',
    }
    const entry = join(import.meta.dirname, '../../node/main.ts')
    const child = spawn(process.execPath, [entry], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.#nodes.push({ port, child })
  }

  async #withRole(role: 'master' | 'slave'): Promise<Server[]> {
    const infos = await Promise.all(this.#servers.map(infoOf))
    return this.#servers.filter((_, index) => infos[index]?.includes(`role:${role}`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [...this.#nodes, ...this.#servers].map(({ child }) => child)
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }),
    )
  }
}

function spawnServer({ port, bus, folder }: Pick<Server, 'port' | 'bus' | 'folder'>): ChildProcess {
  const where = ['--port', `${port}`, '--cluster-port', `${bus}`, '--bind', '127.0.0.1', '--dir', folder]
  const how = ['--save', '', '--appendonly', 'no', '--cluster-enabled', 'yes']
  const patience = ['--cluster-node-timeout', `${NODE_TIMEOUT_MS}`, '--cluster-require-full-coverage', 'no']
  return spawn('redis-server', [...where, ...how, ...patience], { stdio: 'ignore' })
}

/** Of its replication; empty where it does not answer. */
async function infoOf({ port }: Pick<Server, 'port'>): Promise<string> {
  return await ask(port, (redis) => redis.info('replication')).then(String, () => '')
}

async function ask(port: number, what: (redis: Redis) => Promise<unknown>): Promise<unknown> {
  const redis = new Redis({
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: 1000,
    connectTimeout: 500,
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await what(redis)
  } finally {
    redis.disconnect()
  }
}

/** @throws when it is not so in time. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let leftMs = PATIENCE_MS; !(await isSo().catch(() => false)); leftMs -= LOOK_EVERY_MS) {
    if (leftMs <= 0) throw new Error('the cluster of Redis does not come about')
    await pause(systemClock, LOOK_EVERY_MS)
  }
}
