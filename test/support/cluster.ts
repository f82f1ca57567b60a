/** An uplink and nodes in this process, each on a port of its own, and requests to them by name. */
import { pino } from 'pino'
import { FORMATS } from '../../node/cluster/wire/format.ts'
import { readConfig } from '../../node/config.ts'
import { type Node, startNode } from '../../node/node.ts'
import { type Clock, systemClock } from '../../shared/clock.ts'
import type { Environment } from '../../shared/config.ts'
import { slotOf } from '../../shared/placement.ts'
import { placeSlots } from '../../shared/placing.ts'
import { readConfig as readUplinkConfig } from '../../uplink/config.ts'
import { startUplink, type Uplink } from '../../uplink/uplink.ts'
import { allDone } from './all-done.ts'
import { until } from './until.ts'

export const silent = pino({ level: 'silent' })

/** Slots move with no more than half of what a member can do, and the machine may have little to give. */
const SETTLE_MAX_MS = 30_000

export interface ClusterOptions {
  readonly ids: readonly string[]
  readonly node?: Environment
  readonly uplink?: Environment
  /** The clocks of a member, where they are not those of the machine. */
  readonly clockOf?: (id: string) => Clock
}

interface ClusterView {
  readonly epoch: number
  readonly members: readonly { readonly id: string; readonly leaving?: true }[]
  readonly slots: { readonly owned: number; readonly replicated: number; readonly arriving: number }
}

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export class Cluster implements AsyncDisposable {
  readonly uplink: Uplink
  readonly #environment: Environment
  readonly #copies: number
  readonly #clockOf: (id: string) => Clock
  readonly #nodes = new Map<string, Node>()

  /** Resolves once it is settled. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { ids, uplink = {} } = options
    const config = readUplinkConfig({ PORT: '0', ...uplink })
    const started = await startUplink(config, { log: silent, foundingMs: 0 })
    await using unfinished = new AsyncDisposableStack()
    const cluster = unfinished.use(new Cluster(started, options))
    await allDone(ids.map((id) => cluster.join(id)))
    await cluster.settle()
    unfinished.move()
    return cluster
  }

  private constructor(started: Uplink, { node = {}, uplink = {}, clockOf }: ClusterOptions) {
    this.uplink = started
    this.#environment = node
    this.#copies = Number(uplink['COPIES'] ?? 2)
    this.#clockOf = clockOf ?? (() => systemClock)
  }

  async join(id: string, environment: Environment = {}, formats = FORMATS): Promise<Node> {
    const settings = {
      PORT: '0',
      DATA_DIR: 'off',
      NODE_ID: id,
      UPLINK_URL: this.uplink.url,
      ...this.#environment,
      ...environment,
    }
    const parts = { log: silent, clock: this.#clockOf(id), formats, onFatal() {} }
    const node = await startNode(readConfig(settings), parts)
    this.#nodes.set(id, node)
    return node
  }

  async leave(id: string): Promise<void> {
    await this.#node(id)[Symbol.asyncDispose]()
    this.#nodes.delete(id)
  }

  /** Waits until every node sees just the nodes that there are, and every slot is wherever it belongs. */
  async settle(): Promise<void> {
    const ids = [...this.#nodes.keys()].sort().join()
    for (const id of this.#nodes.keys()) {
      await until(
        () => this.#standOf(id),
        ({ ready, members, arriving, short }) =>
          members === ids && ready === 200 && arriving === 0 && short === 0,
        SETTLE_MAX_MS,
      )
    }
  }

  async #standOf(id: string) {
    const { members, slots } = await this.viewOf(id)
    const short = await this.metric(id, 'larder_slots_short')
    return {
      members: members.map((member) => member.id).join(),
      ready: (await fetch(`${this.url(id)}/readyz`)).status,
      arriving: slots.arriving,
      // Where there are fewer members than copies it stays so.
      short: members.length < this.#copies ? 0 : short,
    }
  }

  url(id: string): string {
    return `http://127.0.0.1:${this.#node(id).port}`
  }

  /** Where clients of Redis are served, with RESP_PORT. */
  respPort(id: string): number {
    return this.#node(id).respPort ?? 0
  }

  async viewOf(id: string): Promise<ClusterView> {
    const response = await this.#fetch(`${this.url(id)}/api/v1/cluster`)
    return (await response.json()) as ClusterView
  }

  /** The value of a metric on this node, over all its labels. */
  async metric(id: string, name: string): Promise<number> {
    const text = await (await this.#fetch(`${this.url(id)}/metrics`)).text()
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()))
    await this.uplink[Symbol.asyncDispose]()
  }

  #fetch(url: string): Promise<Response> {
    const { API_KEY: apiKey } = this.#environment
    return fetch(url, { headers: apiKey === undefined ? {} : { 'api-key': apiKey } })
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }
}

/** Who owns the key in a cluster of these members. */
export function ownerOf(key: string, ids: readonly string[]): string | undefined {
  const sorted = [...ids].sort()
  return sorted[placeSlots(sorted)[slotOf(key)] ?? 0]
}

/** The first keys that this member owns in a cluster of these members. */
export function keysOf(owner: string, ids: readonly string[], count: number): string[] {
  const keys: string[] = []
  for (let index = 0; keys.length < count; index++) {
    const key = `dish:${index}`
    if (ownerOf(key, ids) === owner) keys.push(key)
  }
  return keys
}

export function keyOf(owner: string, ids: readonly string[]): string {
  return keysOf(owner, ids, 1)[0] ?? ''
}

/** POST /api, or whatever JSON endpoint is given. */
export async function post(url: string, body: unknown): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, init)
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

export async function get(url: string): Promise<Answer> {
  const response = await fetch(url)
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
