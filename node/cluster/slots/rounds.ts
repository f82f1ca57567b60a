/**
 * What there is to do for other members: a loop for each, a batch after the other, as long as anything is due.
 *
 * What cannot be done yet holds up nothing else: the next batch is looked at, and after a batch of which nothing could be
 * done there is a pause. Whatever comes up in one turn is seen to together.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import type { Member } from '../../../shared/view.ts'

/** Between two tries of what cannot be done yet. */
const RETRY_MS = 250

export interface RoundsOptions {
  readonly clock: Clock
  /** The slots of one batch. */
  readonly batchMax: number
  /** A slot that is not done with, though all was done for it, is let rest for longer and longer: for so long at the most. */
  readonly pauseMaxMs?: number
  /** What is to be done for this member, now. */
  due(member: Member): readonly number[]
  /** Does it. Whatever is done with is not due any more. */
  act(member: Member, slots: readonly number[]): Promise<void>
}

export class Rounds {
  readonly #options: RoundsOptions
  /** Members that are being seen to, by incarnation. */
  readonly #underWay = new Set<string>()
  readonly #stopping = new AbortController()

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  /** There may be something to do for it. */
  wake(member: Member): void {
    if (this.#underWay.has(member.incarnation) || this.#options.due(member).length === 0) return
    this.#underWay.add(member.incarnation)
    void this.#seeTo(member)
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #seeTo(member: Member): Promise<void> {
    const { clock, batchMax, due } = this.#options
    const { signal } = this.#stopping
    const resting = new Map<number, Rest>()
    await Promise.resolve()
    for (let start = 0; ; ) {
      const all = due(member)
      if (all.length === 0 || signal.aborted) break
      const nowMs = clock.now()
      const ready =
        resting.size === 0 ? all : all.filter((slot) => (resting.get(slot)?.untilMs ?? 0) <= nowMs)
      if (start >= ready.length) start = 0
      const slots = ready.slice(start, start + batchMax)
      const kept = slots.length === 0 ? 0 : await this.#act(member, slots, resting)
      start += kept
      if (kept === slots.length) await pause(clock, RETRY_MS, signal)
    }
    this.#underWay.delete(member.incarnation) // In this very turn: whoever wakes it from now on is heard.
  }

  /** How many of the slots are still due. */
  async #act(member: Member, slots: readonly number[], resting: Map<number, Rest>): Promise<number> {
    const { clock, pauseMaxMs = 0, due, act } = this.#options
    const isDone = await act(member, slots).then(
      () => true,
      () => false, // A caller that fails has said so itself.
    )
    const left = new Set(due(member))
    for (const slot of slots) {
      if (!left.has(slot)) resting.delete(slot)
      else if (isDone && pauseMaxMs > 0) {
        const pauseMs = Math.min(2 * (resting.get(slot)?.pauseMs ?? RETRY_MS / 2), pauseMaxMs)
        resting.set(slot, { pauseMs, untilMs: clock.now() + pauseMs })
      }
    }
    return slots.filter((slot) => left.has(slot)).length
  }
}

interface Rest {
  readonly pauseMs: number
  readonly untilMs: number
}
