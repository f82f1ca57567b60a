/**
 * The slots of this member: which of them it holds, who holds them besides, and what is done so that every copy is
 * whole. Everything here only ever merges.
 *
 *     view ──▶ Holdings ─┬─ mine, not here ──▶ Arrivals ~~~▶ whoever has it: SlotSender
 *                        ├─ mine, few copies ▶ Repair ~~~~~▶ replicas
 *                        └─ here, not mine ──▶ Departures ~▶ the owner
 *     changes ─▶ Replicator ~~~▶ SlotInbox of the replicas
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import { type Change, type Entry, type SlotEntry, timesOf } from '../../entries/entry.ts'
import { ended, type Register } from '../../entries/register.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { CatchUp, Currency, PlacedView, Views } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { SlotRequest, SlotResponse } from '../wire/calls.ts'
import { Arrivals } from './arrivals.ts'
import { Departures } from './departures.ts'
import { Doubts } from './doubts.ts'
import { Holdings } from './holdings.ts'
import { Repair } from './repair.ts'
import { Replicator } from './replicator.ts'
import { SlotSender, type SlotStore } from './sender.ts'
import { SlotInbox } from './slot-inbox.ts'
import { type MomentParts, SlotMoment } from './slot-moment.ts'
import type { SlotPeers } from './slot-peers.ts'

/** Where the entries are. */
export interface SlotMemory {
  readonly slots: SlotStore
  readonly isFull: boolean
  /** Merges what another holder has, as far as this one may; false where it was known already. */
  takeIn(
    entry: SlotEntry,
    taking: { readonly nowMs: number; readonly isOwner: boolean },
    note: (state: Entry) => void,
  ): boolean
  drop(slot: number): void
}

/** Where rows of slots that are let go are deleted. */
export interface SlotStorage {
  readonly keeper: { drop(slots: readonly number[]): void }
}

export interface SlotsOptions {
  readonly self: Member
  /** Without, it is the only member there will ever be. */
  readonly uplink: object | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly stamps: StampClock
  readonly views: Views
  readonly currency: Currency
  readonly catchUp: CatchUp
  readonly peers: SlotPeers
  readonly memory: SlotMemory
  /** Who is told of what is merged here. */
  readonly keeper: { note(change: Change): void }
  readonly storage: SlotStorage
}

export class Slots {
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly replicator: Replicator
  readonly departures: Departures
  readonly #options: SlotsOptions
  readonly #arrivals: Arrivals
  readonly #repair: Repair
  readonly #inbox: SlotInbox
  readonly #momentParts: MomentParts

  constructor(options: SlotsOptions) {
    const { self, clock, currency, memory } = options
    this.#options = options
    const holdings = new Holdings({
      self,
      clock,
      currency,
      onWanted: (slot) => this.#arrivals.want(slot),
      onComplete: (slot) => this.#completed(slot),
    })
    const doubts = new Doubts(self, clock)
    const replicator = new Replicator({ ...options, doubts, onMissed: (member) => this.#repair.wake(member) })
    const hasUplink = options.uplink !== undefined
    const basis = { ...options, hasUplink, store: memory.slots, holdings, doubts, replicator }
    const sender = new SlotSender(basis)
    this.holdings = holdings
    this.doubts = doubts
    this.replicator = replicator
    this.#momentParts = basis
    this.#arrivals = new Arrivals(basis)
    this.#repair = new Repair({ ...basis, sender })
    this.departures = new Departures({ ...basis, sender, drop: (slots) => this.#drop(slots) })
    this.#inbox = new SlotInbox({
      ...basis,
      sender,
      departures: this.departures,
      repair: this.#repair,
      takeIn: (entry) => this.takeIn(entry),
    })
  }

  start(): void {
    this.#repair.start()
  }

  stop(): void {
    this.#repair.stop()
    this.departures.stop()
  }

  /** Goes by a view from now on: what it holds, then what others may lack, then what has to move. */
  follow(placed: PlacedView, former: PlacedView | undefined): void {
    this.holdings.install(placed, former)
    this.doubts.install(placed, former)
    this.departures.install(placed)
    this.#arrivals.install(placed, former)
    this.#repair.install(placed)
  }

  /** This member was away for longer than a lease: others may have taken over meanwhile, with uplink or without. */
  doubtAll(placed: PlacedView): void {
    this.holdings.doubtAll()
    this.#arrivals.install(placed, placed)
  }

  /** What another member has to say of slots. */
  receive(request: SlotRequest): Promise<SlotResponse> {
    return this.#inbox.receive(request)
  }

  /** Merges what another holder has; false where it was known already. */
  takeIn({ slot, id, entry }: SlotEntry): boolean {
    const { stamps, clock, memory, keeper } = this.#options
    for (const stamp of timesOf(entry)) stamps.witness(stamp)
    const taking = { nowMs: clock.wall(), isOwner: this.holdings.isOwn(slot) }
    return memory.takeIn({ slot, id, entry }, taking, (state) => keeper.note({ slot, id, entry, state }))
  }

  /** The budget has claimed an entry of which this is left: or another holder would bring back what is deleted since. */
  evicted(entry: SlotEntry & { readonly entry: Register }): void {
    if (!this.holdings.isOwn(entry.slot)) return
    this.replicator.tellSoon({ ...entry, entry: ended(entry.entry, this.#options.clock.wall()) })
  }

  /** When, and by whom, a command on the slot is carried out. */
  moment(slot: number): SlotMoment {
    return new SlotMoment(slot, this.#momentParts)
  }

  /** What came to an owner while it was not whole has gone to nobody else. */
  #completed(slot: number): void {
    const replicas = this.#options.views.placed?.replicasOf(slot) ?? []
    for (const { incarnation } of replicas) this.doubts.doubt(slot, incarnation)
    this.#repair.wakeSoon()
  }

  #drop(slots: readonly number[]): void {
    for (const slot of slots) this.#options.memory.drop(slot)
    this.#options.storage.keeper.drop(slots)
  }
}
