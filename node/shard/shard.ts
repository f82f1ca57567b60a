/**
 * One serialized writer over its share of the slots.
 *
 * A batch is applied in order, its changes are handed over once, to whoever keeps them (`commit`), and only
 * then do its replies leave. A command that cannot be carried out spoils no other.
 */
import type { Command, Outcome } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { apply, type Entry, entryIdOf, type Moment } from '../entries/entry.ts'
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
  readonly memory: Memory
  readonly queueMax: number
  moment(): Moment
  /** Resolves when the changes are as safe as an acknowledgement promises. */
  commit(changes: readonly Change[]): Promise<void>
}

interface Write {
  readonly slot: number
  readonly command: Command
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

export class Shard {
  readonly #options: ShardOptions
  readonly #queue: WriteQueue<Write>

  constructor(options: ShardOptions) {
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
  write(slot: number, command: Command): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    if (!this.#queue.push({ slot, command, resolve, reject })) {
      reject(new LarderError('OVERLOADED', `${this.#options.queueMax} writes wait in this shard already.`))
    }
    return promise
  }

  async #write(batch: readonly Write[]): Promise<void> {
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

  #apply({ slot, command }: Write, changes: Change[]): Outcome {
    const { memory, moment } = this.#options
    const id = entryIdOf(command)
    const { outcome, change } = apply(memory.use(slot, id), command, moment())
    if (change !== undefined) {
      memory.merge(slot, id, change)
      changes.push({ slot, id, entry: change })
    }
    return outcome
  }
}
