/** Waits until what has changed by now, wherever it was, is told here: a state that was shown is not to be followed by what came before. */
import { type Clock, inTime, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { FEED_MAX_MS } from './follower.ts'
import type { Following } from './following.ts'
import type { Ask, Teller } from './origin.ts'
import type { Vector } from './vector.ts'

/** Until all is here that was told elsewhere. */
const REACH_MAX_MS = 10_000
const REACH_LOOK_MS = 5
const LATE = new LarderError('UNREACHABLE', 'A member does not tell what has changed.')

export interface ReachOptions<T extends Teller> {
  readonly clock: Clock
  readonly following: Following<T>
  readonly ask: Ask<T>
}

export class Reach<T extends Teller> {
  readonly #options: ReachOptions<T>

  constructor(options: ReachOptions<T>) {
    this.#options = options
  }

  /** Is over once all is here, and acknowledged, that was changed by now. @throws LarderError where that does not come. */
  async now(): Promise<void> {
    const { clock, following, ask } = this.#options
    const question = { type: 'changes', interests: [], holdMs: 0 } as const
    const asked = following.tellers.map(async (teller) => {
      const { position } = await ask(teller, question, FEED_MAX_MS)
      return { life: teller.incarnation, position }
    })
    const all = await inTime(Promise.all(asked), { clock, timeoutMs: FEED_MAX_MS, late: LATE })
    await this.upTo(new Map(all.map(({ life, position }) => [life, position])))
  }

  /** Is over once all is here that was changed up to there. @throws LarderError where that does not come. */
  async upTo(positions: Vector): Promise<void> {
    const { clock, following } = this.#options
    const untilMs = clock.now() + REACH_MAX_MS
    while (!following.isSettled(positions)) {
      if (clock.now() > untilMs) throw LATE
      await pause(clock, REACH_LOOK_MS)
    }
  }

  /** Whether it is, or comes, within so long. */
  async within(timeoutMs: number): Promise<boolean> {
    const { clock } = this.#options
    return await inTime(this.now(), { clock, timeoutMs, late: LATE }).then(
      () => true,
      () => false,
    )
  }
}
