/**
 * The view in force: followed by later ones only, and awaited by whoever needs one. Placing the slots of very many members
 * anew takes long: it is done in turns, and the view before stays in force meanwhile.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { View } from '../../../shared/view.ts'
import { type Absence, ALL_THERE, PlacedView, type Views } from './placed-view.ts'

export interface CurrentViewOptions {
  readonly clock: Clock
  readonly turns: Turns
  /** Called with every view, before anyone goes by it, and with the one before. */
  onView(placed: PlacedView, former: PlacedView | undefined): void
}

export class CurrentView implements Views {
  readonly #options: CurrentViewOptions
  readonly #waiters = new Set<() => void>()
  #placed: PlacedView | undefined
  /** In force, or about to be. */
  #latest: View | undefined
  #absence = ALL_THERE
  /** How often the absent have changed in this view. */
  #revision = 0
  #isPlacing = false
  /** What is being placed is not the latest any more. */
  #isOutdated = false

  constructor(options: CurrentViewOptions) {
    this.#options = options
  }

  get placed(): PlacedView | undefined {
    return this.#placed
  }

  /** Whether a later one is known, which is about to be in force. */
  get isPlacing(): boolean {
    return this.#isPlacing
  }

  /** Of the latest view, which may not be in force yet. */
  get epoch(): number {
    return this.#latest?.epoch ?? 0
  }

  /** False for one that is not later. */
  install(view: View): boolean {
    if (view.epoch <= this.epoch) return false
    this.#latest = view
    this.#revision = 0
    this.#place(view)
    return true
  }

  /** As long as no uplink says who is a member: these are not there. False when that is known. */
  miss(absence: Absence): boolean {
    const { absent, silent } = this.#absence
    const isKnown = isSame(absent, absence.absent) && isSame(silent, absence.silent)
    if (this.#latest === undefined || isKnown) return false
    this.#absence = absence
    this.#revision++
    this.#place(this.#latest)
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
    this.#isOutdated = this.#isPlacing
    if (this.#isPlacing) return
    this.#isPlacing = true
    const steps = PlacedView.after(this.#placed, view, this.#absence, this.#revision)
    const { done, value } = steps.next()
    // As good as always: it takes that long only without a view before it, or when very many have come or gone.
    if (done) this.#follow(value)
    else void this.#placeOn(steps)
  }

  async #placeOn(steps: Generator<void, PlacedView>): Promise<void> {
    this.#follow(await this.#options.turns.take('placement', steps))
  }

  #follow(placed: PlacedView): void {
    const former = this.#placed
    this.#placed = placed
    this.#isPlacing = false
    this.#options.onView(placed, former)
    for (const look of this.#waiters) look()
    if (this.#isOutdated && this.#latest !== undefined) this.#place(this.#latest)
  }
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.symmetricDifference(other).size === 0
}
