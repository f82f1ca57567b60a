/** What copies are worth, kept with the entries and in their order (`standing-rows.ts`). */
import type { Eventual } from '../../shared/eventual.ts'
import type { LastView } from '../../shared/view.ts'
import type { Standing } from '../entries/standing.ts'
import { rowOfLast, rowOfOrder, rowOfStanding } from './standing-rows.ts'
import type { WriteBehind } from './write-behind.ts'

export class StoredStandings {
  readonly #writes: Pick<WriteBehind, 'keep'>
  #isBegun = false
  /** By which view all is held, from when it begins. */
  #order: number | undefined

  constructor(writes: Pick<WriteBehind, 'keep'>) {
    this.#writes = writes
  }

  /** What a copy is worth from now on. Is over once an acknowledgement may rest on its claim, be it on disk or not. */
  stand(standing: Standing): Eventual<void> {
    return this.#writes.keep(rowOfStanding(standing), { isAwaited: standing.alone !== undefined })
  }

  /** All that the disk knew is read. Until then it goes by the former view: or what is unread would count by a later one. */
  begin(): void {
    this.#isBegun = true
    if (this.#order !== undefined) this.goBy(this.#order)
  }

  /** By which view, in their order, all is held from now on. */
  goBy(order: number): void {
    if (this.#isBegun) void this.#writes.keep(rowOfOrder(order))
    else this.#order = order
  }

  /** The latest view by which all is here that should be. @returns what is remembered of it. */
  settle(last: LastView): LastView | undefined {
    // Whoever does not know of it when all are started again takes himself for the first, and what he has for all there is.
    void this.#writes.keep(rowOfLast(last), { isInHurry: true })
    return last
  }
}

/** Without a disk nothing is remembered. */
export const REMEMBERS_NOTHING: Pick<StoredStandings, 'stand' | 'goBy' | 'settle'> = {
  stand() {},
  goBy() {},
  settle: () => undefined,
}
