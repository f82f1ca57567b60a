/**
 * Calls of one turn travel as one batch a node, and those that can wait as another. What comes while it is under way is the next one, so
 * that load decides how large they are: a request costs both sides as much as very many operations. Another one goes beside it
 * where it is full, or where what is under way takes long: an operation may wait for something, and the others need not.
 */
import type { Time } from './attempts.ts'
import { isObject, LarderError } from './errors.ts'
import type { Exchange, Outcome } from './exchange.ts'
import type { Node } from './nodes.ts'

/** Operations that a node takes in one batch. */
const OPS_MAX = 1000
/** Characters of all of them, beyond which a batch is closed. */
const TEXT_MAX = 512 * 1024
const UNDER_WAY_MAX = 4

/** To code the answers would cost the node more than all that it does for them, and the client a part of that. */
const HEADERS = { 'content-type': 'application/json', 'accept-encoding': 'identity' }

export interface Operation {
  /** As JSON. */
  readonly text: string
  readonly isRead: boolean
  /** It waits for its answer as long as it takes, and so travels with others that do. */
  readonly isPatient: boolean
}

interface Waiting {
  readonly text: string
  readonly isRead: boolean
  readonly withinMs: number
  /** Until when it may wait to be sent. */
  readonly untilMs: number
  /** Its answer needs a batch of its own. */
  readonly isAlone: boolean
  settle(outcome: Outcome): void
}

export interface BatchesOptions {
  readonly ask: (node: Node, request: Exchange) => Promise<Outcome>
  readonly headers: Readonly<Record<string, string>>
  /** Operations that may wait, at all nodes together. */
  readonly waitingMax: number
  /** A batch that has not been answered by then holds up no other. */
  readonly longMs: number
}

export class Batches {
  readonly #options: BatchesOptions
  readonly #lanes = { hurried: new Map<Node, Lane>(), patient: new Map<Node, Lane>() }
  #count = 0

  constructor(options: BatchesOptions) {
    this.#options = options
  }

  /** @throws LarderError TOO_MANY_CALLS, and nothing comes of it then. */
  send(node: Node, operation: Operation, time: Time, settle: (outcome: Outcome) => void): void {
    const { waitingMax } = this.#options
    if (this.#count >= waitingMax)
      throw new LarderError(`${waitingMax} calls wait already`, { code: 'TOO_MANY_CALLS', retryable: true })
    this.#count++
    this.#laneOf(node, operation).push({
      text: operation.text,
      isRead: operation.isRead,
      withinMs: time.withinMs,
      untilMs: time.untilMs,
      isAlone: false,
      settle: (outcome) => {
        this.#count--
        settle(outcome)
      },
    })
  }

  #laneOf(node: Node, { isPatient }: Operation): Lane {
    const lanes = isPatient ? this.#lanes.patient : this.#lanes.hurried
    let lane = lanes.get(node)
    if (lane === undefined) {
      lane = new Lane(node, this.#options, () => lanes.delete(node))
      lanes.set(node, lane)
    }
    return lane
  }
}

class Lane {
  readonly #node: Node
  readonly #options: BatchesOptions
  readonly #onIdle: () => void
  #waiting: Waiting[] = []
  #waitingText = 0
  #underWay = 0
  /** Of those under way. */
  #long = 0
  #isDue = false

  constructor(node: Node, options: BatchesOptions, onIdle: () => void) {
    this.#node = node
    this.#options = options
    this.#onIdle = onIdle
  }

  push(operation: Waiting): void {
    this.#waiting.push(operation)
    this.#waitingText += operation.text.length
    if (this.#mayGo) this.#sendSoon()
  }

  get #mayGo(): boolean {
    if (this.#waiting.length === 0 || this.#underWay === UNDER_WAY_MAX) return false
    const isFull = this.#waiting.length >= OPS_MAX || this.#waitingText >= TEXT_MAX
    return isFull || this.#underWay === this.#long
  }

  /** Whoever is answered now may call again in this turn. */
  #sendSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    atTheEndOfTheTurn(() => {
      this.#isDue = false
      while (this.#mayGo) void this.#send(this.#take(countOf(this.#waiting)))
      if (this.#waiting.length === 0 && this.#underWay === 0) this.#onIdle()
    })
  }

  #take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count)
    for (const { text } of taken) this.#waitingText -= text.length
    return taken
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const outcome = await this.#ask(batch)
    // Beyond what this node takes in one body, which is refused before anything of it is done.
    if (outcome.type === 'answered' && outcome.status === 413 && batch.length > 1) {
      void this.#send(batch.slice(0, batch.length / 2))
      void this.#send(batch.slice(batch.length / 2))
      return
    }
    this.#settle(batch, outcome)
    this.#dropWhatWaits(outcome.type === 'answered' ? performance.now() : Infinity)
    this.#sendSoon()
  }

  async #ask(batch: readonly Waiting[]): Promise<Outcome> {
    const { ask, headers, longMs } = this.#options
    this.#underWay++
    let isLong = false
    const timer = setTimeout(() => {
      isLong = true
      this.#long++
      this.#sendSoon()
    }, longMs)
    const outcome = await ask(this.#node, {
      method: 'POST',
      url: `${this.#node.url}/api/v1/batch`,
      headers: { ...headers, ...HEADERS },
      body: `{"ops":[${batch.map(({ text }) => text).join(',')}]}`,
      withinMs: Math.max(...batch.map(({ withinMs }) => withinMs)),
    })
    clearTimeout(timer)
    this.#underWay--
    if (isLong) this.#long--
    return outcome
  }

  /** Nothing of it was sent: whoever asks may try another node. */
  #dropWhatWaits(untilMs: number): void {
    const end = this.#waiting.findIndex((operation) => operation.untilMs > untilMs)
    for (const { settle } of this.#take(end === -1 ? this.#waiting.length : end))
      settle({ type: 'refused', cause: new Error('this node does not keep up') })
  }

  #settle(batch: readonly Waiting[], outcome: Outcome): void {
    const results = resultsIn(outcome, batch.length)
    for (const [index, operation] of batch.entries()) {
      const result = results?.[index]
      if (result === undefined || outcome.type !== 'answered') operation.settle(outcome)
      // The answer had no room for one more value: by itself it has.
      else if (result.status === 413 && operation.isRead && batch.length > 1)
        this.push({ ...operation, isAlone: true })
      else
        operation.settle({ type: 'answered', status: result.status, headers: outcome.headers, body: result })
    }
  }
}

function countOf(waiting: readonly Waiting[]): number {
  let length = 0
  const end = waiting.findIndex(({ text, isAlone }, index) => {
    length += text.length
    return index > 0 && (index === OPS_MAX || length > TEXT_MAX || isAlone)
  })
  if (end === -1) return waiting.length
  return waiting[0]?.isAlone ? 1 : end
}

function resultsIn(outcome: Outcome, count: number): readonly { readonly status: number }[] | undefined {
  if (outcome.type !== 'answered' || outcome.status !== 200 || !isObject(outcome.body)) return undefined
  const { results } = outcome.body
  return Array.isArray(results) && results.length === count ? results : undefined
}

/** After everything that is ready to run now, where the runtime has such a thing. */
const atTheEndOfTheTurn: (act: () => void) => void =
  (globalThis as { setImmediate?: (act: () => void) => unknown }).setImmediate?.bind(globalThis) ??
  queueMicrotask
