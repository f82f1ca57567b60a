/**
 * What this member can say of many keys at once, of slots that it owns: which there are, and that they are gone. It is done
 * some at a time, in turns, and says how far it has come; whoever asks goes on from there, here or at the next owner.
 */
import type { Clock } from '../../shared/clock.ts'
import { bytesOfBody, type CommandOf, type Reply, tagOf } from '../../shared/command.ts'
import { isLater } from '../../shared/eventual.ts'
import type { KeyPlace, ListedKey } from '../../shared/many-keys.ts'
import { slotsIn } from '../../shared/slot-set.ts'
import type { Turns } from '../../shared/turns.ts'
import { describeListed, stampOfListed } from '../entries/listed.ts'
import type { KeyHere, SlotKeys } from '../memory/memory.ts'
import { writeInParts } from './in-parts.ts'
import type { Holdings, Shard } from './shard.ts'

/** So many are looked at for one answer at the most: where few keys begin as asked, an answer has few, or none. */
const LOOKED_MAX = 50_000
/** What the keys of one answer may take together. */
const KEYS_BYTES_MAX = 256 * 2 ** 10
/** Empty slots that are passed over in one step. */
const SLOTS_AT_ONCE = 256
/** Values that are forgotten together, so that other writes come in between. */
const FORGOTTEN_AT_ONCE = 100
/** After this an answer says how far it has come. */
const FORGETTING_MS = 250

export interface KeysOptions {
  readonly self: string
  readonly clock: Clock
  readonly turns: Turns
  readonly memory: { readonly keys: SlotKeys }
  readonly holdings: Holdings
  readonly queueMax: number
  /** The latest stamp that is known here. */
  readonly stamps: { readonly time: number }
  shardOf(slot: number): Shard
}

type KeysCommand = CommandOf<'keys.scan' | 'keys.forget'>
type Asked = Pick<KeysCommand, 'slots' | 'prefix'> & { readonly hasSets?: boolean }

interface Wanted {
  readonly limit: number
  /** The latest stamp that is meant. */
  readonly upTo: number
  readonly after: KeyPlace | undefined
}

interface Gathered {
  readonly keys: readonly KeyHere[]
  readonly next: KeyPlace | undefined
  /** The slot that was next, and is not here, or not yet. */
  readonly missing?: number
}

export class Keys {
  readonly #options: KeysOptions

  constructor(options: KeysOptions) {
    this.#options = options
  }

  /** @throws LarderError WRONG_OWNER or NOT_READY where it did not come any further, as the next slot is not here. */
  async execute(command: KeysCommand, deadlineAtMs: number): Promise<Reply> {
    return command.type === 'keys.scan'
      ? await this.#scan(command, deadlineAtMs)
      : await this.#forget(command, deadlineAtMs)
  }

  async #scan(command: CommandOf<'keys.scan'>, deadlineAtMs: number): Promise<Reply> {
    const { self: owner, clock, stamps } = this.#options
    const { limit, after } = command
    const { time } = stamps
    const { keys, next } = await this.#gather(command, { limit, upTo: Infinity, after }, deadlineAtMs)
    const now = { nowMs: clock.now() }
    const listed = keys.map(
      ({ key, place, listed }): ListedKey => ({ key, place, ...describeListed(listed, now) }),
    )
    const reply: Reply = { type: 'keys', keys: listed, ...(next && { next }), time, owner }
    // Nothing is told that may still be lost.
    for (const slot of new Set(keys.map(({ place }) => place.slot))) {
      const told = this.#options.shardOf(slot).told(slot, reply)
      if (isLater(told)) await told
    }
    return reply
  }

  async #forget(command: CommandOf<'keys.forget'>, deadlineAtMs: number): Promise<Reply> {
    const { self: owner, clock, queueMax } = this.#options
    const { upTo } = command
    const endsAtMs = clock.now() + FORGETTING_MS
    const limit = Math.min(queueMax, FORGOTTEN_AT_ONCE)
    let [count, after] = [0, command.after]
    do {
      const { keys, next } = await this.#gather(command, { limit, upTo, after }, deadlineAtMs)
      const done = await Promise.allSettled(keys.map((one) => this.#forgetOne(one, deadlineAtMs)))
      for (const one of done) if (one.status === 'fulfilled') count += one.value
      const failed = done.find((one) => one.status === 'rejected')
      // What is done is told, and what is not is asked for again.
      if (failed !== undefined && count === 0) throw failed.reason
      if (failed !== undefined) return { type: 'cleared', count, ...(after && { next: after }), owner }
      if (next === undefined) return { type: 'cleared', count, owner }
      after = next
    } while (clock.now() < endsAtMs)
    return { type: 'cleared', count, next: after, owner }
  }

  /** Of values only what was seen: what took its place came later. A counter began before, however often it was added to. */
  async #forgetOne(here: KeyHere, deadlineAtMs: number): Promise<number> {
    const { key, place, listed, isCounter } = here
    const { slot } = place
    const condition = isCounter ? {} : { condition: { ifMatch: [tagOf(stampOfListed(listed))] } }
    const isSole = listed.kind === 'reactions' && ({ isSole: true } as const)
    const command = { type: 'value.delete', key, ...condition, ...isSole } as const
    const { turns, shardOf } = this.#options
    const { type } = await writeInParts(command, { shard: shardOf(slot), turns, slot, deadlineAtMs })
    return type === 'deleted' ? 1 : 0
  }

  async #gather(command: KeysCommand, wanted: Wanted, deadlineAtMs: number): Promise<Gathered> {
    const { turns, holdings } = this.#options
    for (;;) {
      const gathered = await turns.take('listing', this.#gathering(command, wanted))
      const { keys, next, missing } = gathered
      const isFurther = keys.length > 0 || next?.slot !== wanted.after?.slot || next?.at !== wanted.after?.at
      if (missing === undefined || isFurther) return gathered
      await holdings.arrival(missing, deadlineAtMs)
    }
  }

  *#gathering(
    { slots, prefix, hasSets = false }: Asked,
    { limit, upTo, after }: Wanted,
  ): Generator<void, Gathered> {
    const { memory, holdings, clock } = this.#options
    const keys: KeyHere[] = []
    let [bytes, looked, passed] = [0, 0, 0]
    let next = after
    for (const slot of slotsIn(slots, after?.slot)) {
      if (!holdings.isHere(slot)) return { keys, next, missing: slot }
      if (++passed % SLOTS_AT_ONCE === 0) yield
      if (!memory.keys.holds(slot, { hasSets })) continue
      const now = { nowMs: clock.now(), hasSets }
      for (const part of memory.keys.of(slot, prefix, now, slot === after?.slot ? after : undefined)) {
        if (!holdings.isHere(slot)) return { keys, next, missing: slot }
        for (const one of part.keys) {
          if (stampOfListed(one.listed).time > upTo && !one.isCounter) continue
          keys.push(one)
          bytes += bytesOfBody(one.key)
          next = one.place
          if (keys.length === limit || bytes >= KEYS_BYTES_MAX) return { keys, next }
        }
        next = part.upTo
        looked += part.looked
        if (looked >= LOOKED_MAX) return { keys, next }
        yield
      }
    }
    return { keys, next: undefined }
  }
}
