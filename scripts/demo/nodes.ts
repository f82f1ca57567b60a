/**
 * The nodes of the cluster that the demonstration is played on: which of them answer, and whose turn it is.
 *
 * One that does not answer is left out until it is ready again. Both are told, once, however many requests notice.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import { isLive, isReady } from '../readiness.ts'

const LOOK_EVERY_MS = 100

export interface Node {
  /** As the cluster calls it. */
  readonly id: string
  readonly url: string
  /** As it is called here: shorter. */
  readonly name: string
}

export type Tell = (news: string, color: 'red' | 'green') => void

export class Nodes implements Disposable {
  readonly all: readonly [Node, ...Node[]]
  /** From the first doubt on, until it is ready again. */
  readonly #doubtful = new Set<Node>()
  readonly #away = new Set<Node>()
  readonly #ended = new AbortController()
  readonly #tell: Tell
  #turn = 0

  constructor(all: readonly [Node, ...Node[]], tell: Tell) {
    this.all = all
    this.#tell = tell
  }

  /** The one whose turn it is, of those that answer; of all, where none does. */
  next(): Node {
    const here = this.all.filter((node) => !this.#doubtful.has(node))
    const nodes = here.length > 0 ? here : this.all
    return nodes[this.#turn++ % nodes.length] ?? this.all[0]
  }

  isAway(node: Node): boolean {
    return this.#away.has(node)
  }

  get away(): readonly Node[] {
    return this.all.filter((node) => this.isAway(node))
  }

  get areAllHere(): boolean {
    return this.#doubtful.size === 0
  }

  /** Resolves once all are here, or when patience has an end. */
  async untilAllHere(patienceMs: number): Promise<void> {
    const givesUpAtMs = systemClock.now() + patienceMs
    while (!this.areAllHere && systemClock.now() < givesUpAtMs) await pause(systemClock, LOOK_EVERY_MS)
  }

  /** To be told when a request has failed there. Resolves once it is known to be here. */
  async doubt(node: Node): Promise<void> {
    if (this.#doubtful.has(node)) return
    this.#doubtful.add(node)
    if (!(await isLive(node.url))) await this.#untilBack(node)
    this.#doubtful.delete(node)
  }

  async #untilBack(node: Node): Promise<void> {
    const { signal } = this.#ended
    if (signal.aborted) return
    this.#away.add(node)
    this.#tell(`Node ${node.name} does not answer: its requests go to the others`, 'red')
    while (!(await isReady(node.url))) {
      await pause(systemClock, LOOK_EVERY_MS, signal)
      if (signal.aborted) return
    }
    this.#away.delete(node)
    if (!signal.aborted) this.#tell(`Node ${node.name} is back`, 'green')
  }

  /** Nobody is looked for any more. */
  [Symbol.dispose](): void {
    this.#ended.abort()
  }
}

/** The port is enough where all are on one machine. */
export function namesOf(urls: readonly string[]): string[] {
  const addresses = urls.map((url) => new URL(url))
  const isOneMachine = new Set(addresses.map(({ hostname }) => hostname)).size === 1
  return addresses.map(({ host, port }) => (isOneMachine && port) || host)
}
