/**
 * One serialized writer over its share of the slots.
 *
 * A batch is applied in order, its changes are handed over once, to whoever keeps them, and only then do its
 * replies leave. A command that cannot be carried out spoils no other.
 */
import type { Clock } from '../../shared/clock.ts'
import type { KeyCommand, Outcome, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual, isLater, orElse } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import { Trouble } from '../../shared/trouble.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Change } from '../entries/entry.ts'
import { isKeptOnDisk } from '../entries/families.ts'
import type { Moment } from '../entries/verbs.ts'
import type { Memory } from '../memory/memory.ts'
import type { Keeper } from './keeper.ts'
import { isLarge } from './large.ts'
import type { Room } from './room.ts'
import { lead } from './turn.ts'
import type { Unsafe } from './unsafe.ts'
import { WriteQueue } from './write-queue.ts'

const BATCH_MAX = 1000
/** A millisecond or two: whatever has arrived by then goes before the next ones. */
const APPLIED_AT_ONCE = 250

/** The other holders of the slots. */
export interface Replication {
  /**
   * Is over once every holder that can be reached has these changes, so at once where there is no other; those of one
   * command travel together.
   */
  merged(changes: readonly (readonly Change[])[]): Eventual<void>
}

/** Whether this member carries out the commands on a slot: it owns it, and has all of it. */
export interface Holdings {
  isHere(slot: number): boolean
  /** Whether it owns the slot, whether or not it has all of it. */
  owns(slot: number): boolean
  /** Resolves once it is. @throws LarderError WRONG_OWNER, or NOT_READY at the deadline. */
  arrival(slot: number, deadlineAtMs: number): Promise<void>
  /** Resolves once all slots that it owns are. @throws LarderError NOT_READY at the deadline. */
  arrivals(deadlineAtMs: number): Promise<void>
}

export interface ShardOptions {
  /** The name of this member. */
  readonly self: string
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly memory: Memory
  readonly room: Room
  /** Of all shards, as what goes together may be of slots of several. */
  readonly unsafe: Unsafe
  readonly queueMax: number
  readonly holdings: Holdings
  moment(slot: number): Moment
  readonly keeper: Keeper
  readonly replication: Replication
}

interface Write {
  readonly slot: number
  readonly command: KeyCommand
  readonly deadlineAtMs: number
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/** A write that has been applied to memory, or refused; its caller is told when that is safe. */
interface AppliedWrite {
  readonly write: Write
  readonly changes: readonly Change[]
  readonly outcome: Outcome | undefined
  /** Why there is no outcome. */
  readonly error?: unknown
  /** Nothing of it waits for the disk: it was refused, or is about what is not kept there. */
  readonly isSettled: boolean
}

export class Shard {
  readonly #options: ShardOptions
  readonly #number: number
  readonly #queue: WriteQueue<Write>
  readonly #refusing: Trouble
  #refused = 0

