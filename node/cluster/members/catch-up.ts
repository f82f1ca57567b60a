/**
 * What a receiver does before it looks at what another member says: where that one goes by a later view, it is
 * taken over, or awaited once.
 */
import type { Clock } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { View } from '../../../shared/view.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { Preamble } from '../wire/calls.ts'
import { justBefore, type Views } from './placed-view.ts'

/** How long a receiver waits for the sender's view; more would only eat up the sender's deadline. */
const CATCH_UP_MAX_MS = 500

export interface CatchUpOptions {
  readonly clock: Clock
  readonly views: Views
  readonly stamps: StampClock
  learn(view: View): void
}

export class CatchUp {
  readonly #clock: Clock
  readonly #views: Views
  readonly #stamps: StampClock
  readonly #learn: (view: View) => void
  /** The latest epoch that was waited for, and the waiting; over, whether or not it came. */
  #awaited = 0
  #coming: Promise<unknown> = Promise.resolve()

  constructor({ clock, views, stamps, learn }: CatchUpOptions) {
    this.#clock = clock
    this.#views = views
    this.#stamps = stamps
    this.#learn = learn
  }

  /** Where uplink does not bring the view, the sender shows it next time. */
  async to({ epoch, time, view }: Preamble): Promise<void> {
    this.#stamps.witness({ time })
    if (view !== undefined) this.#learn(view)
    if (epoch <= (this.#views.placed?.epoch ?? 0)) return
    if (epoch > this.#awaited) {
      this.#awaited = epoch
      this.#coming = this.#views.after(justBefore(epoch), this.#clock.now() + CATCH_UP_MAX_MS)
    }
    await this.#coming
  }

  /**
   * For what is asked of all members, where an answer by an older view would leave out slots that nobody else is asked for.
   * @throws LarderError NOT_READY where there is no such view at the deadline.
   */
  async surelyTo({ epoch }: Preamble, deadlineAtMs: number): Promise<void> {
    const placed = await this.#views.after(justBefore(epoch), deadlineAtMs)
    if ((placed?.epoch ?? 0) < epoch)
      throw new LarderError('NOT_READY', 'A member has not been told yet who the members are now: try again.')
  }

  /** What whoever has said something is shown, in the format in which it was said. */
  preambleFor({ format, epoch }: Preamble): Preamble {
    const own = this.#views.placed?.view
    const { time } = this.#stamps
    return {
      format,
      epoch: own?.epoch ?? 0,
      time,
      view: own !== undefined && own.epoch > epoch ? own : undefined,
    }
  }
}
