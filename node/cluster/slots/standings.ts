/**
 * What this member's copy of each slot is worth beside those of others: up to which view it has all that was acknowledged,
 * and what only it may have. The disk knows it too, so that it holds for the next life of the member.
 *
 * A copy that was away is measured by those who have gone on without it. They know all that was acknowledged until then, so
 * that what is unknown there was deleted since, or never acknowledged: it is let go. Two things are not measured: what
 * was written while no other copy could be told, which nobody else can know (a claim), and a copy of a time that those who
 * have gone on know nothing of, as nobody who held the slot then could be found (a lapse). So no promise rests on what
 * others remember of what is gone.
 */
import type { Eventual } from '../../../shared/eventual.ts'
import { SLOTS } from '../../../shared/placement.ts'
import { type Claim, covers, joinClaims } from '../../entries/claim.ts'
import { joinLapses, type Lapse, type Standing } from '../../entries/standing.ts'

/** Where it is kept beyond the process. */
export interface StandingKeeper {
  /** Is over once an acknowledgement may rest on it. */
  stand(standing: Standing): Eventual<void>
}

const NONE: readonly Lapse[] = []

export class Standings {
  readonly #keeper: StandingKeeper
  readonly #asOf = new Float64Array(SLOTS)
  readonly #lapses = new Map<number, readonly Lapse[]>()
  readonly #alone = new Map<number, Claim>()

  constructor(keeper: StandingKeeper) {
    this.#keeper = keeper
  }

  /** What the disk knows. */
  restore({ slot, asOf, lapses, alone }: Standing): void {
    this.#asOf[slot] = asOf
    if (lapses.length > 0) this.#lapses.set(slot, lapses)
    if (alone !== undefined) this.#alone.set(slot, alone)
  }

  of(slot: number): Standing {
    const { [slot]: asOf = 0 } = this.#asOf
    return { slot, asOf, lapses: this.#lapses.get(slot) ?? NONE, alone: this.#alone.get(slot) }
  }

  isWhole(slot: number): boolean {
    return this.#asOf[slot] === Infinity
  }

  /** Whether it had all by any view, be that nothing. */
  isCopy(slot: number): boolean {
    return (this.#asOf[slot] ?? 0) > 0
  }

  /** From now on it has all. */
  complete(slot: number): void {
    this.#set(slot, Infinity)
  }

  /** It had all by that view, and may lack something since. */
  fallBehind(slot: number, order: number): void {
    if (this.isWhole(slot)) this.#set(slot, order)
  }

  /** It has become as good as such a copy. */
  becomeAs(slot: number, { asOf, lapses }: Pick<Standing, 'asOf' | 'lapses'>): void {
    const { asOf: own, lapses: known } = this.of(slot)
    if (asOf < own) return
    this.learnLapses(slot, asOf === own ? joinLapses(known, lapses) : lapses)
    this.#set(slot, asOf)
  }

  /** It becomes a copy of one that has such lapses. */
  learnLapses(slot: number, lapses: readonly Lapse[]): void {
    if (lapses.length > 0) this.#lapses.set(slot, lapses)
    else if (!this.#lapses.delete(slot)) return
    this.#keep(slot)
  }

  /** What was held by any view before this one is not known here, in no slot. */
  lapseBefore(order: number): void {
    for (let slot = 0; slot < SLOTS; slot++)
      this.learnLapses(slot, joinLapses(this.of(slot).lapses, [{ from: 0, to: order }]))
  }

  /** The slot goes on by this view with what is here; nothing is missed where that is as of the view before. */
  goOn(slot: number, order: number, beforeOrder: number): void {
    const { asOf, lapses } = this.of(slot)
    if (asOf < beforeOrder) this.learnLapses(slot, joinLapses(lapses, [{ from: asOf, to: order }]))
  }

  /** This was written, and not every other holder could be told. Is over once an acknowledgement may rest on that. */
  claim(slot: number, claim: Claim): Eventual<void> {
    const known = this.#alone.get(slot)
    if (known !== undefined && covers(known, claim)) return undefined
    this.#alone.set(slot, known === undefined ? claim : joinClaims(known, claim))
    return this.#keep(slot)
  }

  /** Others have all that is here. */
  share(slot: number): void {
    if (this.#alone.delete(slot)) this.#keep(slot)
  }

  /** The slot is let go, and what the disk knows of it goes with it. */
  forget(slot: number): void {
    this.#asOf[slot] = 0
    this.#lapses.delete(slot)
    this.#alone.delete(slot)
  }

  #set(slot: number, asOf: number): void {
    if (this.#asOf[slot] === asOf) return
    this.#asOf[slot] = asOf
    this.#keep(slot)
  }

  #keep(slot: number): Eventual<void> {
    return this.#keeper.stand(this.of(slot))
  }
}
