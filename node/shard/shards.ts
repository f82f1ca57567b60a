/**
 * The local engine: carries out commands on the slots that this member owns.
 *
 * A command on another slot is refused before anything is applied, and one on a slot that is still arriving waits
 * for it. What is asked of all members is answered for the slots that are here. A slot belongs to one shard, for
 * good, so the writes of a key never overtake each other. Reads do not queue: they see what has been applied, and
 * tell it once it cannot be lost.
 */
import {
  type ClusterCommand,
  type Command,
  isWrite,
  type KeyCommand,
  type Reply,
  type SingleCommand,
} from '../../shared/command.ts'
import { type Eventual, isLater } from '../../shared/eventual.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import { apply, idOf } from '../entries/entry.ts'
import { Clearing } from './clearing.ts'
import { mayBeMany, writeInParts } from './in-parts.ts'
import { Keys } from './keys.ts'
import { Room } from './room.ts'
import { Shard, type ShardOptions } from './shard.ts'
import { Unsafe } from './unsafe.ts'

type Deadline = Pick<ExecuteOptions, 'deadlineAtMs'>

export interface ShardsOptions extends Omit<ShardOptions, 'room' | 'unsafe'> {
  readonly shardLimit: number
  /** The latest stamp that is known here. */
  readonly stamps: { readonly time: number }
}

export class Shards implements Engine {
  readonly #options: ShardsOptions
  readonly #shards: readonly Shard[]
  readonly #room: Room
  readonly #keys: Keys
  readonly #clearing: Clearing
  readonly #unsafe = new Unsafe()

  constructor(options: ShardsOptions) {
    this.#options = options
    this.#room = new Room(options)
    const common = { ...options, room: this.#room, unsafe: this.#unsafe }
    this.#shards = Array.from({ length: options.shardLimit }, (_, number) => new Shard(number, common))
    this.#keys = new Keys({ ...options, shardOf: (slot) => this.#shardOf(slot) })
    this.#clearing = new Clearing(options, (command, deadlineAtMs) => this.execute(command, { deadlineAtMs }))
  }

  /** Is over once whatever is applied by now is acknowledged, or never will be. */
  untilSafe(): Eventual<unknown> {
    return this.#unsafe.untilAllSafe()
  }

  execute(command: Command, options: Deadline): Eventual<Reply> {
    if (!('key' in command)) return this.#executeOnAll(command, options.deadlineAtMs)
    const slot = slotOf(command.key)
    const { holdings } = this.#options
    if (holdings.isHere(slot)) return this.#executeOn(slot, command, options)
    return holdings.arrival(slot, options.deadlineAtMs).then(() => this.#executeOn(slot, command, options))
  }

  #executeOn(slot: number, command: KeyCommand, options: Deadline): Eventual<Reply> {
    const { turns } = this.#options
    const shard = this.#shardOf(slot)
    if (command.type !== 'together' && !isWrite(command)) {
      const tended = isOfUsers(command) ? this.#tend(slot, command.key) : undefined
      if (isLater(tended)) return tended.then(() => this.execute(command, options))
      return shard.told(slot, this.#read(slot, command))
    }
    return mayBeMany(command)
      ? writeInParts(command, { ...options, shard, turns, slot })
      : shard.write(slot, command, options.deadlineAtMs)
  }

  async #executeOnAll(command: ClusterCommand, deadlineAtMs: number): Promise<Reply> {
    const { self: owner, clock, turns, memory, holdings } = this.#options
    if (command.type === 'keys.scan' || command.type === 'keys.forget')
      return await this.#keys.execute(command, deadlineAtMs)
    if (command.type === 'keys.list' || command.type === 'keys.clear')
      throw new TypeError(`${command.type} is asked of a member for the slots that it owns`)
    await holdings.arrivals(deadlineAtMs)
    if (command.type === 'responses.clear') {
      await this.#clearing.clear(command, deadlineAtMs)
      return { type: 'deleted', owner }
    }
    const start = idOf.reactions(command.prefix ?? '')
    const isMeant = ({ slot, id }: { slot: number; id: string }) =>
      id.startsWith(start) && holdings.owns(slot)
    const activity = memory.upkeep.activity(command.limit, clock.now(), isMeant)
    return { type: 'activity', contents: await turns.take('activity', activity), owner }
  }

  /** Nobody is told of who has ended, however many have ended at once. */
  #tend(slot: number, content: string): Eventual<void> {
    const { clock, turns, memory } = this.#options
    const [id, nowMs] = [idOf.reactions(content), clock.now()]
    if (memory.upkeep.isBehind(slot, id, nowMs))
      return turns.take('expiry', memory.upkeep.tendTo(slot, id, nowMs))
  }

  #read(slot: number, command: SingleCommand): Reply {
    const { self: owner, memory, moment } = this.#options
    const now = moment(slot)
    return { ...apply(command, memory.entriesOf(slot, now), now).outcome, owner }
  }

  #shardOf(slot: number): Shard {
    const shard = this.#shards[slot % this.#shards.length]
    if (shard === undefined) throw new RangeError(`slot ${slot} has no shard`)
    return shard
  }

  /** How many writes wait in each shard. */
  get waiting(): number[] {
    return this.#shards.map((shard) => shard.waiting)
  }

  /** How many writes were refused as memory had no room for them, by what they were about. */
  get refusedForMemory(): Readonly<Record<string, number>> {
    return this.#room.refused
  }

  /** How many writes each shard has refused. */
  get refused(): number[] {
    return this.#shards.map((shard) => shard.refused)
  }
}

function isOfUsers({ type }: KeyCommand): boolean {
  return type === 'reaction.count' || type === 'reaction.users'
}
