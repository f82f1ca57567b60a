/**
 * Hands over what this member has of slots that it does not hold any more, and lets go of it: after a change of
 * members, when it leaves, when its disk still had it, or after it was cut off.
 *
 * The owner is asked first. It may have all of it already, or want it, or not yet be sure that every other copy is
 * whole; only when it is this one may go.
 */
import { type Clock, pause } from '../../../shared/clock.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/placed-view.ts'
import type { Peer } from '../peers/peer.ts'
import type { Offer } from '../wire/slots.ts'
import type { Holdings } from './holdings.ts'
import type { SlotSender, SlotStore } from './sender.ts'

const OFFERED_SLOTS = 256
const OFFER_MAX_MS = 2000
const RETRY_MS = 250

export interface DeparturesOptions {
  readonly self: Member
  readonly clock: Clock
  readonly holdings: Holdings
  readonly sender: SlotSender
  readonly store: SlotStore
  readonly peers: { of(member: Member): Peer }
  /** Lets go of slots, in memory and on disk. */
  drop(slots: readonly number[]): void
}

export class Departures {
  readonly #options: DeparturesOptions
  /** Slots to be handed over, and whom each was given to. */
  #departing = new Map<number, string | undefined>()
  readonly #underWay = new Set<string>()
  readonly #stopping = new AbortController()
  #placed: PlacedView | undefined

  constructor(options: DeparturesOptions) {
    this.#options = options
  }

  install(placed: PlacedView): void {
    const { self, holdings, store } = this.#options
    const known = this.#departing
    this.#placed = placed
    this.#departing = new Map()
    // Taken for dead, it is a member again in a moment.
    if (placed.find(self) === undefined) return
    for (let slot = 0; slot < SLOTS; slot++) {
      if (holdings.roleOf(slot) !== 'none') continue
      if (store.holds(slot)) this.#departing.set(slot, known.get(slot))
      else if (placed.copies > 0 && known.has(slot)) holdings.forget(slot)
    }
    for (const member of placed.members) this.#wake(member)
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** How many slots wait to be handed over to somebody. */
  get count(): number {
    return this.#placed?.ownerOf(0) === undefined ? 0 : this.#departing.size
  }

  /** All that was there of the slot has been given to this member. */
  given(slot: number, incarnation: string): void {
    if (this.#departing.has(slot)) this.#departing.set(slot, incarnation)
  }

  #wake(owner: Member): void {
    if (this.#underWay.has(owner.incarnation) || this.#due(owner).length === 0) return
    this.#underWay.add(owner.incarnation)
    void this.#handOver(owner).finally(() => this.#underWay.delete(owner.incarnation))
  }

  async #handOver(owner: Member): Promise<void> {
    await Promise.resolve()
    for (let start = 0; ; start += OFFERED_SLOTS) {
      const all = this.#due(owner)
      if (all.length === 0 || this.#stopping.signal.aborted) return
      if (start >= all.length) start = 0
      const slots = all.slice(start, start + OFFERED_SLOTS)
      const dropped = await this.#offer(owner, slots).catch(() => 0)
      start -= dropped
      if (dropped === 0) await pause(this.#options.clock, RETRY_MS, this.#stopping.signal)
    }
  }

  #due({ incarnation }: Member): number[] {
    return [...this.#departing.keys()].filter(
      (slot) => this.#placed?.ownerOf(slot)?.incarnation === incarnation,
    )
  }

  /** How many of them could be let go. */
  async #offer(owner: Member, slots: readonly number[]): Promise<number> {
    const { store, sender, peers, drop, holdings } = this.#options
    const offers = slots.map(
      (slot): Offer => [slot, store.digestOf(slot), this.#departing.get(slot) === owner.incarnation],
    )
    const answers = await peers.of(owner).ask({ type: 'offer', slots: offers }, OFFER_MAX_MS)
    const answered = (answer: string) =>
      slots.filter((slot, index) => answers[index] === answer && this.#departing.has(slot))
    const dropped = answered('drop')
    for (const slot of dropped) {
      this.#departing.delete(slot)
      holdings.forget(slot)
    }
    drop(dropped)
    const sent = answered('send')
    if (sent.length > 0 && (await sender.send(sent, owner, { isUrgent: false })))
      for (const slot of sent) this.given(slot, owner.incarnation)
    return dropped.length
  }
}
