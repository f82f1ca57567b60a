/**
 * The local engine: carries out commands on the slots that this member owns.
 *
 * A command on a slot that is not is refused before anything is applied. What is asked of all
 * members is answered for these slots. A slot belongs to one shard, for good, so
 * the writes of a key never overtake each other. Reads do not queue: they see what has been applied.
 */
import { type Command, isWrite, type Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { apply, idOf } from '../entries/entry.ts'
import { bytesOf } from './bytes.ts'
import { Shard, type ShardOptions, wrongOwner } from './shard.ts'

export interface ShardsOptions extends ShardOptions {
  /** The name of this member. */
  readonly self: string
  readonly shardLimit: number
  readonly bytesMax: number
}

export class Shards implements Engine {
  readonly #options: ShardsOptions
  readonly #shards: readonly Shard[]

  constructor(options: ShardsOptions) {
    this.#options = options
    this.#shards = Array.from({ length: options.shardLimit }, (_, number) => new Shard(number, options))
  }

  async execute(command: Command, { deadlineAtMs }: Pick<ExecuteOptions, 'deadlineAtMs'>): Promise<Reply> {
    const { self: owner, memory, moment, owns } = this.#options
    if (command.type === 'activity')
      return { type: 'activity', contents: memory.activity(command.limit, moment().nowMs), owner }
    if (command.type === 'responses.clear') {
      await memory.clearResponses(command.tenant)
      return { type: 'deleted', owner }
    }
    const slot = slotOf(command.key)
    if (!owns(slot)) throw wrongOwner()
    if (!isWrite(command)) {
      const now = moment()
      return { ...apply(command, memory.entriesOf(slot, now.nowMs), now).outcome, owner }
    }
    if (command.type === 'value.set' || command.type === 'response.put') this.#checkFits(command)
    const shard = this.#shards[slot % this.#shards.length]
    if (shard === undefined) throw new RangeError(`slot ${slot} has no shard`)
    return { ...(await shard.write(slot, command, deadlineAtMs)), owner }
  }

  /** How many writes wait in each shard. */
  get waiting(): number[] {
    return this.#shards.map((shard) => shard.waiting)
  }

  /** How many writes each shard has refused. */
  get refused(): number[] {
    return this.#shards.map((shard) => shard.refused)
  }

  /** A value that alone is over the budget would push out everything, and then itself. */
  #checkFits(command: Extract<Command, { type: 'value.set' | 'response.put' }>): void {
    const { contentType, body } = command
    const stamp = { time: 0, origin: '' }
    const entry = { kind: 'register', stamp, value: { contentType, body }, endsAtMs: Infinity } as const
    if (bytesOf(idOf.value(command.key), entry) <= this.#options.bytesMax) return
    throw new LarderError('TOO_LARGE', 'The value is larger than all the memory for values, MAX_BYTES.')
  }
}
