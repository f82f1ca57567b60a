/**
 * One batch in flight, the next one gathers: load alone decides how large a batch is.
 *
 * Every item has its own deadline. It is kept for items that wait as for those under way, so a partner that
 * hangs costs each caller exactly the time it was ready to wait. Knows nothing of what it carries.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Eventual } from '../../../shared/eventual.ts'

/** Items that wait for one partner; beyond it they are refused at once. */
const WAITING_MAX = 10_000
const BATCH_ITEMS_MAX = 1000
/** A batch is closed by the item that brings it over this; one large item may be a batch alone. Some milliseconds to read. */
const BATCH_BYTES_MAX = 512 * 2 ** 10

export interface BatcherOptions<Item, Result> {
  readonly clock: Clock
  bytesOf(item: Item): number
  /** Runs something at the end of this turn of the event loop. */
  atLast?(run: () => void): void
  /**
   * One result an item, in order: an error is the item's own, `undefined` stands for one that has to be sent again, and a
   * promise for one that comes otherwise. Gives up at the deadline.
   */
  send(items: readonly Item[], deadlineAtMs: number): Promise<readonly Sent<Result>[]>
}

type Sent<Result> = Eventual<Result> | LarderError | undefined

interface Pending<Item, Result> {
  readonly item: Item
  readonly promise: Promise<Result>
  readonly deadlineAtMs: number
  settled: boolean
  resolve(result: Eventual<Result>): void
  reject(error: unknown): void
}

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  #waiting: Pending<Item, Result>[] = []
  #inFlight: readonly Pending<Item, Result>[] = []
  #isIdle = true
  #underWay = Promise.resolve()
  #timer: Timer | undefined
  #timerAtMs = Infinity

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws LarderError (as a rejection) OVERLOADED, UNREACHABLE after the deadline, or what `send` throws. */
  add(item: Item, deadlineAtMs: number): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    if (this.#waiting.length >= WAITING_MAX) {
      reject(new LarderError('OVERLOADED', `${WAITING_MAX} commands wait for the owner already.`))
      return promise
    }
    this.#waiting.push({ item, promise, deadlineAtMs, settled: false, resolve, reject })
    this.#watch(deadlineAtMs)
    if (this.#isIdle) {
      this.#isIdle = false
      this.#nextAtLast()
    }
    return promise
  }

  /** What comes of the last of these, where one of them waits or is under way; else nothing, at once. */
  lastOf(isMeant: (item: Item) => boolean): Promise<unknown> {
    const isOne = ({ item }: Pending<Item, Result>) => isMeant(item)
    return (this.#waiting.findLast(isOne) ?? this.#inFlight.findLast(isOne))?.promise ?? Promise.resolve()
  }

  /** Gives up what was never sent; resolves once what is under way has its answer, or its deadline. */
  async stop(notSent: LarderError): Promise<void> {
    for (const one of this.#waiting.splice(0)) reject(one, notSent)
    await this.#underWay
  }

  /** At the end of this turn whatever it has read from the sockets is in the batch. */
  #nextAtLast(): void {
    const { atLast = setImmediate } = this.#options
    atLast(() => this.#next())
  }

  #next(): void {
    const batch = this.#takeBatch()
    this.#isIdle = batch.length === 0
    if (this.#isIdle) return
    this.#inFlight = batch
    this.#underWay = this.#carry(batch)
  }

  async #carry(batch: readonly Pending<Item, Result>[]): Promise<void> {
    try {
      const items = batch.map(({ item }) => item)
      const deadlineAtMs = batch.reduce((latest, one) => Math.max(latest, one.deadlineAtMs), -Infinity)
      const results = await this.#options.send(items, deadlineAtMs)
      if (results.length !== batch.length)
        throw new LarderError('UNREACHABLE', 'The owner answered too little.')
      for (const [index, one] of batch.entries()) this.#settle(one, results[index])
    } catch (error) {
      for (const one of batch) reject(one, error)
    }
    this.#inFlight = []
    this.#isIdle = this.#waiting.length === 0
    if (!this.#isIdle) this.#nextAtLast()
  }

  #settle(one: Pending<Item, Result>, result: Sent<Result>): void {
    if (result === undefined) {
      if (!one.settled) this.#waiting.push(one)
    } else if (result instanceof LarderError) {
      reject(one, result)
    } else {
      one.settled = true
      one.resolve(result)
    }
  }

  #takeBatch(): Pending<Item, Result>[] {
    let bytes = 0
    let count = 0
    for (const { item } of this.#waiting) {
      if (count === BATCH_ITEMS_MAX || bytes >= BATCH_BYTES_MAX) break
      bytes += this.#options.bytesOf(item)
      count++
    }
    return this.#waiting.splice(0, count)
  }

  #watch(deadlineAtMs: number): void {
    if (deadlineAtMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = deadlineAtMs
    this.#timer = this.#options.clock.after(deadlineAtMs - this.#options.clock.now(), () => this.#expire())
  }

  #expire(): void {
    this.#timerAtMs = Infinity
    const nowMs = this.#options.clock.now()
    const late = new LarderError('UNREACHABLE', 'The owner of this key did not answer in time.')
    for (const one of [...this.#inFlight, ...this.#waiting]) {
      if (one.deadlineAtMs <= nowMs) reject(one, late)
    }
    this.#waiting = this.#waiting.filter(({ settled }) => !settled)
    const left = [...this.#inFlight.filter(({ settled }) => !settled), ...this.#waiting]
    if (left.length > 0)
      this.#watch(left.reduce((least, { deadlineAtMs }) => Math.min(least, deadlineAtMs), Infinity))
  }
}

/** An item may be given up at its deadline, and later be settled by its batch: the first counts. */
function reject(one: { settled: boolean; reject(error: unknown): void }, error: unknown): void {
  one.settled = true
  one.reject(error)
}
