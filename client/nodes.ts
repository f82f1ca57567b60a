/**
 * Which nodes there are, and whom to ask for what.
 *
 * The addresses that the caller has given are always good to ask: any node answers for any key. Those of the members are
 * learned from one of them, and used once something answers there that is that very member: behind a balancer they may
 * be names that mean nothing here, or somebody else. Nothing depends on it being true: a node that does not own a key
 * passes the call on.
 */
import { slotOf } from '../shared/placement.ts'
import { type Placement, placing } from '../shared/placing.ts'
import { isObject } from './errors.ts'
import type { Exchange, Exchanges, Outcome } from './exchange.ts'

export interface NodesOptions {
  /** As given; at least one. */
  readonly urls: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly exchanges: Exchanges
  /** Whether members are asked at their own addresses. */
  readonly direct: boolean
}

/** Somebody to ask. */
export class Node {
  readonly url: string
  /** The member that is known to answer there. */
  readonly id: string | undefined
  readonly incarnation: string | undefined
  #failures = 0
  #restsUntilMs = 0

  constructor(url: string, id?: string, incarnation?: string) {
    this.url = url
    this.id = id
    this.incarnation = incarnation
  }

  /** Nobody asks it for a while, as it has failed of late: others are asked first. */
  isResting(nowMs: number): boolean {
    return nowMs < this.#restsUntilMs
  }

  failed(nowMs: number): void {
    this.#restsUntilMs = nowMs + Math.min(REST_MAX_MS, REST_MIN_MS * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 16)
  }

  answered(): void {
    this.#failures = 0
    this.#restsUntilMs = 0
  }
}

const REST_MIN_MS = 250
const REST_MAX_MS = 10_000
const ASK_MAX_MS = 2000
/** Between two looks at the cluster: growing, while they show nothing new. */
const LOOK_MIN_MS = 250
const LOOK_MAX_MS = 10_000

interface Member {
  readonly id: string
  readonly url: string
  readonly incarnation: string
}

export class Nodes {
  readonly #options: NodesOptions
  readonly #given: readonly Node[]
  /** In the order of the placement; nobody where one cannot be reached from here. */
  #members: readonly (Node | undefined)[] = []
  #all: readonly Node[]
  #placement: Placement | undefined
  #epoch = -1
  #turn = Math.floor(Math.random() * 2 ** 16)
  #isLookDue: boolean
  #isLooking = false
  #lookedAtMs = -Infinity
  #lookEveryMs = LOOK_MIN_MS

  constructor(options: NodesOptions) {
    this.#options = options
    this.#given = options.urls.map((url) => new Node(url))
    this.#all = this.#given
    this.#isLookDue = options.direct
  }

