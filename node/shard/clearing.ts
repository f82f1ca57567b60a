/**
 * Forgets responses of all slots here, by tag or by tenant or all of them. What this member owns goes path by path, through
 * the queues and to all copies. Of what others own it buries its copies itself, as every member does: an owner that has
 * evicted a response tells nobody of it, and whoever owns the slot next would bring it back.
 */
import type { Clock } from '../../shared/clock.ts'
import type { CommandOf, Reply } from '../../shared/command.ts'
import type { Eventual } from '../../shared/eventual.ts'
import { slotOf } from '../../shared/placement.ts'
import type { Turns } from '../../shared/turns.ts'
import { buryRegister, ended } from '../entries/register.ts'
import { isToGo, markOf, pathOf } from '../entries/response.ts'
import type { Memory } from '../memory/memory.ts'

/** Paths whose responses are forgotten together, so that other writes come in between. */
const CLEARED_AT_ONCE = 100

export interface ClearingOptions {
  /** The name of this member. */
  readonly self: string
  readonly clock: Clock
  readonly turns: Turns
  readonly memory: Memory
  readonly queueMax: number
  readonly holdings: { owns(slot: number): boolean }
}

export class Clearing {
  readonly #options: ClearingOptions
  readonly #invalidate: (command: CommandOf<'response.invalidate'>, deadlineAtMs: number) => Eventual<Reply>

  constructor(
    options: ClearingOptions,
    invalidate: (command: CommandOf<'response.invalidate'>, deadlineAtMs: number) => Eventual<Reply>,
  ) {
    this.#options = options
    this.#invalidate = invalidate
  }

  async clear(
    { type: _, time, ...purge }: CommandOf<'responses.clear'>,
    deadlineAtMs: number,
  ): Promise<void> {
    const { clock, turns, memory, holdings, queueMax, self } = this.#options
    const { slots } = memory
    // What is written before this, and comes from elsewhere later, is gone.
    if (time !== undefined) slots.marks.note(markOf(purge), { time, origin: self })
    const known = new Set<string>()
    const looking = slots.responses.each((id) => {
      const slot = slotOf(pathOf(id))
      const entry = slots.find(slot, id)
      const nowMs = clock.now()
      if (entry?.kind !== 'register' || !isToGo(id, entry, { purge, nowMs })) return
      if (holdings.owns(slot)) known.add(pathOf(id))
      else if (slots.marks.covers(id, entry.value, entry.stamp))
        memory.merge(slot, id, ended(buryRegister(entry), nowMs))
    })
    await turns.take('clearing', looking)
    // What has gone to another member meanwhile, that one is asked for; what has come into doubt is waited for.
    const paths = [...known].filter((path) => holdings.owns(slotOf(path)))
    const atOnce = Math.min(queueMax, CLEARED_AT_ONCE)
    for (let start = 0; start < paths.length; start += atOnce) {
      const clearing = paths
        .slice(start, start + atOnce)
        .map((key) =>
          this.#invalidate({ type: 'response.invalidate', key, isRefresh: false, ...purge }, deadlineAtMs),
        )
      await Promise.all(clearing)
    }
  }
}
