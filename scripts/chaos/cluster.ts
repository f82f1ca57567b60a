/**
 * The cluster of a chaos run: uplink and members as processes, all calls between them through proxies.
 *
 * Clients call the members directly, as behind a load balancer: it asks each whether it is ready, and sends
 * nothing to those that are not.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pause, systemClock } from '../../shared/clock.ts'
import { Front, Network, type Pair, UPLINK } from './network.ts'
import { freePorts } from './ports.ts'
import { ServiceProcess } from './process.ts'
import { ROUTES } from './records.ts'
import { send } from './requests.ts'

const LOOK_EVERY_MS = 150
const LOOK_MAX_MS = 1000
const READY_MAX_MS = 30_000
/** Of each member: little, so that it can be filled. */
export const MEMORY_BYTES = 16 * 2 ** 20

export interface ClusterOptions {
  readonly folder: string
  readonly members: number
  readonly copies: number
  readonly leaseMs: number
  readonly syncIntervalMs: number
  onUnexpectedExit(what: string): void
}

export class ChaosCluster implements AsyncDisposable {
  readonly network = new Network()
  readonly uplink: ServiceProcess
  /** The members that are there when all is well. */
  readonly base: readonly string[]
  /** The one that joins and leaves. */
  readonly guest: string
  readonly #members: ReadonlyMap<string, ServiceProcess>
  readonly #ready = new Set<string>()
  readonly #looking = new AbortController()
  #look = Promise.resolve()
  readonly #folder: string
  readonly copies: number
  /** The halves of a cut cluster. */
  halves: readonly (readonly string[])[] | undefined

  static async start(options: ClusterOptions): Promise<ChaosCluster> {
    const cluster = new ChaosCluster(options, await freePorts((options.members + 2) * 2))
    try {
      cluster.#look = cluster.#keepLooking()
      await cluster.uplink.start()
      await Promise.all(cluster.base.map((id) => cluster.startMember(id)))
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(options: ClusterOptions, ports: readonly number[]) {
    const { folder, leaseMs, copies, syncIntervalMs } = options
    this.#folder = folder
    this.copies = copies
    const names = Array.from({ length: options.members + 1 }, (_, index) => nameOf(index))
    this.base = names.slice(0, -1)
    this.guest = names.at(-1) ?? ''
    const routesFile = join(folder, 'routes.json')
    writeFileSync(routesFile, JSON.stringify(ROUTES))
    const service = (name: string, index: number, uplinkUrl: string | undefined) => {
      const [port = 0, frontPort = 0] = ports.slice(2 * index, 2 * index + 2)
      const front = new Front(this.network, { name, port: frontPort, targetPort: port })
      const own = {
        NODE_ID: name,
        ADVERTISE_URL: front.url,
        UPLINK_URL: uplinkUrl,
        ROUTES_FILE: routesFile,
        DATA_DIR: join(folder, 'data'),
        SYNC_INTERVAL_MS: `${syncIntervalMs}`,
        MAX_BYTES: `${MEMORY_BYTES}`,
      }
      const process = new ServiceProcess({
        kind: uplinkUrl ? 'node' : 'uplink',
        name,
        port,
        front,
        logPath: join(folder, `${name}.log`),
        environment: uplinkUrl ? own : { LEASE_MS: `${leaseMs}`, COPIES: `${copies}` },
        onUnexpectedExit: (what) => options.onUnexpectedExit(what),
      })
      return { front, process }
    }
    mkdirSync(join(folder, 'data'), { recursive: true })
    const uplink = service(UPLINK, 0, undefined)
    this.uplink = uplink.process
    this.#members = new Map(
      names.map((name, index) => [name, service(name, index + 1, uplink.front.url).process]),
    )
  }

  member(id: string): ServiceProcess {
    const member = this.#members.get(id)
    if (member === undefined) throw new Error(`there is no member ${id}`)
    return member
  }

  /** Those whose process runs, and is not frozen. */
  get running(): ServiceProcess[] {
    return [...this.#members.values()].filter(({ isRunning, isFrozen }) => isRunning && !isFrozen)
  }

  /** Where a client may send its requests: in a cut cluster, each client belongs to one half. */
  urlsFor(client: number): string[] {
    const { halves } = this
    const half = halves?.[client % halves.length]
    const ids = [...this.#ready].filter((id) => half?.includes(id) ?? true)
    return ids.map((id) => this.member(id).url)
  }

  /** Resolves once it says that it is ready. @throws when it does not in time, or ends before. */
  async startMember(id: string, { aheadMs = 0 } = {}): Promise<void> {
    const member = this.member(id)
    await member.start({ aheadMs })
    const givesUpAtMs = systemClock.now() + READY_MAX_MS
    while (!(await isReady(member))) {
      if (!member.isRunning) throw new Error(`${id} has ended before it was ready`)
      if (systemClock.now() > givesUpAtMs)
        throw new Error(`${id} is not ready ${READY_MAX_MS / 1000} s after its start`)
      await pause(systemClock, LOOK_EVERY_MS)
    }
  }

  /** What it has written down is gone. To be called while it does not run. */
  async loseDisk(id: string): Promise<void> {
    const folder = join(this.#folder, 'data')
    const files = (await readdir(folder)).filter((name) => name.startsWith(`${id}.db`))
    await Promise.all(files.map((name) => rm(join(folder, name))))
  }

  /** All pairs of one of these and one of those. */
  static between(these: readonly string[], those: readonly string[]): Pair[] {
    return these.flatMap((one) => those.map((other): Pair => [one, other]))
  }

  /** The load balancer. Each is looked at by itself: one that hangs must not hold up the others. */
  async #keepLooking(): Promise<void> {
    const look = async ([id, member]: [string, ServiceProcess]) => {
      while (!this.#looking.signal.aborted) {
        if (member.isRunning && (await isReady(member))) this.#ready.add(id)
        else this.#ready.delete(id)
        await pause(systemClock, LOOK_EVERY_MS, this.#looking.signal)
      }
    }
    await Promise.all([...this.#members].map(look))
  }

  /** Ends all processes, whatever state they are in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#looking.abort()
    await Promise.all([...this.#members.values(), this.uplink].map((process) => process.kill()))
    await this.#look
  }
}

async function isReady({ url }: ServiceProcess): Promise<boolean> {
  const { problem } = await send(url, { method: 'GET', path: '/readyz' }, LOOK_MAX_MS)
  return problem === ''
}

/** a, b, … z, then n26, n27 … */
function nameOf(index: number): string {
  return index < 26 ? String.fromCharCode('a'.charCodeAt(0) + index) : `n${index}`
}
