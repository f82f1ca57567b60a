/** What copies are worth, kept with the entries and in their order (`standing-rows.ts`). */
import type { Eventual } from '../../shared/eventual.ts'
import type { LastView } from '../../shared/view.ts'
import type { Standing } from '../entries/standing.ts'
import { rowOfLast, rowOfOrder, rowOfStanding } from './standing-rows.ts'
import type { WriteBehind } from './write-behind.ts'

export class StoredStandings {
  readonly #writes: Pick<WriteBehind, 'keep'>

  constructor(writes: Pick<WriteBehind, 'keep'>) {
    this.#writes = writes
  }

  /** What a copy is worth from now on. Is over once an acknowledgement may rest on its claim, be it on disk or not. */
  stand(standing: Standing): Eventual<void> {
    return this.#writes.keep(rowOfStanding(standing), { isAwaited: standing.alone !== undefined })
  }

  /** By which view, in their order, all is held from now on. */
  goBy(order: number): void {
    void this.#writes.keep(rowOfOrder(order))
  }

  /** The latest view by which all is here that should be. @returns what is remembered of it. */
  settle(last: LastView): LastView | undefined {
    void this.#writes.keep(rowOfLast(last))
    return last
  }
}

/** Without a disk nothing is remembered. */
export const REMEMBERS_NOTHING: Pick<StoredStandings, 'stand' | 'goBy' | 'settle'> = {
  stand() {},
  goBy() {},
  settle: () => undefined,
}
