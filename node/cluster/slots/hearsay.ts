/**
 * What owners have told this member of slots of which it has not all yet. With a copy that had all until it was first told that is
 * all there is. Should those be gone who have such a copy, it may be the only one left who knows: then it claims what it has heard.
 */
import { SLOTS } from '../../../shared/placement.ts'
import { type Claim, covers, joinClaims } from '../../entries/claim.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { PlacedView } from '../members/members.ts'
import type { Holdings } from './holdings.ts'
import type { Standings } from './standings.ts'

/** It is told of nothing, or others may be told of something else. */
const NEVER = Infinity

export class Hearsay {
  readonly #standings: Standings
  readonly #claims = new Map<number, Claim>()
  /** By which view it is told of each slot without a break. */
  readonly #since = new Float64Array(SLOTS).fill(NEVER)

  constructor(standings: Standings) {
    this.#standings = standings
  }

  /** The owner has told it. */
  note({ slot, entry }: SlotEntry): void {
    if (this.#standings.isWhole(slot)) return
    const known = this.#claims.get(slot)
    const claim = verbsOf(entry).claim(entry)
    if (known === undefined || !covers(known, claim))
      this.#claims.set(slot, known === undefined ? claim : joinClaims(known, claim))
  }

  /** All of the slot is here, or what is here is let go. */
  forget(slot: number): void {
    this.#claims.delete(slot)
  }

  /** Whether it was told of whatever has been acknowledged since all that was known by that view. */
  goesOnFrom(slot: number, asOf: number): boolean {
    const { [slot]: since = NEVER } = this.#since
    return asOf > 0 && asOf >= since - 1
  }

  /** Whoever is not there any more may have been the one who had all, be it of a slot that others hold by now. */
  install(placed: PlacedView, former: PlacedView | undefined, holdings: Pick<Holdings, 'roleOf'>): void {
    const isSomebodyGone = former?.members.some((member) => placed.find(member) === undefined)
    if (isSomebodyGone) for (const [slot, claim] of this.#claims) void this.#standings.claim(slot, claim)
    const isNext = placed.epoch === former?.epoch || placed.epoch - 1 === former?.epoch
    for (let slot = 0; slot < SLOTS; slot++) {
      const isTold = holdings.roleOf(slot) !== 'none' && !placed.hasAbsent
      if (!isTold) this.#since[slot] = NEVER
      else if (!isNext || this.#since[slot] === NEVER) this.#since[slot] = placed.epoch
    }
  }
}