  constructor(number: number, options: ShardOptions) {
    this.#number = number
    this.#options = options
    this.#refusing = new Trouble(options.log, {
      begins: 'a shard refuses writes: its queue is full',
      ends: 'a shard takes writes again: its queue is empty',
    })
    this.#queue = new WriteQueue({
      waitingMax: options.queueMax,
      batchMax: BATCH_MAX,
      write: (batch) => this.#write(batch),
      pass: () => options.turns.pass(),
    })
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** @throws LarderError OVERLOADED, as a rejection, when the queue is full. */
  write(slot: number, command: KeyCommand, deadlineAtMs: number): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    if (!this.#queue.push({ slot, command, deadlineAtMs, resolve, reject })) reject(this.#refusal())
    return promise
  }

  /** What has just been read of a slot, once it cannot be lost any more. */
  told(slot: number, reply: Reply): Eventual<Reply> {
    return andThen(this.#options.unsafe.untilSafe(slot), () => reply)
  }

  /** How many writes were refused because too many waited. */
  get refused(): number {
    return this.#refused
  }

  /** Every refusal counts. */
  #refusal(): LarderError {
    const { queueMax } = this.#options
    this.#refusing.begin({ shard: this.#number, queueMax })
    this.#refused++
    return new LarderError('OVERLOADED', `${queueMax} writes wait in this shard already.`)
  }

  async #write(batch: readonly Write[]): Promise<void> {
    if (this.#refusing.isOn && this.#queue.length === 0) this.#refusing.end({ shard: this.#number })
    const { turns, memory, keeper } = this.#options
    // What is too much goes before more comes.
    if (memory.upkeep.isOver) await turns.take('eviction', memory.upkeep.evict())
    const taking = keeper.room?.()
    if (isLater(taking)) await taking
    if (batch.length <= APPLIED_AT_ONCE) await this.#finishAll(batch.map((write) => this.#apply(write)))
    else await this.#options.unsafe.while(this.#writeInTurns(batch), batch)
  }

  /** What is applied in one turn is read in the next ones: whoever does so waits until all of it is safe. */
  async #writeInTurns(batch: readonly Write[]): Promise<void> {
    const applied: AppliedWrite[] = []
    while (applied.length < batch.length) {
      if (applied.length > 0) await this.#options.turns.pass()
      for (const write of batch.slice(applied.length, applied.length + APPLIED_AT_ONCE))
        applied.push(this.#apply(write))
    }
    await this.#finishAll(applied)
  }

  #finishAll(applied: readonly AppliedWrite[]): Eventual<void> {
    const large = applied.filter(({ changes }) => isLarge(changes))
    if (large.length === 0) return this.#finish(applied)
    // Whatever else there is, now or later, does not wait until that is safe.
    const keys = new Set(large.map(({ write }) => write.command.key))
    for (const key of keys) void this.#finish(applied.filter(({ write }) => write.command.key === key))
    return this.#finish(applied.filter(({ write }) => !keys.has(write.command.key)))
  }

  /** Once it is safe what they have led to, their callers are told. */
  #finish(applied: readonly AppliedWrite[]): Eventual<void> {
    const changes = applied.flatMap((one) => one.changes)
    return orElse(
      () => {
        const saving = this.#save(applied, changes)
        const safe = isLater(saving) ? this.#options.unsafe.while(saving, changes) : saving
        return andThen(safe, (unsafe) => this.#tell(applied, unsafe))
      },
      (error) => this.#refuse(applied, error),
    )
  }

  /** Also those that changed nothing: they may rest on a change before them that is not safe either. */
  #refuse(applied: readonly AppliedWrite[], error: unknown): void {
    for (const one of applied) {
      if (one.isSettled) this.#settle(one)
      else one.write.reject(error)
    }
  }

  #tell(applied: readonly AppliedWrite[], unsafe: ReadonlySet<Change>): void {
    const unsafeKeys = new Set<string>()
    for (const one of applied) {
      const { key } = one.write.command
      if (unsafe.size > 0 && one.changes.some((change) => unsafe.has(change))) unsafeKeys.add(key)
      // A repeat that changed nothing rests on the change before it.
      if (!one.isSettled && unsafeKeys.has(key)) one.write.reject(notSaved())
      else this.#settle(one)
    }
  }

  #settle({ write, outcome, error }: AppliedWrite): void {
    if (outcome === undefined) write.reject(error)
    else write.resolve({ ...outcome, owner: this.#options.self })
  }

  /** The changes that could not be made safe, once that is known of all. */
  #save(applied: readonly AppliedWrite[], changes: readonly Change[]): Eventual<ReadonlySet<Change>> {
    const { keeper, replication } = this.#options
    const isOnDisk = applied.every(({ isSettled }) => isSettled)
    const saved = isOnDisk ? NONE : keeper.saved(changes)
    const merged = replication.merged(applied.map((one) => one.changes))
    return isLater(merged) ? Promise.all([saved, merged]).then(([unsafe]) => unsafe) : saved
  }

  #apply(write: Write): AppliedWrite {
    try {
      const { outcome, changes } = this.#applyToMemory(write)
      return { write, changes, outcome, isSettled: !isKeptOnDisk(write.command) }
    } catch (error) {
      return { write, changes: [], outcome: undefined, error, isSettled: true }
    }
  }

  #applyToMemory({ slot, command, deadlineAtMs }: Write): { outcome: Outcome; changes: Change[] } {
    const { clock, memory, keeper } = this.#options
    // Whoever asked has been told that it failed.
    if (clock.now() > deadlineAtMs)
      throw new LarderError('OVERLOADED', 'It waited in its queue for too long.')
    const refusal = keeper.refusalOf(command)
    if (refusal !== undefined) throw refusal
    const { outcome, changes } = lead(slot, command, this.#options)
    const merged = changes.map(({ slot, id, entry }): Change => {
      let state = entry
      memory.merge(slot, id, entry, (whole) => {
        state = whole
        keeper.note({ slot, id, entry, state })
      })
      return { slot, id, entry, state }
    })
    return { outcome, changes: merged }
  }
}

const NONE: ReadonlySet<Change> = new Set()

function notSaved(): LarderError {
  return new LarderError('NOT_SAVED', 'It was applied, but it is not on disk.')
}
