/** The load generator in a process of its own, bound to a core of its own. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoadReport } from './load.ts'
import { endOf, type Stand } from './stand.ts'

/** What is sent, to where. */
export interface LoadSpec {
  readonly ports: readonly number[]
  readonly connections: number
  readonly idle?: number
  /** Each in turn, then again from the first. */
  readonly requests: readonly string[]
}

/** What the process is told. */
export type Order =
  | { readonly type: 'open'; readonly spec: LoadSpec }
  | { readonly type: 'closed loop'; readonly seconds: number }
  | { readonly type: 'in all'; readonly count: number }
  | { readonly type: 'open loop'; readonly seconds: number; readonly perSecond: number }
  | { readonly type: 'close' }

/** What it answers to each, once it is done. */
export interface Done {
  readonly report?: LoadReport
  readonly problem?: string
}

export class Generator {
  readonly #child: ChildProcess
  readonly #end: Promise<never>

  constructor(stand: Stand) {
    this.#child = stand.start(join(import.meta.dirname, 'generator-worker.ts'), {}, stand.cores?.generator)
    this.#end = endOf(this.#child, 'the load generator')
    this.#end.catch(() => {})
  }

  async open(spec: LoadSpec): Promise<void> {
    await this.#tell({ type: 'open', spec })
  }

  closedLoop(seconds: number): Promise<LoadReport> {
    return this.#play({ type: 'closed loop', seconds })
  }

  openLoop(seconds: number, perSecond: number): Promise<LoadReport> {
    return this.#play({ type: 'open loop', seconds, perSecond })
  }

  /** Each as soon as a connection is free. @throws when not all are accepted. */
  async inAll(count: number): Promise<void> {
    const { accepted, problem } = await this.#play({ type: 'in all', count })
    if (accepted.count < count) throw new Error(`${count - accepted.count} requests failed: ${problem}`)
  }

  async close(): Promise<void> {
    await this.#tell({ type: 'close' })
  }

  async #play(order: Order): Promise<LoadReport> {
    const { report } = await this.#tell(order)
    if (report === undefined) throw new Error('the load generator reports nothing')
    return report
  }

  async #tell(order: Order): Promise<Done> {
    const answered = once(this.#child, 'message')
    this.#child.send(order)
    const [done] = (await Promise.race([answered, this.#end])) as [Done]
    if (done.problem !== undefined) throw new Error(`load generator: ${done.problem}`)
    return done
  }
}
