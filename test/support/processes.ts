/** A cluster of real processes on this machine, for what only they can show: to be stopped and to be killed. */
import type { Environment } from '../../shared/config.ts'
import type { View } from '../../shared/view.ts'
import { allDone } from './all-done.ts'
import type { NameServer } from './name-server.ts'
import { freePorts } from './ports.ts'
import { type Around, startService, type TestProcess } from './process.ts'
import { until } from './until.ts'

export interface MemberProcess {
  readonly id: string
  readonly url: string
  readonly process: TestProcess
}

export interface ProcessClusterOptions {
  readonly node?: Environment
  readonly uplink?: Environment
  /** Of one member, besides. */
  readonly own?: (id: string) => Environment
  /** Where they find each other by names: `uplink.larder`, `a.larder`. */
  readonly names?: NameServer
}

export class ProcessCluster implements AsyncDisposable {
  /** As this process reaches it. */
  readonly uplinkUrl: string
  readonly #options: ProcessClusterOptions
  readonly #uplinkPort: number
  #uplink: TestProcess | undefined
  readonly #members = new Map<string, MemberProcess>()

  /** Resolves once every member sees all the others. */
  static async start(ids: readonly string[], options: ProcessClusterOptions = {}): Promise<ProcessCluster> {
    const [uplinkPort] = await freePorts(1)
    await using unfinished = new AsyncDisposableStack()
    const cluster = unfinished.use(new ProcessCluster(uplinkPort, options))
    options.names?.know([nameOf('uplink')])
    await cluster.startUplink()
    await allDone(ids.map((id) => cluster.join(id)))
    await cluster.sees(ids.length)
    unfinished.move()
    return cluster
  }

  private constructor(uplinkPort: number, options: ProcessClusterOptions) {
    this.#options = options
    this.#uplinkPort = uplinkPort
    this.uplinkUrl = `http://127.0.0.1:${uplinkPort}`
  }

  async startUplink(): Promise<void> {
    const settings = { ...this.#secret, ...this.#options.uplink, PORT: String(this.#uplinkPort) }
    this.#uplink = await startService('uplink', settings, this.#around)
  }

  async killUplink(): Promise<void> {
    await this.#uplink?.kill()
  }

  /** Resolves once every member sees so many. */
  async sees(count: number): Promise<void> {
    for (const { url } of this.#members.values())
      await until(
        async () => (await (await fetch(`${url}/api/v1/cluster`)).json()) as View,
        ({ members }) => members.length === count,
      )
  }

  /** Resolves once it is ready. */
  async join(id: string, at?: number): Promise<void> {
    const { node, own: ownOf, names } = this.#options
    names?.know([nameOf(id)])
    const [port = at] = at === undefined ? await freePorts(1) : []
    const [own, uplink] = names ? [nameOf(id), nameOf('uplink')] : ['127.0.0.1', '127.0.0.1']
    const settings = {
      ...this.#secret,
      ...node,
      ...ownOf?.(id),
      PORT: String(port),
      NODE_ID: id,
      ADVERTISE_URL: `http://${own}:${port}`,
      UPLINK_URL: `http://${uplink}:${this.#uplinkPort}`,
    }
    const process = await startService('node', settings, this.#around)
    this.#members.set(id, { id, url: `http://127.0.0.1:${port}`, process })
  }

  /** Whoever is not known by the address of this machine has to show one. */
  get #secret(): Environment {
    return this.#options.names === undefined ? {} : { CLUSTER_SECRET: 'what-members-show' }
  }

  get #around(): Around | undefined {
    const { names } = this.#options
    return names && ((command, args) => names.around(command, args))
  }

  member(id: string): MemberProcess {
    const member = this.#members.get(id)
    if (member === undefined) throw new Error(`there is no member ${id}`)
    return member
  }

  async view(): Promise<View> {
    return (await (await fetch(`${this.uplinkUrl}/api/v1/view`)).json()) as View
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [...this.#members.values()].map(({ process }) => process)
    await Promise.all([...processes, this.#uplink].map((process) => process?.[Symbol.asyncDispose]()))
  }
}

/** By which a member, or uplink, is known. */
export function nameOf(id: string): string {
  return `${id}.larder`
}
