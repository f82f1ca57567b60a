/** Whether a member that was asked for slots is still giving: that may take long, and must not wait for the dead. */
import { type Clock, pause } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Member } from '../../../shared/view.ts'

const SILENCE_MAX_MS = 1000

export class Hearing {
  readonly #clock: Clock
  /** When each member last gave something, by incarnation. */
  readonly #heardAtMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  heard(incarnation: string): void {
    this.#heardAtMs.set(incarnation, this.#clock.now())
  }

  /** The answer, however long it takes. @throws LarderError UNREACHABLE once the member has given nothing for a second. */
  async unlessSilent<T>({ id, incarnation }: Member, asking: Promise<T>): Promise<T> {
    let sinceMs = this.#clock.now()
    let isOver = false
    const over = asking.then(
      () => this.heard(incarnation),
      () => {},
    )
    void over.then(() => {
      isOver = true
    })
    for (;;) {
      const beganAtMs = this.#clock.now()
      await Promise.race([over, pause(this.#clock, SILENCE_MAX_MS / 2)])
      if (isOver) return await asking
      const nowMs = this.#clock.now()
      // Who stood still itself has nothing to say of others.
      const wasAway = nowMs - beganAtMs > SILENCE_MAX_MS
      sinceMs = wasAway ? nowMs : Math.max(sinceMs, this.#heardAtMs.get(incarnation) ?? 0)
      if (nowMs - sinceMs > SILENCE_MAX_MS) throw new LarderError('UNREACHABLE', `${id} gives nothing.`)
    }
  }
}
