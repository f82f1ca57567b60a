/**
 * The slots of this member: which of them it holds, who holds them besides, and what keeps every copy whole.
 *
 *     view ──▶ Holdings ─┬─ mine, not here ──▶ Arrivals ~~~▶ whoever has it: SlotSender
 *                        ├─ mine, few copies ▶ Repair ~~~~~▶ replicas
 *                        └─ here, not mine ──▶ Departures ~▶ the owner
 *     changes ─▶ Replicator ~~~▶ SlotInbox of the replicas
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Eventual } from '../../../shared/eventual.ts'
import type { Log } from '../../../shared/log.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { LastView, Member } from '../../../shared/view.ts'
import { type Change, type Entry, type SlotEntry, timesOf } from '../../entries/entry.ts'
import { ended, type Register } from '../../entries/register.ts'
import type { StampClock } from '../../entries/stamp.ts'
import type { Standing } from '../../entries/standing.ts'
import type { CatchUp, Currency, PlacedView, Views } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { SlotRequest, SlotResponse } from '../wire/calls.ts'
import { Arrivals } from './arrivals.ts'
import { Awaited } from './awaited.ts'
import { Departures } from './departures.ts'
import { Doubts } from './doubts.ts'
import { forkOf } from './fork.ts'
import { Hearsay } from './hearsay.ts'
import { Holdings } from './holdings.ts'
import { Lives } from './lives.ts'
import { Mirroring } from './mirroring.ts'
import { Outstanding } from './outstanding.ts'
import { Repair } from './repair.ts'
import { Replicator } from './replicator.ts'
import { SlotSender, type SlotStore } from './sender.ts'
import { Settling, type SettlingOptions } from './settling.ts'
import { SlotInbox } from './slot-inbox.ts'
import { type MomentParts, SlotMoment } from './slot-moment.ts'
import type { SlotPeers } from './slot-peers.ts'
import { type StandingKeeper, Standings } from './standings.ts'

/** Where the entries are. */
export interface SlotMemory {
  readonly slots: SlotStore
  readonly isFull: boolean
  /** Merges what another holder has. @returns what has changed by that. */
  takeIn(entry: SlotEntry, nowMs: number, note: (change: Change) => void): SlotEntry[]
  /** Lets go of what is known of a part of an entry, for these in its place. */
  supersede(part: SlotEntry, anew: readonly Entry[], note: (change: Change) => void): void
  readonly upkeep: { drop(slots: readonly number[]): Iterator<void, void> }
}

/** Where it is kept what a copy is worth, and rows of slots that are let go are deleted. */
export interface SlotStorage {
  readonly keeper: { drop(slots: readonly number[]): void }
  readonly standings: StandingKeeper &
    SettlingOptions['storage']['standings'] & {
      goBy(order: number): void
    }
}

export interface SlotsOptions {
  readonly self: Member
  /** Without, it is the only member there will ever be. */
  readonly uplink: object | undefined
  readonly clock: Clock
  readonly turns: Turns
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
  /** How long, after the start, those are waited for who held a slot before it. */
  readonly waitForHoldersMs: number
}

export class Slots {
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly standings: Standings
  readonly replicator: Replicator
  readonly departures: Departures
  readonly outstanding: Outstanding
  readonly settling: Settling
  readonly #awaited: Awaited
  readonly #mirroring: Mirroring
  readonly #hearsay: Hearsay
  readonly #options: SlotsOptions
  readonly #arrivals: Arrivals
  readonly #repair: Repair
  readonly #inbox: SlotInbox
  readonly #momentParts: MomentParts

