/**
 * What was forgotten of responses everywhere, by tag or by tenant or all of it: whatever was written before that, and comes
 * from another copy later, is gone. Every member has them, of all slots together, and they go along with each slot, to
 * whoever did not hear of it. So many are remembered: beyond that the earliest holds for everything that is older still.
 */
import type { Stamp } from '../../shared/command.ts'
import type { EntryChange } from '../entries/entry.ts'
import type { Value } from '../entries/register.ts'
import { OF_ALL, tracesOver } from '../entries/response.ts'
import { compareStamps } from '../entries/stamp.ts'

const MARKS_MAX = 16

export class Marks {
  /** By the ids of their traces, the earliest first. */
  readonly #stamps = new Map<string, Stamp>()

  /** @returns whether that is news. */
  note(trace: string, stamp: Stamp): boolean {
    const known = this.#stamps.get(trace)
    if (known !== undefined && compareStamps(known, stamp) >= 0) return false
    this.#stamps.delete(trace)
    this.#stamps.set(trace, stamp)
    while (this.#stamps.size > MARKS_MAX) this.#fold()
    return true
  }

  covers(id: string, value: Value, stamp: Stamp): boolean {
    if (this.#stamps.size === 0) return false
    return tracesOver(id, value).some((trace) => {
      const mark = this.#stamps.get(trace)
      return mark !== undefined && compareStamps(mark, stamp) > 0
    })
  }

  /** As entries, which go along with a slot. */
  *[Symbol.iterator](): Generator<EntryChange> {
    for (const [id, stamp] of this.#stamps) yield { id, entry: { kind: 'register', stamp, endsAtMs: 0 } }
  }

  #fold(): void {
    const earliest = [...this.#stamps].find(([trace]) => trace !== OF_ALL)
    if (earliest === undefined) return
    const [trace, stamp] = earliest
    this.#stamps.delete(trace)
    this.note(OF_ALL, stamp)
  }
}
