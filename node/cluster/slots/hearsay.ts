/**
 * What owners have told this member of slots of which it has not all yet, and so nobody asks it for. Should those be gone who
 * have all, it may be the only one left who knows: then it claims that.
 */
import { type Claim, covers, joinClaims } from '../../entries/claim.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import { verbsOf } from '../../entries/kinds.ts'
import type { PlacedView } from '../members/members.ts'
import type { Standings } from './standings.ts'

export class Hearsay {
  readonly #standings: Standings
  readonly #claims = new Map<number, Claim>()

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

  /** Whoever is not there any more may have been the one who had all, be it of a slot that others hold by now. */
  install(placed: PlacedView, former: PlacedView | undefined): void {
    const isSomebodyGone = former?.members.some((member) => placed.find(member) === undefined)
    if (!isSomebodyGone) return
    for (const [slot, claim] of this.#claims) void this.#standings.claim(slot, claim)
  }
}
