/**
 * Of the slots that this member owns: which replicas are known to have all of them, and which may lack something
 * because they are new, could not be reached, or were found to differ.
 */
import type { Clock } from '../../../shared/clock.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'

/** By then members that have come, or come back, have handed over what they brought along. */
const CERTAIN_AFTER_MS = 10_000

export class Doubts {
  readonly #self: Member
  readonly #clock: Clock
  #placed: PlacedView | undefined
  #installedAtMs = -Infinity
  /** By the incarnation of the replica that may lack something: the slots, and the number of the doubt. */
  #doubts = new Map<string, Map<number, number>>()
  /** By the incarnation of the replica: what it surely lacks something of. */
  readonly #missed = new Map<string, Set<number>>()
  #count = 0
  /** Since when a slot has been short of copies; 0 for one that is not. */
  readonly #sinceMs = new Float64Array(SLOTS)

  constructor(self: Member, clock: Clock) {
    this.#self = self
    this.#clock = clock
  }

  /** Every replica is in doubt that was not known before to have all of the slot. */
  install(placed: PlacedView, former: PlacedView | undefined): void {
    const known = this.#doubts
    this.#placed = placed
    this.#installedAtMs = placed.view.members.length > 1 ? this.#clock.now() : -Infinity
    this.#doubts = new Map()
    for (let slot = 0; slot < SLOTS; slot++) {
      const isOwn = placed.owns(this.#self, slot)
      const wasOwn = isOwn && former?.owns(this.#self, slot) === true
      for (const { incarnation, since = 0 } of isOwn ? placed.replicasOf(slot) : []) {
        const wasHolder =
          wasOwn &&
          since <= former.epoch &&
          former.holdersOf(slot).some((member) => member.incarnation === incarnation)
        if (!wasHolder || known.get(incarnation)?.has(slot)) this.doubt(slot, incarnation)
      }
      this.#note(slot)
    }
    for (const incarnation of this.#missed.keys())
      if (!this.#doubts.has(incarnation)) this.#missed.delete(incarnation)
  }

  /** This member lacks something. */
  miss(slot: number, incarnation: string): void {
    this.doubt(slot, incarnation)
    if (this.#doubts.get(incarnation)?.has(slot) !== true) return
    const missed = this.#missed.get(incarnation) ?? new Set<number>()
    this.#missed.set(incarnation, missed.add(slot))
  }

  hasMissed(slot: number, incarnation: string): boolean {
    return this.#missed.get(incarnation)?.has(slot) === true
  }

  /** This member may lack something; where it is no replica any more, that is none of ours. */
  doubt(slot: number, incarnation: string): void {
    const placed = this.#placed
    if (placed?.owns(this.#self, slot) !== true) return
    if (!placed.replicasOf(slot).some((replica) => replica.incarnation === incarnation)) return
    const doubts = this.#doubts.get(incarnation) ?? new Map<number, number>()
    this.#doubts.set(incarnation, doubts.set(slot, ++this.#count))
    this.#note(slot)
  }

  /** How many doubts there were until now: what is compared from now on settles these, and none that comes later. */
  get count(): number {
    return this.#count
  }

  /** This replica had all of it when there had been so many doubts. */
  confirm(slot: number, incarnation: string, asOf: number): void {
    const doubts = this.#doubts.get(incarnation)
    if ((doubts?.get(slot) ?? Infinity) > asOf) return
    doubts?.delete(slot)
    this.#missed.get(incarnation)?.delete(slot)
    this.#note(slot)
  }

  /** Whether nobody else can have what is not here: not soon after a change of members, and not while a copy is in doubt. */
  isCertain(slot: number): boolean {
    return this.isSafe(slot) && this.#clock.now() - this.#installedAtMs > CERTAIN_AFTER_MS
  }

  /** The lives of members that were ever in doubt by this view. */
  get incarnations(): string[] {
    return [...this.#doubts.keys()]
  }

  doubtsOf(incarnation: string): ReadonlyMap<number, number> {
    return this.#doubts.get(incarnation) ?? new Map()
  }

  /** Whether every replica has all of it. */
  isSafe(slot: number): boolean {
    for (const slots of this.#doubts.values()) if (slots.has(slot)) return false
    return true
  }

  /** How many slots have fewer whole copies than are asked for, and for how long, the longest. */
  get short(): { slots: number; seconds: number } {
    let slots = 0
    let earliestMs = Infinity
    for (const sinceMs of this.#sinceMs) {
      if (sinceMs === 0) continue
      slots++
      earliestMs = Math.min(earliestMs, sinceMs)
    }
    return { slots, seconds: slots === 0 ? 0 : (this.#clock.now() - earliestMs) / 1000 }
  }

  #note(slot: number): void {
    const placed = this.#placed
    const isOwn = placed?.owns(this.#self, slot) === true
    const isShort = isOwn && (placed.copies < placed.view.copies || !this.isSafe(slot))
    if (!isShort) this.#sinceMs[slot] = 0
    else if (this.#sinceMs[slot] === 0) this.#sinceMs[slot] = this.#clock.now()
  }
}
