/** A cluster of real processes on this machine, for what only they can show: to be stopped and to be killed. */
import type { Environment } from '../../shared/config.ts'
import type { View } from '../../shared/view.ts'
import { allDone } from './all-done.ts'
import { freePorts } from './ports.ts'
import { startService, type TestProcess } from './process.ts'
import { until } from './until.ts'

export interface MemberProcess {
  readonly id: string
  readonly url: string
  readonly process: TestProcess
}

export class ProcessCluster implements AsyncDisposable {
  readonly uplinkUrl: string
  readonly #uplink: TestProcess
  readonly #members = new Map<string, MemberProcess>()

  /** Resolves once every member sees all the others. */
  static async start(
    ids: readonly string[],
    { node = {}, uplink = {} }: { node?: Environment; uplink?: Environment } = {},
  ): Promise<ProcessCluster> {
    const [uplinkPort] = await freePorts(1)
    const started = await startService('uplink', { ...uplink, PORT: String(uplinkPort) })
    await using unfinished = new AsyncDisposableStack()
    const cluster = unfinished.use(new ProcessCluster(started, `http://127.0.0.1:${uplinkPort}`))
    await allDone(ids.map((id) => cluster.#join(id, node)))
    for (const { url } of cluster.#members.values()) {
      await until(
        async () => (await (await fetch(`${url}/api/v1/cluster`)).json()) as View,
        ({ members }) => members.length === ids.length,
      )
    }
    unfinished.move()
    return cluster
  }

  private constructor(uplink: TestProcess, uplinkUrl: string) {
    this.#uplink = uplink
    this.uplinkUrl = uplinkUrl
  }

  async #join(id: string, environment: Environment): Promise<void> {
    const [port] = await freePorts(1)
    const settings = { ...environment, PORT: String(port), NODE_ID: id, UPLINK_URL: this.uplinkUrl }
    const process = await startService('node', settings)
    this.#members.set(id, { id, url: `http://127.0.0.1:${port}`, process })
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
    await Promise.all([...processes, this.#uplink].map((process) => process[Symbol.asyncDispose]()))
  }
}
