/**
 * Hands over what this member has of slots that it does not hold any more, and lets go of it: after a change of
 * members, when it leaves, when its disk still had it, or after it was cut off.
 *
 * Where it leaves that goes for what is empty too: whoever takes it over could not tell it from what is lost, if nobody were left who had it.
 * The owner is asked first. It may have all of it already, or want it, or not yet be sure that every other copy is
 * whole; only when it is this one may go. Of a copy by which it is not measured (`standings.ts`) it wants all, else what
 * that copy claims.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Eventual } from '../../../shared/eventual.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'
import type { Offer } from '../wire/calls.ts'
import type { Holdings } from './holdings.ts'
import { Rounds } from './rounds.ts'
import type { SlotSender, SlotStore } from './sender.ts'
import type { SlotPeers } from './slot-peers.ts'
import type { Standings } from './standings.ts'

const OFFERED_SLOTS = 256
const OFFER_MAX_MS = 2000

export interface DeparturesOptions {
  readonly self: Member
  readonly clock: Clock
  readonly turns: Turns
  readonly holdings: Holdings
  readonly standings: Standings
  readonly sender: SlotSender
  readonly store: SlotStore
  readonly peers: SlotPeers
  /** Lets go of slots, on disk at once, in memory in turns. */
  drop(slots: readonly number[]): Eventual<void>
}

export class Departures {
  readonly #options: DeparturesOptions
  /** Slots to be handed over, and whom each was given to. */
  #departing = new Map<number, string | undefined>()
  /** The same, by the life of the member that they are to be handed over to. */
  #owed: ReadonlyMap<string | undefined, readonly number[]> = new Map()
  /** What is left of these is of no worth, and going. */
  readonly #going = new Set<number>()
  readonly #rounds: Rounds
  #placed: PlacedView | undefined

  constructor(options: DeparturesOptions) {
    this.#options = options
    this.#rounds = new Rounds({
      clock: options.clock,
      batchMax: OFFERED_SLOTS,
      due: (owner) => this.#due(owner),
      act: (owner, slots) => this.#offer(owner, slots),
    })
  }

  install(placed: PlacedView): void {
    const { self, holdings, store, standings } = this.#options
    const known = this.#departing
    this.#placed = placed
    this.#departing = new Map()
    this.#owed = new Map()
    // Taken for dead, it is a member again in a moment.
    const here = placed.find(self)
    if (here === undefined) return
    // Whoever stays a member is asked for what it had, and can say that this was nothing.
    const owesAll = here.leaving === true
    const empty: number[] = []
    for (let slot = 0; slot < SLOTS; slot++) {
      if (holdings.roleOf(slot) !== 'none' || this.#going.has(slot)) continue
      if (store.holds(slot) || (owesAll && standings.isCopy(slot))) this.#departing.set(slot, known.get(slot))
      else if (placed.copies > 0 && known.has(slot)) empty.push(slot)
    }
    void this.#letGo(empty)
    this.#owed = Map.groupBy(this.#departing.keys(), (slot) => placed.ownerOf(slot)?.incarnation)
    for (const incarnation of this.#owed.keys()) {
      const owner = incarnation && placed.find({ incarnation })
      if (owner) this.#rounds.wake(owner)
    }
  }

  stop(): void {
    this.#rounds.stop()
  }

  /** How many slots wait to be handed over to somebody. */
  get count(): number {
    return this.#placed?.ownerOf(0) === undefined ? 0 : this.#departing.size
  }

  /** All that was there of the slot has been given to this member, but for what it did not take. */
  given(slot: number, incarnation: string): void {
    if (!this.#departing.has(slot) || this.#options.sender.setAside.has(slot, incarnation)) return
    this.#departing.set(slot, incarnation)
  }

  /** Whether the slot is being let go: nothing is to be taken in for it before it is empty, or that would go with it. */
  isGoing(slot: number): boolean {
    return this.#going.has(slot)
  }

  #due(member: Member): number[] {
    const { setAside } = this.#options.sender
    const { incarnation } = member
    const owed = this.#owed.get(incarnation) ?? []
    return owed.filter((slot) => this.#departing.has(slot) && !setAside.isResting(slot, incarnation))
  }

  async #offer(owner: Member, departing: readonly number[]): Promise<void> {
    const { turns, store, standings, sender, peers } = this.#options
    await turns.take('digests', store.digest(departing))
    const slots = departing.filter((slot) => this.#departing.has(slot)) // Another view may have come.
    const offers = slots.map((slot): Offer => {
      const { asOf, alone } = standings.of(slot)
      const isGiven = this.#departing.get(slot) === owner.incarnation
      return [slot, store.digestOf(slot), isGiven, asOf, alone !== undefined]
    })
    const answers = await peers.of(owner).ask({ type: 'offer', slots: offers }, OFFER_MAX_MS)
    const answered = (answer: string) =>
      slots.filter((slot, index) => answers[index] === answer && this.#departing.has(slot))
    await this.#letGo(answered('drop'))
    for (const isClaim of [false, true]) {
      const sent = answered(isClaim ? 'claim' : 'send')
      if (sent.length > 0 && (await sender.send(sent, owner, { isUrgent: false, isClaim })))
        for (const slot of sent) this.given(slot, owner.incarnation)
    }
  }

  async #letGo(slots: readonly number[]): Promise<void> {
    if (slots.length === 0) return
    for (const slot of slots) {
      this.#departing.delete(slot)
      this.#going.add(slot)
      this.#options.standings.forget(slot)
    }
    await this.#options.drop(slots)
    for (const slot of slots) this.#going.delete(slot)
  }
}
