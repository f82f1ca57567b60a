/** What a member holds of slots from one view to the next, for tests of that alone. */
import type { PlacedView } from '../../node/cluster/members/placed-view.ts'
import { Holdings } from '../../node/cluster/slots/holdings.ts'
import { Standings } from '../../node/cluster/slots/standings.ts'
import { SLOTS } from '../../shared/placement.ts'
import { FakeClock } from './clock.ts'
import { forgetful } from './slot-shelf.ts'
import { self } from './views.ts'

/** A member that has followed some views, with all that it holds complete after the first of them. */
export class HoldingsBench {
  readonly clock = new FakeClock()
  readonly wanted: number[] = []
  readonly completed: number[] = []
  isCurrent = true
  catchUps = 0
  readonly standings = new Standings(forgetful)
  awaited: readonly string[] = []
  readonly holdings = new Holdings({
    self,
    clock: this.clock,
    currency: this.#currency(),
    standings: this.standings,
    awaitedFor: () => this.awaited,
    onWanted: (slot) => this.wanted.push(slot),
    onComplete: (slot) => this.completed.push(slot),
  })
  #placed: PlacedView | undefined

  constructor(...views: readonly PlacedView[]) {
    for (const view of views) this.follow(view)
  }

  follow(view: PlacedView): void {
    const isFirst = this.#placed === undefined
    this.holdings.install(view, this.#placed)
    this.#placed = view
    if (!isFirst) return
    for (let slot = 0; slot < SLOTS; slot++)
      if (this.holdings.roleOf(slot) !== 'none') this.holdings.complete(slot)
  }

  #currency() {
    const bench = this
    return {
      get isCurrent() {
        return bench.isCurrent
      },
      async catchUp() {
        bench.catchUps++
        bench.isCurrent = true
      },
    }
  }
}
