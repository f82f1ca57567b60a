/**
 * Which lives of members are over, so that nobody will ever count by them again: each whose member lives another one. What
 * they have counted may be elsewhere too as long as somebody who was here is away.
 */
import { markIn } from '../../../shared/incarnation.ts'
import type { Member } from '../../../shared/view.ts'
import { lifeOf } from '../../entries/stamp.ts'
import type { PlacedView } from '../members/members.ts'
import { CURRENT } from '../wire/calls.ts'

export class Lives {
  readonly #self: Member
  /** Whether there will ever be others. */
  readonly #isLone: boolean
  /** By their marks. */
  #living: ReadonlyMap<string, string> = new Map()
  #away: ReadonlySet<string> = new Set()
  /** Members of the former format know of no folds, and their lives may be called anything. */
  #areAllCurrent = false

  constructor(self: Member, { isLone }: { isLone: boolean }) {
    this.#self = self
    this.#isLone = isLone
  }

  install(placed: PlacedView, former: PlacedView | undefined): void {
    const { members, gone = [] } = placed.view
    const dropped = former === undefined ? [] : placed.droppedSince(former).map(({ id }) => id)
    const away = [...this.#away, ...dropped].filter((id) => !placed.knows({ id }) && !gone.includes(id))
    this.#away = new Set(away)
    this.#living = new Map(members.map(({ incarnation }) => [markIn(incarnation), incarnation]))
    this.#areAllCurrent = !placed.hasAbsent && members.every(({ formats }) => formats?.includes(CURRENT))
  }

  /** Whether what was counted so in a slot of which all is here is known to nobody else. */
  isOver(origin: string): boolean {
    const life = lifeOf(origin)
    if (this.#isLone) return life !== this.#self.incarnation
    if (!this.#areAllCurrent || this.#away.size > 0) return false
    const living = this.#living.get(markIn(life))
    return living !== undefined && living !== life
  }
}
