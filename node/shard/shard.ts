/**
 * One serialized writer over its share of the slots.
 *
 * A batch is applied in order, its changes are handed over once, to whoever keeps them (`commit`), and only
 * then do its replies leave. A command that cannot be carried out spoils no other.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Command, Outcome } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import { apply, type Entry, entryIdOf } from '../entries/entry.ts'
import type { Moment } from '../entries/verbs.ts'
import type { Memory } from './memory.ts'
import { WriteQueue } from './write-queue.ts'

const BATCH_MAX = 1000

/** What a write did: the state to be merged into every copy of the entry. */
export interface Change {
  readonly slot: number
  readonly id: string
  readonly entry: Entry
}

export interface ShardOptions {
  readonly clock: Clock
  readonly log: Log
  readonly memory: Memory
  readonly queueMax: number
  /** Whether this member owns the slot now. */
  owns(slot: number): boolean
  moment(): Moment
  /** Resolves when the changes are as safe as an acknowledgement promises. */
  commit(changes: readonly Change[]): Promise<void>
}

interface Write {
  readonly slot: number
  readonly command: Command
  readonly deadlineAtMs: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

export class Shard {
  readonly #options: ShardOptions
  readonly #number: number
  readonly #queue: WriteQueue<Write>
  #isRefusing = false
  #refused = 0

  constructor(number: number, options: ShardOptions) {
    this.#number = number
    this.#options = options
    this.#queue = new WriteQueue({
      waitingMax: options.queueMax,
      batchMax: BATCH_MAX,
      write: (batch) => this.#write(batch),
    })
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** @throws LarderError OVERLOADED, as a rejection, when the queue is full. */
  write(slot: number, command: Command, deadlineAtMs: number): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    if (!this.#queue.push({ slot, command, deadlineAtMs, resolve, reject })) reject(this.#refusal())
    return promise
  }

  /** How many writes were refused because too many waited. */
  get refused(): number {
    return this.#refused
  }

  /** Every refusal counts; the log tells of the first, and when there is room again. */
  #refusal(): LarderError {
    const { log, queueMax } = this.#options
    if (!this.#isRefusing)
      log.warn({ shard: this.#number, queueMax }, 'a shard refuses writes: its queue is full')
    this.#isRefusing = true
    this.#refused++
    return new LarderError('OVERLOADED', `${queueMax} writes wait in this shard already.`)
  }

  #noteRoom(): void {
    if (!this.#isRefusing || this.#queue.length > 0) return
    this.#isRefusing = false
    this.#options.log.info({ shard: this.#number }, 'a shard takes writes again: its queue is empty')
  }

  async #write(batch: readonly Write[]): Promise<void> {
    this.#noteRoom()
    const changes: Change[] = []
    const replies: (() => void)[] = []
    for (const write of batch) {
      try {
        const outcome = this.#apply(write, changes)
        replies.push(() => write.resolve(outcome))
      } catch (error) {
        replies.push(() => write.reject(error))
      }
    }
    try {
      if (changes.length > 0) await this.#options.commit(changes)
      for (const reply of replies) reply()
    } catch (error) {
      for (const write of batch) write.reject(error)
    }
  }

  #apply({ slot, command, deadlineAtMs }: Write, changes: Change[]): Outcome {
    const { clock, memory, moment, owns } = this.#options
    // Whoever asked has been told that it failed.
    if (clock.now() > deadlineAtMs)
      throw new LarderError('OVERLOADED', 'It waited in its queue for too long.')
    // The slot may have changed its owner while the write waited.
    if (!owns(slot)) throw wrongOwner()
    const id = entryIdOf(command)
    const { outcome, change } = apply(memory.use(slot, id), command, moment())
    if (change !== undefined) {
      memory.merge(slot, id, change)
      changes.push({ slot, id, entry: change })
    }
    return outcome
  }
}

/** Nothing was applied: the command may be routed again. */
export function wrongOwner(): LarderError {
  return new LarderError('WRONG_OWNER', 'The member that was asked does not own this key, or no longer.')
}
