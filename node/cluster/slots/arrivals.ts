/**
 * Fetches the slots that this member owns and has not all of, from whoever has them.
 *
 * The others are asked in the order in which they would hold the slot, those that are leaving included. Everyone gives
 * what is not here; the first that holds the slot now, and has all of it, is the last that is asked. Who held it
 * formerly may have missed what others have taken in since, so that the search goes on. When everybody was asked, what
 * came together is all there is. What a command waits for is asked for at once, the rest a batch after the other.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import { fellSilent, isWaitedFor, spoke } from '../peers/peers.ts'
import { whileGiving } from './giving.ts'
import type { Holdings } from './holdings.ts'
import type { SlotStore } from './sender.ts'
import type { SlotPeers } from './slot-peers.ts'

/** Slots in one request. */
const BATCH_SLOTS = 128
/** However much there is to give. */
const REQUEST_MAX_MS = 60_000
/** Before those who did not answer are asked again. */
const RETRY_MS = 200
/** An uplink that has just been started empty is told in this time who the members are: nobody is the first before. */
const ALONE_MS = 500

interface Arrival {
  readonly slot: number
  /** Who held it when it was first missed here. */
  readonly heldBy: readonly Member[]
  /** Whom to ask, and who is next. */
  candidates: readonly Member[]
  next: number
  /** They did not answer, and may have it. */
  silent: Member[]
  /** Somebody had all of it once. */
  sawFormer: boolean
  isAsked: boolean
}

interface Queue {
  readonly member: Member
  waiting: Arrival[]
  isServed: boolean
}

export interface ArrivalsOptions {
  readonly self: Member
  /** Without, it is the only member there will ever be. */
  readonly hasUplink: boolean
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly holdings: Holdings
  readonly store: SlotStore
  readonly peers: SlotPeers
}

export class Arrivals {
  readonly #options: ArrivalsOptions
  #arrivals = new Map<number, Arrival>()
  #queues = new Map<string, Queue>()
  #placed: PlacedView | undefined
  #lost = 0
  /** To be asked for again. */
  readonly #later: Arrival[] = []

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  /** Begins anew: a new view has other members to ask. */
  install(placed: PlacedView, former: PlacedView | undefined): void {
    const { clock, holdings } = this.#options
    const known = this.#arrivals
    this.#placed = placed
    this.#arrivals = new Map()
    this.#queues = new Map()
    const isFirst = former === undefined && this.#options.hasUplink && placed.members.length === 1
    if (isFirst) clock.after(ALONE_MS, () => this.#beFirst(placed))
    for (const slot of holdings.missing) {
      const { heldBy = former?.holdersOf(slot) ?? [] } = known.get(slot) ?? {}
      const candidates = this.#candidatesFor(slot)
      const arrival = { slot, heldBy, candidates, next: 0, silent: [], sawFormer: false, isAsked: false }
      this.#arrivals.set(slot, arrival)
      if (!isFirst) this.#askNext(arrival)
    }
  }

  /** A command waits for this slot. */
  want(slot: number): void {
    const arrival = this.#arrivals.get(slot)
    const member = arrival?.candidates[arrival.next]
    if (arrival === undefined || member === undefined || arrival.isAsked) return
    void this.#ask(member, [arrival])
  }

  #beFirst(placed: PlacedView): void {
    if (this.#placed === placed) for (const arrival of [...this.#arrivals.values()]) this.#askNext(arrival)
  }

  #candidatesFor(slot: number): Member[] {
    const { self, holdings } = this.#options
    const { incarnation } = self
    const former = holdings.formerOwnerOf(slot)
    if (former !== undefined) return [former]
    return this.#placed?.ranked(slot).filter((member) => member.incarnation !== incarnation) ?? []
  }

