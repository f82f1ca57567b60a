/**
 * Fetches the slots that this member owns and has not all of, from whoever has them.
 *
 * The others are asked in the order in which they would hold the slot, those that are leaving included. The first that has all
 * of it gives it, and is the last that is asked. Where nobody has, those whose copies are the newest give theirs, and what comes
 * together goes on, unless somebody may have all who does not answer, or is waited for (`awaited.ts`). What a command waits for
 * is asked for at once, the rest a batch after the other.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { Worth } from '../wire/calls.ts'
import {
  type Arrival,
  beginWith,
  giversOf,
  isLatest,
  isToAsk,
  mannerOf,
  newArrival,
  newestOf,
} from './arrival.ts'
import { Asking } from './asking.ts'
import type { Awaited } from './awaited.ts'
import { Candidates } from './candidates.ts'
import type { Departures } from './departures.ts'
import { Fate } from './fate.ts'
import { whileGiving } from './giving.ts'
import type { Hearsay } from './hearsay.ts'
import type { Holdings } from './holdings.ts'
import type { Mirroring } from './mirroring.ts'
import type { SlotStore } from './sender.ts'
import type { SlotPeers } from './slot-peers.ts'
import type { Standings } from './standings.ts'

const REQUEST_MAX_MS = 60_000 // However much there is to give.

export interface ArrivalsOptions {
  readonly self: Member
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly holdings: Holdings
  readonly standings: Standings
  readonly mirroring: Mirroring
  readonly hearsay: Pick<Hearsay, 'goesOnFrom'>
  readonly awaited: Awaited
  readonly departures: Pick<Departures, 'isGoing'>
  readonly store: SlotStore
  readonly peers: SlotPeers
}

export class Arrivals {
  readonly #options: ArrivalsOptions
  #arrivals = new Map<number, Arrival>()
  readonly #asking: Asking<Arrival>
  #placed: PlacedView | undefined
  readonly #candidates: Candidates
  readonly #fate: Fate

  constructor(options: ArrivalsOptions) {
    this.#options = options
    this.#candidates = new Candidates(options)
    this.#fate = new Fate(options)
    this.#asking = new Asking({
      ...options,
      isDue: (arrival, member) => this.#isCurrentArrival(arrival) && isToAsk(arrival, member),
      ask: (member, batch) => this.#ask(member, batch),
      passOver: (arrival, member) => this.#passOver(arrival, member),
      retry: (arrival) => this.#begin(arrival),
    })
  }

  /** Begins anew: a new view has other members to ask. Without a former one, what was held by others before is not known here. */
  install(placed: PlacedView, former: PlacedView | undefined): void {
    const { holdings, mirroring } = this.#options
    const known = this.#arrivals
    this.#placed = placed
    this.#candidates.install(placed, former)
    this.#arrivals = new Map()
    this.#asking.clear()
    for (const slot of holdings.missing) {
      mirroring.callOff(slot)
      const missed = former && known.get(slot)
      this.#arrivals.set(slot, newArrival(slot, missed ?? this.#firstMissed(slot, former)))
    }
    // Not before all are known: what becomes of them is told once for all of them.
    for (const arrival of [...this.#arrivals.values()]) this.#begin(arrival)
    for (const slot of known.keys()) if (!this.#arrivals.has(slot)) mirroring.callOff(slot)
  }

  stop(): void {
    this.#asking.stop()
  }

  /** For whom a slot waits that does not go on without them. */
  awaitedFor(slot: number): readonly string[] {
    const arrival = this.#arrivals.get(slot)
    if (arrival === undefined || arrival.newest === Infinity) return []
    return this.#options.awaited.awaitedFor(arrival.former, arrival.newest)
  }

  /** What is known of a slot on its way. */
  find(slot: number): Arrival | undefined {
    return this.#arrivals.get(slot)
  }

  /** Nobody is waited for any longer. Of whom somebody did not answer, that one is asked again anyway. */
  resume(): void {
    for (const arrival of [...this.#arrivals.values()]) {
      const { candidates, next, silent, isAsked } = arrival
      if (!isAsked && silent.length === 0 && candidates[next] === undefined) this.#exhausted(arrival)
    }
  }

  /** A command waits for this slot. */
  want(slot: number): void {
    const arrival = this.#arrivals.get(slot)
    if (arrival === undefined || arrival.isUrgent) return
    arrival.isUrgent = true
    const member = arrival.candidates[arrival.next]
    const isReady = !arrival.isAsked && !this.#options.departures.isGoing(slot)
    if (member !== undefined && isReady) void this.#ask(member, [arrival])
  }

  #firstMissed(slot: number, placed: PlacedView | undefined): Pick<Arrival, 'former' | 'isOld'> {
    const { awaited, mirroring } = this.#options
    mirroring.watch(slot)
    return { former: awaited.formerHoldersOf(slot, placed), isOld: mirroring.isOld(slot) }
  }

  #askNext(arrival: Arrival, isAlone = arrival.isUrgent): void {
    const member = arrival.candidates[arrival.next]
    if (member === undefined) this.#exhausted(arrival)
    else if (this.#options.departures.isGoing(arrival.slot)) this.#asking.addLater(arrival)
    else if (isAlone) void this.#ask(member, [arrival])
    else this.#asking.add(member, arrival, mannerOf(arrival))
  }

  #isCurrentArrival(arrival: Arrival): boolean {
    return this.#arrivals.get(arrival.slot) === arrival
  }

  /** Asks one member for some slots; false when it did not answer. */
  async #ask(member: Member, arrivals: readonly Arrival[]): Promise<boolean> {
    const { clock, turns, store, standings, mirroring, awaited, peers } = this.#options
    const peer = peers.of(member)
    const mirror = mirroring.newName()
    for (const arrival of arrivals) arrival.isAsked = true
    await turns.take('digests', store.digest(arrivals.map(({ slot }) => slot)))
    const batch = arrivals.filter((arrival) => this.#isCurrentArrival(arrival)) // Another view may have come.
    for (const { slot, isOld } of batch) if (isOld) mirroring.begin(slot, mirror)
    if (batch.length === 0) return true
    try {
      const slots = batch.map(({ slot }) => [slot, store.digestOf(slot), standings.of(slot).asOf] as const)
      const isAnyway = batch[0]?.isAnyway ?? false
      const want = { type: 'want', slots, isAnyway, mirror } as const
      const answers = await whileGiving(peer, (signal) => peer.ask(want, REQUEST_MAX_MS, signal), clock)
      awaited.hear(member)
      for (const [index, arrival] of batch.entries()) {
        if (!this.#isCurrentArrival(arrival)) continue // Another view has come.
        const answer = answers[index]
        if (typeof answer === 'object') await this.#hear(arrival, member, { ...answer, mirror })
        else this.#notAnswered(arrival, member)
      }
      return true
    } catch {
      for (const arrival of batch) this.#notAnswered(arrival, member)
      return false
    }
  }

  /** What the copy of a member is worth, after it has given of it what it would. */
  async #hear(
    arrival: Arrival,
    member: Member,
    { asOf, lapses, how, mirror }: Worth & { readonly mirror: string },
  ): Promise<void> {
    const [{ standings, mirroring, hearsay }, { slot }] = [this.#options, arrival]
    if (how === 'mirrored') await mirroring.end(slot, mirror)
    else mirroring.callOff(slot)
    if (!this.#isCurrentArrival(arrival)) return
    arrival.isAsked = false
    if (how !== 'kept' && (isLatest(asOf, this.#placed) || hearsay.goesOnFrom(slot, asOf))) {
      standings.learnLapses(slot, lapses)
      this.#arrived(arrival)
      return
    }
    if (how !== 'kept') standings.becomeAs(slot, { asOf, lapses })
    if (!arrival.isAnyway) arrival.partial.push({ member, asOf, lapses, hasMore: how === 'kept' })
    arrival.next++
    this.#askNext(arrival)
  }

  #notAnswered(arrival: Arrival, member: Member): void {
    arrival.isAsked = false
    this.#passOver(arrival, member)
  }

  #passOver(arrival: Arrival, member: Member): void {
    if (!this.#isCurrentArrival(arrival) || !isToAsk(arrival, member)) return
    this.#options.mirroring.callOff(arrival.slot)
    if (this.#placed?.knows(member) !== false) arrival.silent.push(member)
    arrival.next++
    this.#askNext(arrival)
  }

  /** Everybody was asked, and nobody has all of it. */
  #exhausted(arrival: Arrival): void {
    const { standings, awaited } = this.#options
    const { slot, former } = arrival
    if (arrival.silent.length > 0) {
      this.#asking.addLater(arrival)
      return
    }
    arrival.newest = newestOf(arrival, standings.of(slot).asOf)
    const missed = awaited.awaitedFor(former, arrival.newest)
    const givers = arrival.isAnyway ? [] : giversOf(arrival, standings.of(slot))
    if (missed.length > 0)
      this.#fate.wait(missed) // Until there is another view, or the waiting is over.
    else if (givers.length === 0) {
      this.#fate.goOn(arrival, this.#placed)
      this.#arrived(arrival)
    } else this.#askNext(Object.assign(arrival, { candidates: givers, next: 0, isAnyway: true }))
  }

  #arrived({ slot }: Arrival): void {
    const { holdings, mirroring } = this.#options
    this.#arrivals.delete(slot)
    mirroring.cancel(slot)
    holdings.complete(slot)
    if (this.#arrivals.size === 0) this.#fate.settle()
  }

  /** From whoever is the first who may have it; however many commands wait, those of one member go together. */
  #begin(arrival: Arrival): void {
    if (!this.#isCurrentArrival(arrival)) return
    const owner = this.#options.holdings.formerOwnerOf(arrival.slot)
    if (owner === undefined) arrival.ranked ??= this.#candidates.for(arrival.slot)
    beginWith(arrival, owner === undefined ? (arrival.ranked ?? []) : [owner], {
      isAnyway: owner !== undefined,
    })
    this.#askNext(arrival, false)
  }
}