  constructor(options: SlotsOptions) {
    const { self, uplink, clock, currency, memory } = options
    this.#options = options
    // Nobody else will ever ask what a copy is worth.
    const standings = new Standings(uplink ? options.storage.standings : { stand() {} })
    const awaited = new Awaited({ ...options, onOver: () => this.#arrivals.resume() })
    const holdings = new Holdings({
      self,
      clock,
      currency,
      standings,
      awaitedFor: (slot) => this.#arrivals.awaitedFor(slot),
      onWanted: (slot) => this.#arrivals.want(slot),
      onComplete: (slot) => this.#completed(slot),
    })
    this.settling = new Settling({ ...options, holdings })
    const doubts = new Doubts(self, clock)
    const lives = new Lives(self, { isLone: uplink === undefined })
    const replicator = new Replicator({
      ...options,
      doubts,
      standings,
      onMissed: (member) => this.#repair.wake(member),
    })
    const store = memory.slots
    const mirroring = new Mirroring({ ...options, store, standings })
    const hearsay = new Hearsay(standings)
    const known = { ...options, store, standings, mirroring, hearsay, awaited }
    const basis = { ...known, holdings, doubts, lives, replicator }
    const sender = new SlotSender(basis)
    this.#awaited = awaited
    this.#mirroring = mirroring
    this.#hearsay = hearsay
    this.standings = standings
    this.holdings = holdings
    this.doubts = doubts
    this.replicator = replicator
    this.#momentParts = basis
    this.departures = new Departures({ ...basis, sender, drop: (slots) => this.#drop(slots) })
    this.#arrivals = new Arrivals({ ...basis, departures: this.departures })
    this.outstanding = new Outstanding({ ...basis, arrivals: this.#arrivals })
    this.#repair = new Repair({ ...basis, sender })
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
    this.outstanding.start()
  }

  stop(): void {
    this.#repair.stop()
    this.outstanding.stop()
    this.departures.stop()
    this.#arrivals.stop()
    this.#awaited.stop()
  }

  /** Goes by a view from now on: what it holds, then what others may lack, then what has to move. */
  follow(placed: PlacedView, former: PlacedView | undefined): void {
    if (this.#options.uplink !== undefined) this.#options.storage.standings.goBy(placed.order)
    this.holdings.install(placed, former)
    this.replicator.claimUnderWay((slot) => !this.holdings.isOwn(slot))
    this.#hearsay.install(placed, former, this.holdings)
    this.#mirroring.install(this.holdings)
    this.#awaited.install(placed)
    this.doubts.install(placed, former)
    this.#momentParts.lives.install(placed, former)
    this.departures.install(placed)
    this.#arrivals.install(placed, forkOf(placed, former, this.#options.self) ? undefined : former)
    this.#repair.install(placed)
    this.settling.install(placed)
  }

  /** This member was away for longer than a lease: others may have taken over meanwhile, with uplink or without. */
  doubtAll(placed: PlacedView): void {
    this.holdings.doubtAll(placed)
    this.replicator.claimUnderWay(() => true)
    this.#arrivals.install(placed, placed)
  }

  /** What another member has to say of slots. */
  receive(request: SlotRequest): Promise<SlotResponse> {
    return this.#inbox.receive(request)
  }

  /** Merges what another holder has. @returns what has changed by that. */
  takeIn({ slot, id, entry }: SlotEntry): SlotEntry[] {
    const { stamps, clock, memory, keeper } = this.#options
    for (const stamp of timesOf(entry)) stamps.witness(stamp)
    this.#mirroring.note({ slot, id, entry })
    return memory.takeIn({ slot, id, entry }, clock.now(), (change) => keeper.note(change))
  }

  /** The budget has claimed an entry of which this is left: or another holder would bring back what is deleted since. */
  evicted(entry: SlotEntry & { readonly entry: Register }): void {
    if (!this.holdings.isOwn(entry.slot)) return
    this.replicator.tellSoon({ ...entry, entry: ended(entry.entry, this.#options.clock.now()) })
  }

  /** When, and by whom, a command on the slot is carried out. */
  moment(slot: number): SlotMoment {
    return new SlotMoment(slot, this.#momentParts)
  }

  /** The last view by which all was here that should be, as the disk knows it. */
  remember(last: LastView): void {
    if (this.#options.uplink === undefined) return
    this.#awaited.remember(last)
    this.settling.remember(last)
  }

  /** What the disk knows of a copy. */
  restore(standing: Standing): void {
    this.standings.restore(standing)
  }

  /** What came to an owner while it was not whole has gone to nobody else. */
  #completed(slot: number): void {
    this.#hearsay.forget(slot)
    const replicas = this.#options.views.placed?.replicasOf(slot) ?? []
    for (const { incarnation } of replicas) this.doubts.doubt(slot, incarnation)
    this.#repair.wakeSoon()
    this.settling.settleSoon()
  }

  #drop(slots: readonly number[]): Eventual<void> {
    for (const slot of slots) this.#hearsay.forget(slot)
    this.#options.storage.keeper.drop(slots)
    return this.#options.turns.take('letting go', this.#options.memory.upkeep.drop(slots))
  }
}