  /** Whom to ask, of those not yet `tried`: the owner of the key, then any other that has not failed of late, then any. */
  pick(key: string | undefined, tried: ReadonlySet<Node>, nowMs: number): Node {
    if (this.#isLookDue && nowMs - this.#lookedAtMs > this.#lookEveryMs) void this.#look(nowMs)
    const owner = key === undefined ? undefined : this.#owner(key)
    if (owner !== undefined && !tried.has(owner) && !owner.isResting(nowMs)) return owner
    const all = this.#all
    const from = this.#turn++
    const inTurn = all.map((_, index) => all[(from + index) % all.length] as Node)
    return (
      inTurn.find((node) => !tried.has(node) && !node.isResting(nowMs)) ??
      inTurn.find((node) => !tried.has(node)) ??
      (inTurn[0] as Node)
    )
  }

  /** Whether all of those that there are have been tried. */
  areAll(tried: ReadonlySet<Node>): boolean {
    return tried.size > 0 && this.#all.every((node) => tried.has(node))
  }

  /** Asks it, and learns from what comes whether it is there. */
  async ask(node: Node, request: Exchange): Promise<Outcome> {
    const outcome = await this.#options.exchanges.ask(request)
    if (outcome.type === 'answered' && outcome.status < 500) node.answered()
    else this.lost(node)
    return outcome
  }

  /** It was there, and is not any more. */
  lost(node: Node): void {
    node.failed(performance.now())
    this.look()
  }

  /** A key was said to be that of `id`. */
  heardOwner(key: string, id: string): void {
    const { memberIds } = this.#placement ?? {}
    if (memberIds !== undefined && memberIds[this.#ownerIndex(key)] !== id) this.look()
  }

  /** The cluster is looked at anew, with the next call that is made once it is time: nothing goes on while nobody calls. */
  look(): void {
    this.#isLookDue = true
  }

  #owner(key: string): Node | undefined {
    return this.#members[this.#ownerIndex(key)]
  }

  #ownerIndex(key: string): number {
    return this.#placement?.holders[slotOf(key)] ?? -1
  }

  async #look(nowMs: number): Promise<void> {
    if (!this.#options.direct || this.#isLooking) return
    this.#isLooking = true
    this.#isLookDue = false
    this.#lookedAtMs = nowMs
    this.#lookEveryMs = Math.min(LOOK_MAX_MS, this.#lookEveryMs * 2)
    await this.#learn().finally(() => {
      this.#isLooking = false
    })
  }

  async #learn(): Promise<void> {
    const node = this.pick(undefined, new Set(), performance.now())
    const outcome = await this.#get(`${node.url}/api/v1/cluster`, this.#options.headers)
    const view = outcome.type === 'answered' ? viewOf(outcome.body) : undefined
    // An older one is that of a node which has not heard.
    if (view === undefined || view.epoch < this.#epoch) return this.look()
    const holders = view.members.filter(({ leaving }) => leaving !== true)
    const nodes = await Promise.all(holders.map((member) => this.#proven(member)))
    const placement = await place(
      holders.map(({ id }) => id),
      this.#placement,
    )
    if (view.epoch > this.#epoch) this.#lookEveryMs = LOOK_MIN_MS
    this.#epoch = view.epoch
    this.#members = nodes
    this.#placement = placement
    const members = nodes.filter((node) => node !== undefined)
    const isKnown = ({ url }: Node) => members.some((member) => member.url === url)
    this.#all = [...members, ...this.#given.filter((node) => !isKnown(node))]
    if (nodes.includes(undefined)) this.look()
  }

  /** The node that is that member, if it can be reached from here. No key is shown to whoever else is there. */
  async #proven({ id, url, incarnation }: Member): Promise<Node | undefined> {
    const known = this.#members.find((node) => node?.url === url && node.incarnation === incarnation)
    if (known !== undefined) return known
    const outcome = await this.#get(`${url}/healthcheck`)
    const { id: told, incarnation: life } =
      outcome.type === 'answered' && isObject(outcome.body) ? outcome.body : {}
    return told === id && life === incarnation ? new Node(url, id, incarnation) : undefined
  }

  #get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.#options.exchanges.ask({ method: 'GET', url, headers, withinMs: ASK_MAX_MS })
  }
}

interface ViewOfCluster {
  readonly epoch: number
  readonly members: readonly (Member & { readonly leaving?: unknown })[]
}

function viewOf(body: unknown): ViewOfCluster | undefined {
  if (!isObject(body)) return undefined
  const { epoch, members } = body
  if (typeof epoch !== 'number' || !Array.isArray(members) || !members.every(isMember)) return undefined
  return { epoch, members }
}

function isMember(value: unknown): value is Member {
  return isObject(value) && ['id', 'url', 'incarnation'].every((name) => typeof value[name] === 'string')
}

/** In turns: at a thousand members it takes a tenth of a second. */
async function place(
  memberIds: readonly string[],
  former: Placement | undefined,
): Promise<Placement | undefined> {
  if (memberIds.length === 0) return undefined
  const steps = placing(memberIds, 1, former)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await new Promise((resolve) => setTimeout(resolve))
  }
}
