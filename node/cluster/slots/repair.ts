/**
 * Sees to it that the replicas of what this member owns are whole: those that are new, those that have missed
 * something, and now and then all of them.
 *
 * A check travels in the stream of changes, so that both sides compare the same moment. Where they differ, a replica that
 * may be old becomes a mirror of this copy, after it has given what only it may have: it may have been an owner in a half
 * of the cluster that was cut off. Of two that had all by their own account each gives the other what it has.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Log } from '../../../shared/log.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { Turns } from '../../../shared/turns.ts'
import type { Member } from '../../../shared/view.ts'
import type { PlacedView } from '../members/members.ts'
import type { ClusterMetrics } from '../metrics.ts'
import type { Check, Mirrored, SlotAnswer, SlotDigest } from '../wire/calls.ts'
import type { Doubts } from './doubts.ts'
import type { Holdings } from './holdings.ts'
import type { Mirroring } from './mirroring.ts'
import type { Replicator } from './replicator.ts'
import { Rounds } from './rounds.ts'
import type { SlotSender, SlotStore } from './sender.ts'
import type { SlotPeers } from './slot-peers.ts'
import type { Standings } from './standings.ts'

const CHECKED_SLOTS = 512
/** Slots that differ are mended so many at a time. */
const MENDED_SLOTS = 256
const CHECK_MAX_MS = 2000
const MEND_MAX_MS = 60_000
/** What differs though it was given is given anew ever more seldom. */
const STUBBORN_PAUSE_MAX_MS = 60_000
/** All slots are compared once in so long, some each second. */
const ROUND_SECONDS = 60
const SLOTS_A_SECOND = Math.ceil(SLOTS / ROUND_SECONDS)

export interface RepairOptions {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly metrics: ClusterMetrics
  readonly holdings: Holdings
  readonly doubts: Doubts
  readonly standings: Standings
  readonly mirroring: Pick<Mirroring, 'newName'>
  readonly replicator: Replicator
  readonly sender: SlotSender
  readonly store: SlotStore
  readonly memory: { readonly isFull: boolean }
  readonly peers: SlotPeers
}

export class Repair {
  readonly #options: RepairOptions
  readonly #rounds: Rounds
  #placed: PlacedView | undefined
  #next = 0
  #isWoken = false
  #timer: Timer | undefined

