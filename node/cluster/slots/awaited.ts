/**
 * Who held a slot last, and whether it has to be waited for: what nobody here has all of may be with somebody who does not
 * answer now, and must not be served as if it were not there.
 *
 * Somebody is waited for who is in the view and merely silent: nobody knows that it is gone, and where no uplink says so, that
 * has no end. And after all members were stopped, those who held the slot by the last view that any of them remembers: until
 * they are back, are given up by name, or for so long that it has to go on without them.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import { Ranking } from '../../../shared/placing.ts'
import type { LastView, Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'

export interface FormerHolders {
  /** Nobody where it is not known. */
  readonly ids: readonly string[]
  /** By which view they held it. */
  readonly order: number
}

export interface AwaitedOptions {
  readonly clock: Clock
  /** How long, after the start, those are waited for who held a slot before it. */
  readonly waitForHoldersMs: number
  /** Called when nobody is waited for any longer. */
  onOver(): void
}

const NOBODY: FormerHolders = { ids: [], order: 0 }

export class Awaited {
  readonly #options: AwaitedOptions
  /** As the disk of this member knows it. */
  #own: LastView | undefined
  #placed: PlacedView | undefined
  #last: Placement | undefined
  #timer: Timer | undefined
  #isOver = false
  #missing: readonly string[] = []
  #silent: readonly string[] = []

  constructor(options: AwaitedOptions) {
    this.#options = options
  }

  install(placed: PlacedView): void {
    const { clock, waitForHoldersMs, onOver } = this.#options
    this.#placed = placed
    this.#silent = placed.silent.map(({ id }) => id)
    this.#isOver ||= waitForHoldersMs === 0
    this.#timer ??= clock.after(waitForHoldersMs, () => {
      this.#isOver = true
      onOver()
    })
    const last = this.#lastOf(placed)
    const { gone = [] } = placed.view
    if (last?.epoch !== this.#last?.order) this.#last = last && new Placement(last)
    this.#missing = last === undefined ? [] : missingOf(last, placed.members, gone)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** The last view that this member remembers. */
  remember(last: LastView): void {
    this.#own = last
  }

  /** It has answered, and so it lives. */
  hear({ since = 0 }: Member): void {
    const last = this.#own
    if (last === undefined || since > last.epoch) return
    // Somebody of that time has lived on: what has become of its members since, the views tell.
    this.#own = undefined
    if (this.#placed !== undefined) this.install(this.#placed)
  }

  /** Uplink does not know of it before it has found that nobody of that time is left. */
  #lastOf({ view }: PlacedView): LastView | undefined {
    const { last } = view
    return this.#own !== undefined && this.#own.epoch > (last?.epoch ?? 0) ? this.#own : last
  }

  formerHoldersOf(slot: number, former: PlacedView | undefined): FormerHolders {
    if (former !== undefined) {
      const holders = [...former.holdersOf(slot), ...this.#whoWentOnWithout(former)]
      return { ids: [...new Set(holders.map(({ id }) => id))], order: former.order }
    }
    if (this.#last === undefined) return NOBODY
    return { ids: this.#last.holdersOf(slot), order: this.#last.order }
  }

  /** By a later epoch those who were absent here may have gone on, with any slot. */
  #whoWentOnWithout({ hasAbsent, epoch }: PlacedView): readonly Member[] {
    const isLater = hasAbsent && (this.#placed?.epoch ?? 0) > epoch
    return isLater ? (this.#placed?.view.members ?? []) : []
  }

  /** For whom a slot has to wait; the newest copy that was found had all by that view. */
  awaitedFor({ ids, order }: FormerHolders, newest: number): readonly string[] {
    if (this.#silent.length > 0 && ids.length === 0) return this.#silent
    // They have handed it to others since.
    if (newest < Math.floor(order) && this.members.length > 0) return this.members
    return ids.filter((id) => this.#silent.includes(id) || this.members.includes(id))
  }

  /** Who held slots before all were stopped, and is not back. */
  get members(): readonly string[] {
    return this.#isOver ? [] : this.#missing
  }
}

/** A life from before is not back: the registry may still have it. */
function missingOf(last: LastView, members: readonly Member[], gone: readonly string[]): string[] {
  const back = members.filter(({ since = 0 }) => since > last.epoch).map(({ id }) => id)
  const known = new Set([...back, ...gone])
  return last.members.filter((id) => !known.has(id))
}

/** Who held the slots by a view that is over. */
class Placement {
  readonly order: number
  readonly #ids: readonly string[]
  readonly #ranking: Ranking

  constructor({ epoch, copies, members }: LastView) {
    this.order = epoch
    this.#ids = members
    this.#ranking = new Ranking(members, Math.min(copies, members.length))
  }

  /** Found out slot by slot, of those that are asked for. */
  holdersOf(slot: number): string[] {
    this.#ranking.enterAll(slot)
    return [...this.#ranking.members].flatMap((place) => this.#ids[place] ?? [])
  }
}
