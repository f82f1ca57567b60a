/** The view in force: followed by later ones only, and awaited by whoever needs one. */
import type { Clock } from '../../../shared/clock.ts'
import type { View } from '../../../shared/view.ts'
import { type Absence, ALL_THERE, PlacedView, type Views } from './placed-view.ts'

export interface CurrentViewOptions {
  readonly clock: Clock
  /** Called with every view, before anyone goes by it, and with the one before. */
  onView(placed: PlacedView, former: PlacedView | undefined): void
}

export class CurrentView implements Views {
  readonly #options: CurrentViewOptions
  readonly #waiters = new Set<() => void>()
  #placed: PlacedView | undefined
  #absence = ALL_THERE
  /** How often the absent have changed in this view. */
  #revision = 0

  constructor(options: CurrentViewOptions) {
    this.#options = options
  }

  get placed(): PlacedView | undefined {
    return this.#placed
  }

  /** False for one that is not later. */
  install(view: View): boolean {
    if (view.epoch <= (this.#placed?.epoch ?? 0)) return false
    this.#revision = 0
    this.#place(view)
    return true
  }

  /** As long as no uplink says who is a member: these are not there. False when that is known. */
  miss(absence: Absence): boolean {
    const { absent, silent } = this.#absence
    const isKnown = isSame(absent, absence.absent) && isSame(silent, absence.silent)
    if (this.#placed === undefined || isKnown) return false
    this.#absence = absence
    this.#revision++
    this.#place(this.#placed.view)
    return true
  }

  async after(order: number, deadlineAtMs: number): Promise<PlacedView | undefined> {
    const { clock } = this.#options
    const isNewer = () => (this.#placed?.order ?? 0) > order
    if (isNewer()) return this.#placed
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (isNewer()) resolve()
    }
    this.#waiters.add(look)
    const timer = clock.after(Math.max(0, deadlineAtMs - clock.now()), resolve)
    await promise
    timer.cancel()
    this.#waiters.delete(look)
    return this.#placed
  }

  #place(view: View): void {
    const former = this.#placed
    this.#placed = new PlacedView(view, this.#absence, this.#revision)
    this.#options.onView(this.#placed, former)
    for (const look of this.#waiters) look()
  }
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.symmetricDifference(other).size === 0
}
