/** What becomes of slots that nobody has all of, and what a person on call is told of that: for whom they wait, which are lost. */
import type { Log } from '../../../shared/log.ts'
import { Trouble } from '../../../shared/trouble.ts'
import type { PlacedView } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { type Arrival, isOrphaned, missingOf, orderBefore } from './arrival.ts'
import type { Holdings } from './holdings.ts'
import type { Standings } from './standings.ts'

export interface FateOptions {
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly holdings: Holdings
  readonly standings: Standings
}

export class Fate {
  readonly #options: FateOptions
  readonly #waiting: Trouble
  #lost = 0
  readonly #lostWith = new Set<string>()

  constructor(options: FateOptions) {
    this.#options = options
    this.#waiting = new Trouble(options.log, {
      begins: 'slots wait for members that held them last, and are not there',
      ends: 'no slot waits for a member that is not there',
    })
  }

  /** A slot is not served before these are back, or given up. */
  wait(members: readonly string[]): void {
    this.#waiting.begin({ members })
  }

  /** The slot goes on with what is here, as nobody has more who can be had. */
  goOn({ slot, former }: Arrival, placed: PlacedView | undefined): void {
    const { holdings, standings } = this.#options
    if (holdings.formerOwnerOf(slot) !== undefined) return
    const order = placed?.order ?? 0
    const isOrphan = isOrphaned(former, standings.of(slot).asOf)
    standings.goOn(slot, order, orderBefore(order, former))
    if (isOrphan) holdings.beginAnew(slot)
    const missing = missingOf(former, placed)
    if (isOrphan && missing.length > 0) this.#lose(missing)
  }

  #lose(members: readonly string[]): void {
    this.#options.metrics.lostSlots.inc()
    this.#lost++
    for (const member of members) this.#lostWith.add(member)
  }

  /** All that can be had is here. */
  settle(): void {
    this.#waiting.end({})
    if (this.#lost === 0) return
    const [slots, members] = [this.#lost, [...this.#lostWith]]
    this.#options.log.error({ slots, members }, 'slots are lost: nobody is left who had all of them')
    this.#lost = 0
    this.#lostWith.clear()
  }
}