  #askNext(arrival: Arrival): void {
    const member = arrival.candidates[arrival.next]
    if (member === undefined) {
      this.#exhausted(arrival)
      return
    }
    const queue = this.#queues.get(member.incarnation) ?? { member, waiting: [], isServed: false }
    this.#queues.set(member.incarnation, queue)
    queue.waiting.push(arrival)
    if (!queue.isServed) void this.#serve(queue)
  }

  async #serve(queue: Queue): Promise<void> {
    queue.isServed = true
    await Promise.resolve() // Whatever is queued in this turn goes together.
    while (queue.waiting.length > 0 && this.#isCurrent(queue)) {
      const batch = queue.waiting
        .splice(0, BATCH_SLOTS)
        .filter((arrival) => this.#isDue(arrival, queue.member))
      if (batch.length === 0) continue
      const hasAnswered = await this.#ask(queue.member, batch)
      if (!hasAnswered) for (const arrival of queue.waiting.splice(0)) this.#passOver(arrival, queue.member)
    }
    queue.isServed = false
  }

  #isCurrent(queue: Queue): boolean {
    return this.#queues.get(queue.member.incarnation) === queue
  }

  #isDue(arrival: Arrival, member: Member): boolean {
    const isPending = this.#arrivals.get(arrival.slot) === arrival && !arrival.isAsked
    return isPending && arrival.candidates[arrival.next] === member
  }

  /** Asks one member for some slots; false when it did not answer. */
  async #ask(member: Member, batch: readonly Arrival[]): Promise<boolean> {
    const { clock, store, peers } = this.#options
    const peer = peers.of(member)
    for (const arrival of batch) arrival.isAsked = true
    try {
      const slots = batch.map(({ slot }) => [slot, store.digestOf(slot)] as const)
      const asking = peer.ask({ type: 'want', slots }, REQUEST_MAX_MS)
      const answers = await whileGiving(peer, asking, clock)
      spoke(peer.contact)
      for (const [index, arrival] of batch.entries()) {
        if (this.#arrivals.get(arrival.slot) !== arrival) continue // Another view has come.
        arrival.isAsked = false
        if (answers[index] === 'complete') this.#arrived(arrival)
        else if (answers[index] === 'refused') this.#passOver(arrival, member)
        else {
          arrival.sawFormer ||= answers[index] === 'former'
          this.#advance(arrival)
        }
      }
      return true
    } catch {
      fellSilent(peer.contact, clock.now())
      for (const arrival of batch) {
        arrival.isAsked = false
        this.#passOver(arrival, member)
      }
      return false
    }
  }

  #passOver(arrival: Arrival, member: Member): void {
    if (this.#arrivals.get(arrival.slot) !== arrival || arrival.isAsked) return
    if (arrival.candidates[arrival.next] !== member) return
    arrival.silent.push(member)
    this.#advance(arrival)
  }

  #advance(arrival: Arrival): void {
    arrival.next++
    this.#askNext(arrival)
  }

  /** Everybody was asked, and nobody has all of it. */
  #exhausted(arrival: Arrival): void {
    const { clock, holdings, metrics, store, peers } = this.#options
    const { slot, heldBy, sawFormer, silent } = arrival
    if (silent.some((member) => isWaitedFor(peers.of(member).contact, clock.now()))) {
      this.#askAgainLater(arrival)
      return
    }
    const isOrphan = heldBy.length > 0 && !sawFormer && holdings.formerOwnerOf(slot) === undefined
    const ids = this.#placed?.members.map(({ id }) => id) ?? []
    const isLeft = silent.length === 0 && heldBy.some(({ id }) => ids.includes(id))
    if (isOrphan) holdings.beginAnew(slot)
    if (isOrphan && !isLeft && !store.holds(slot)) {
      metrics.lostSlots.inc()
      this.#lost++
    }
    this.#arrived(arrival)
  }

  #arrived({ slot }: Arrival): void {
    const { holdings, log } = this.#options
    this.#arrivals.delete(slot)
    holdings.complete(slot)
    if (this.#arrivals.size > 0 || this.#lost === 0) return
    log.error({ slots: this.#lost }, 'slots are lost: nobody is left who held them')
    this.#lost = 0
  }

  #askAgainLater(arrival: Arrival): void {
    this.#later.push(arrival)
    if (this.#later.length > 1) return
    this.#options.clock.after(RETRY_MS, () => {
      for (const later of this.#later.splice(0)) {
        if (this.#arrivals.get(later.slot) !== later) continue
        later.next = 0
        later.silent = []
        this.#askNext(later)
      }
    })
  }
}
