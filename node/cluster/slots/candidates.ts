/**
 * Of whom a slot is asked that is not here: of all others in the order in which they would hold it, and last of those who
 * were dropped not long ago. Uplink may not reach one that is alive, and that has what it held; also when somebody else was to
 * get it in between and was dropped as well.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'

/** By then it is a member again, or has lost its connections for good. */
const ASKED_MS = 60_000

export class Candidates {
  readonly #self: Member
  readonly #clock: Clock
  #placed: PlacedView | undefined
  #dropped: { readonly member: Member; readonly atMs: number }[] = []

  constructor({ self, clock }: { self: Member; clock: Clock }) {
    this.#self = self
    this.#clock = clock
  }

  install(placed: PlacedView, former: PlacedView | undefined): void {
    const nowMs = this.#clock.now()
    const dropped = former === undefined ? [] : placed.droppedSince(former)
    const known = this.#dropped.filter(({ member, atMs }) => !placed.knows(member) && nowMs - atMs < ASKED_MS)
    this.#placed = placed
    this.#dropped = [...dropped.map((member) => ({ member, atMs: nowMs })), ...known]
  }

  /** In this order. */
  for(slot: number): Member[] {
    const all = [...(this.#placed?.ranked(slot) ?? []), ...this.#dropped.map(({ member }) => member)]
    return all.filter(({ incarnation }) => incarnation !== this.#self.incarnation)
  }
}