  constructor(options: RepairOptions) {
    this.#options = options
    this.#rounds = new Rounds({
      clock: options.clock,
      batchMax: CHECKED_SLOTS,
      pauseMaxMs: STUBBORN_PAUSE_MAX_MS,
      due: (member) => this.#due(member),
      act: (member, slots) => this.#mendAll(member, slots),
    })
  }

  start(): void {
    this.#timer = this.#options.clock.every(1000, () => this.#checkSome())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#rounds.stop()
  }

  install(placed: PlacedView): void {
    this.#placed = placed
    this.#options.sender.setAside.retain(placed.view.members)
    this.#wakeAll()
    this.#tellOwners()
  }

  /** After this turn: many slots become complete at once. */
  wakeSoon(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    queueMicrotask(() => {
      this.#isWoken = false
      this.#wakeAll()
    })
  }

  #wakeAll(): void {
    for (const incarnation of this.#options.doubts.incarnations) {
      const member = this.#placed?.find({ incarnation })
      if (member !== undefined) this.wake(member)
    }
  }

  /** There may be something to mend there. */
  wake(member: Member): void {
    this.#rounds.wake(member)
  }

  /** What the member may lack, and can be given. */
  #due(member: Member): number[] {
    const { doubts, holdings } = this.#options
    if (this.#placed?.find(member) === undefined) return []
    return [...doubts.doubtsOf(member.incarnation).keys()].filter((slot) => holdings.isOwn(slot))
  }

  async #mendAll(member: Member, slots: readonly number[]): Promise<void> {
    const { replicator } = this.#options
    if (replicator.isPassedOver(member)) {
      await this.#check(member, [], { isStrict: false })
      replicator.resume(member) // Before anything is compared: what changes from now on is in the stream.
    }
    const differing = await this.#check(member, slots, { isStrict: true })
    for (let start = 0; start < differing.length; start += MENDED_SLOTS)
      await this.#mend(member, differing.slice(start, start + MENDED_SLOTS))
  }

  async #mend(member: Member, slots: readonly number[]): Promise<void> {
    const { turns, store, standings, mirroring, sender, doubts, metrics, peers } = this.#options
    const { incarnation } = member
    await turns.take('digests', store.digest(slots))
    const rows = slots.map(
      (slot): Mirrored => [
        slot,
        store.digestOf(slot),
        standings.of(slot).lapses,
        doubts.hasMissed(slot, incarnation),
      ],
    )
    const peer = peers.of(member)
    const mirror = mirroring.newName()
    const answers = await peer.ask({ type: 'mirror', slots: rows, mirror }, MEND_MAX_MS)
    const having = (answer: SlotAnswer) => slots.filter((_, index) => answers[index] === answer)
    const mirrored = having('mirror')
    // By the former format it is not asked, and tells what its copy is worth.
    const merged = slots.filter(
      (_, index) => answers[index] === 'merge' || typeof answers[index] === 'object',
    )
    await sender.send(merged, member, { isUrgent: false })
    await sender.send(mirrored, member, { isUrgent: false, mirror })
    if (mirrored.length > 0) await peer.ask({ type: 'mirrored', slots: mirrored, mirror }, MEND_MAX_MS)
    metrics.mendedSlots.inc({ peer: member.id }, slots.length)
    await this.#check(member, slots, { isStrict: false })
  }

  /** Compares, and confirms what is the same; the result is what is not. */
  async #check(member: Member, slots: readonly number[], how: Pick<Check, 'isStrict'>): Promise<number[]> {
    const { doubts, standings } = this.#options
    const asOf = doubts.count
    const answers = await this.#compare(member, slots, how)
    for (const [index, slot] of slots.entries()) {
      if (answers[index] !== 'same') continue
      doubts.confirm(slot, member.incarnation, asOf)
      if (doubts.isSafe(slot) && this.#placed?.hasAbsent === false) standings.share(slot)
    }
    return slots.filter((_, index) => answers[index] === 'differs')
  }

  async #compare(
    member: Member,
    slots: readonly number[],
    { isStrict }: Pick<Check, 'isStrict'>,
  ): Promise<readonly (SlotAnswer | undefined)[]> {
    const { clock, turns, store, memory, peers, replicator } = this.#options
    await turns.take('digests', store.digest(slots))
    // Of what is large the others learn beside the stream: until then there is nothing to be compared.
    const compared = slots.filter((slot) => !replicator.isTelling(member, slot))
    const checks = compared.map((slot): SlotDigest => [slot, store.digestOf(slot)])
    const answers = await peers
      .of(member)
      .stream({ checks, isFull: memory.isFull, isStrict }, clock.now() + CHECK_MAX_MS)
    const bySlot = new Map(compared.map((slot, index) => [slot, answers[index]]))
    return slots.map((slot) => bySlot.get(slot))
  }

  /** Looks through a part of the slots for what nobody knows to be missing. */
  #checkSome(): void {
    const { holdings, doubts, replicator } = this.#options
    const byMember = new Map<Member, number[]>()
    for (let count = 0; count < SLOTS_A_SECOND; count++) {
      this.#next = (this.#next + 1) % SLOTS
      if (!holdings.isOwn(this.#next)) continue
      for (const member of this.#placed?.replicasOf(this.#next) ?? []) {
        if (replicator.isPassedOver(member) || doubts.doubtsOf(member.incarnation).has(this.#next)) continue
        byMember.set(member, [...(byMember.get(member) ?? []), this.#next])
      }
    }
    for (const [member, slots] of byMember) void this.#recheck(member, slots)
    this.#wakeAll()
    this.#tellOwners()
  }

  /** What this member is a replica of, and may lack something of, its owner is to compare. */
  #tellOwners(): void {
    const { holdings, peers } = this.#options
    const byOwner = Map.groupBy(holdings.lacking, (slot) => this.#placed?.ownerOf(slot))
    for (const [owner, slots] of byOwner) {
      if (owner !== undefined)
        peers
          .of(owner)
          .ask({ type: 'lack', slots }, CHECK_MAX_MS)
          .catch(() => {})
    }
  }

  async #recheck(member: Member, slots: readonly number[]): Promise<void> {
    const { doubts, log } = this.#options
    const none: readonly (SlotAnswer | undefined)[] = []
    const answers = await this.#compare(member, slots, { isStrict: false }).catch(() => none)
    const differing = slots.filter((_, index) => answers[index] === 'differs')
    if (differing.length === 0) return
    log.warn({ peer: member.id, slots: differing.length }, 'a replica differs; it is being mended')
    for (const slot of differing) doubts.doubt(slot, member.incarnation)
    this.wake(member)
  }
}
