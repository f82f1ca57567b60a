/**
 * How far a partition has got, and what is under way: an offset counts as handled when its message and all
 * before it are. Messages of a partition may be under way together and end in any order; after one has failed
 * it is tried alone, with pauses, and its partition waits while the others go on.
 */
import { IS_CONTROL, type RecordsBatch } from '@platformatic/kafka'
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { ListenerMetrics } from './listener-metrics.ts'

/** Messages that are being handled at the same time. */
const UNDER_WAY_MAX = 64
/** Between two tries of the same message. */
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5000

/** What an answer says of one partition. */
interface Fetched {
  readonly records?: readonly RecordsBatch[] | null
  readonly highWatermark: bigint
}

interface Message {
  readonly offset: bigint
  readonly value: Buffer | null
}

export class Partition {
  readonly topic: string
  readonly index: number
  /** What to ask the broker for next. */
  position: bigint
  /** Where the partition ended when last seen. */
  end: bigint
  committed: bigint
  /** Fetched, in order, and not begun or to be begun again. */
  readonly #waiting: Message[] = []
  readonly #begun = new Set<Message>()
  /** The first message that has failed; the ones after it wait with it. */
  #stuckAt: bigint | undefined
  /** How long the next pause is; `isPaused` while one lasts. */
  #retryMs = RETRY_MIN_MS
  #isPaused = false

  constructor(topic: string, index: number, committed: bigint) {
    this.topic = topic
    this.index = index
    this.position = committed
    this.end = committed
    this.committed = committed
  }

  /** Everything before this offset has been handled. */
  get handled(): bigint {
    let first = this.#waiting[0]?.offset ?? this.position
    for (const { offset } of this.#begun) if (offset < first) first = offset
    return first
  }

  get lag(): number {
    return Math.max(0, Number(this.end - this.handled))
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get begun(): number {
    return this.#begun.size
  }

  get isStuck(): boolean {
    return this.#stuckAt !== undefined
  }

  /** Once a message has failed it goes alone. */
  get canBegin(): boolean {
    return this.#waiting.length > 0 && !this.#isPaused && (!this.isStuck || this.#begun.size === 0)
  }

  /** Takes over what was fetched. A batch is always whole, so it may begin with messages seen before. */
  take({ records, highWatermark }: Fetched): void {
    for (const batch of records ?? []) {
      if ((batch.attributes & IS_CONTROL) === 0) {
        for (const { offsetDelta, value } of batch.records) {
          const offset = batch.firstOffset + BigInt(offsetDelta)
          if (offset >= this.position) this.#waiting.push({ offset, value })
        }
      }
      const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
      if (next > this.position) this.position = next
    }
    if (highWatermark > this.end) this.end = highWatermark
  }

  begin(): Message | undefined {
    const message = this.#waiting.shift()
    if (message !== undefined) this.#begun.add(message)
    return message
  }

  /** Whether the partition was stuck at this message. */
  finish(message: Message): boolean {
    this.#begun.delete(message)
    if (message.offset !== this.#stuckAt) return false
    this.#stuckAt = undefined
    this.#retryMs = RETRY_MIN_MS
    return true
  }

  /** Puts it back. How long the partition is to pause for that; `undefined` when it is pausing already. */
  fail(message: Message): number | undefined {
    this.#begun.delete(message)
    const after = this.#waiting.findIndex(({ offset }) => offset > message.offset)
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, message)
    this.#stuckAt = this.#waiting[0]?.offset
    if (this.#isPaused) return undefined
    this.#isPaused = true
    const retryMs = this.#retryMs
    this.#retryMs = Math.min(2 * retryMs, RETRY_MAX_MS)
    return retryMs
  }

  goOn(): void {
    this.#isPaused = false
  }
}

export interface HandlerOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ListenerMetrics
  /** Rejects when the message is to be tried again. It has to settle at some time. */
  handle(message: { topic: string; value: Buffer | null }): Promise<void>
}

/** Hands over messages, as many at a time as may be, and those that failed again and again. */
export class UnderWay {
  readonly #options: HandlerOptions
  readonly #calls = new Set<Promise<void>>()
  #signal = AbortSignal.abort()
  partitions: readonly Partition[] = []

  constructor(options: HandlerOptions) {
    this.#options = options
  }

  get stuck(): Partition | undefined {
    return this.partitions.find(({ isStuck }) => isStuck)
  }

  /** Follows these partitions instead, and begins nothing more once the signal fires. */
  follow(partitions: readonly Partition[], signal: AbortSignal): void {
    this.partitions = partitions
    this.#signal = signal
    this.#options.metrics.lag.reset()
    for (const partition of partitions) this.measure(partition)
  }

  /** Resolves when no call is under way any more. */
  async drained(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
  }

  /** Begins what may begin; the partition with the least under way comes first. */
  pump(): void {
    while (!this.#signal.aborted && this.#calls.size < UNDER_WAY_MAX) {
      const [first, ...others] = this.partitions.filter(({ canBegin }) => canBegin)
      if (first === undefined) return
      const partition = others.reduce((least, other) => (other.begun < least.begun ? other : least), first)
      const message = partition.begin()
      if (message === undefined) return
      const call = this.#try(partition, message, this.#signal).finally(() => {
        this.#calls.delete(call)
        this.pump()
      })
      this.#calls.add(call)
    }
  }

  measure({ topic, index, lag }: Partition): void {
    if (!this.#signal.aborted) this.#options.metrics.lag.set({ topic, partition: index }, lag)
  }

  async #try(partition: Partition, message: Message, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics, handle } = this.#options
    const { topic, index } = partition
    try {
      await handle({ topic, value: message.value })
    } catch (error) {
      metrics.retries.inc()
      if (!partition.isStuck)
        log.warn({ topic, partition: index, error }, 'a message cannot be handled; it waits')
      const retryMs = partition.fail(message)
      if (retryMs === undefined) return
      // Not waited for: what pauses is not under way.
      void pause(clock, retryMs, signal).then(() => {
        partition.goOn()
        this.pump()
      })
      return
    }
    metrics.messages.inc({ topic })
    if (partition.finish(message)) log.info({ topic, partition: index }, 'its messages are handled again')
    this.measure(partition)
  }
}
