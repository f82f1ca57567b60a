/**
 * Which slots this member holds, as what, and whether all of each is here.
 *
 * A copy is complete when it has everything that was acknowledged. An owner that has no complete copy is waited for; a
 * replica learns from the owner when its copy is complete. What a copy is worth that has fallen behind, or whose slot is
 * held elsewhere, its standing says: until it is let go it may be all that is left.
 */
import { type Clock, inTime } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { Member } from '../../../shared/view.ts'
import { wrongOwner } from '../../engine.ts'
import { originOf } from '../../entries/stamp.ts'
import type { Currency, PlacedView, Role } from '../members/members.ts'
import { asOfFork, forkOf } from './fork.ts'
import type { Standings } from './standings.ts'

export interface HoldingsOptions {
  readonly self: Member
  readonly clock: Clock
  readonly currency: Currency
  readonly standings: Standings
  /** For whom a slot waits, if it does not go on without them. */
  awaitedFor(slot: number): readonly string[]
  /** Called when a command waits for the slot. */
  onWanted(slot: number): void
  /** Called when a copy has become complete. */
  onComplete(slot: number): void
}

export class Holdings {
  readonly #options: HoldingsOptions
  /** Slots of which all is here but for what their former owner, which is leaving, may have taken in last. */
  #promoted = new Map<number, Member>()
  /** Slots that it owned while others were taken for absent, until their owner has compared them. */
  readonly #uncompared = new Set<number>()
  /** How often each slot has begun anew, as nobody had it. */
  readonly #beginnings = new Map<number, number>()
  #roles: readonly Role[] = new Array<Role>(SLOTS).fill('none')
  #waiting = new Map<number, PromiseWithResolvers<void>>()
  /** Others are taken for absent, or were until now. */
  #isApart = false
  /** Where something was missing when it was looked for last: it is looked for after each part that arrives. */
  #hole = 0

  constructor(options: HoldingsOptions) {
    this.#options = options
  }

  install(placed: PlacedView, former: PlacedView | undefined): void {
    const { self, standings } = this.#options
    const roles = placed.rolesOf(self)
    const since = placed.find(self)?.since ?? 0
    // Whoever was no member for a while, or has missed views, has missed writes.
    const wasAway = former !== undefined && since > former.epoch
    const forked = forkOf(placed, former, self)
    if (forked !== undefined) standings.lapseBefore(forked)
    const hasMissed =
      former !== undefined && placed.epoch > former.epoch + 1 && !hasSameMembers(placed, former)
    for (let slot = 0; slot < SLOTS && former !== undefined; slot++) {
      const [was, now] = [this.#roles[slot], roles[slot]]
      if (forked !== undefined) {
        standings.fallBehind(slot, asOfFork(forked))
        this.#promoted.delete(slot)
      } else if (wasAway || now === 'none' || (now === 'owner' && hasMissed)) {
        standings.fallBehind(slot, former.order)
        this.#promoted.delete(slot)
      } else if (was === 'replica' && now === 'owner') this.#promote(slot, former)
      if (was === 'owner' && now === 'replica' && former.hasAbsent) this.#uncompared.add(slot)
    }
    this.#roles = roles
    this.#isApart = placed.hasAbsent || former?.hasAbsent === true
    for (const [slot, owner] of this.#promoted) {
      if (roles[slot] !== 'owner') this.#promoted.delete(slot)
      else if (placed.find(owner) === undefined) this.complete(slot)
    }
    for (const [slot, { reject }] of this.#waiting) if (roles[slot] !== 'owner') reject(wrongOwner())
  }

  roleOf(slot: number): Role {
    return this.#roles[slot] ?? 'none'
  }

  owns(slot: number): boolean {
    return this.#roles[slot] === 'owner'
  }

  isComplete(slot: number): boolean {
    return this.#options.standings.isWhole(slot)
  }

  /** Whether commands on the slot are carried out here; of one that has begun. */
  isOwn(slot: number): boolean {
    return this.#roles[slot] === 'owner' && this.isComplete(slot)
  }

  /** Whether it was here before the last change of members too, and nobody can have gone on with it elsewhere. */
  hasMissedNothing(slot: number): boolean {
    return !this.#isApart && this.isOwn(slot)
  }

  /** The same of one that is about to begin. */
  isHere(slot: number): boolean {
    return this.isOwn(slot) && this.#options.currency.isCurrent
  }

  /** Of a slot that is missing: the one member that may have what is not here. */
  formerOwnerOf(slot: number): Member | undefined {
    return this.#promoted.get(slot)
  }

  /** Nobody had all of it: what is counted from now on must not be taken for what was counted before. */
  beginAnew(slot: number): void {
    this.#beginnings.set(slot, (this.#beginnings.get(slot) ?? 0) + 1)
    this.complete(slot)
  }

  /** By which counters tell what this life of this member has counted in this slot. */
  originOf(slot: number): string {
    return originOf(this.#options.self.incarnation, this.#beginnings.get(slot) ?? 0)
  }

  /** From now on this copy is complete. */
  complete(slot: number): void {
    this.#promoted.delete(slot)
    this.#uncompared.delete(slot)
    if (this.isComplete(slot)) return
    this.#options.standings.complete(slot)
    this.#waiting.get(slot)?.resolve()
    this.#options.onComplete(slot)
  }

  /** Others may have written meanwhile, to whatever it is. */
  doubtAll({ order }: PlacedView): void {
    this.#promoted.clear()
    for (let slot = 0; slot < SLOTS; slot++) this.#options.standings.fallBehind(slot, order)
  }

  /** Whether all is here that should be. */
  get isWhole(): boolean {
    for (let looked = 0; looked < SLOTS; looked++) {
      if (this.#isHole(this.#hole)) return false
      this.#hole = (this.#hole + 1) % SLOTS
    }
    return true
  }

  /** Slots that it owns and has not all of. */
  get missing(): number[] {
    return this.#slots((slot) => this.#roles[slot] === 'owner' && !this.isComplete(slot))
  }

  /** Slots that it is a replica of, and may not have all of, or more than the owner. */
  get lacking(): number[] {
    const isLacking = (slot: number) => !this.isComplete(slot) || this.#uncompared.has(slot)
    return this.#slots((slot) => this.#roles[slot] === 'replica' && isLacking(slot))
  }

  get counts(): { owned: number; replicated: number; arriving: number } {
    const count = (isMeant: (slot: number) => boolean) => this.#slots(isMeant).length
    return {
      owned: count((slot) => this.#roles[slot] === 'owner'),
      replicated: count((slot) => this.#roles[slot] === 'replica'),
      arriving: count((slot) => this.#isHole(slot)),
    }
  }

  /** Resolves once the slot is here. @throws LarderError WRONG_OWNER, or NOT_READY at the deadline. */
  async arrival(slot: number, deadlineAtMs: number): Promise<void> {
    const { clock, currency, awaitedFor, onWanted } = this.#options
    if (!currency.isCurrent) await currency.catchUp(deadlineAtMs)
    if (this.#roles[slot] !== 'owner') throw wrongOwner()
    if (this.isOwn(slot)) return
    const awaited = awaitedFor(slot)
    if (awaited.length > 0)
      throw new LarderError(
        'NOT_READY',
        `The slot of this key waits for ${awaited.join(', ')}, where it was last.`,
      )
    const waiting = this.#waiting.get(slot) ?? this.#wait(slot)
    onWanted(slot)
    const late = new LarderError('NOT_READY', 'The slot of this key is still arriving; nothing was applied.')
    await inTime(waiting.promise, { clock, timeoutMs: Math.max(0, deadlineAtMs - clock.now()), late })
  }

  /** Resolves once all slots that it owns are here. @throws LarderError NOT_READY at the deadline. */
  async arrivals(deadlineAtMs: number): Promise<void> {
    const { currency } = this.#options
    if (!currency.isCurrent) await currency.catchUp(deadlineAtMs)
    for (const slot of this.missing) {
      if (this.#roles[slot] === 'owner') await this.arrival(slot, deadlineAtMs)
    }
  }

  #isHole(slot: number): boolean {
    return this.#roles[slot] !== 'none' && !this.isComplete(slot)
  }

  #promote(slot: number, former: PlacedView): void {
    const owner = former.ownerOf(slot)
    if (owner === undefined || !this.isComplete(slot)) return
    this.#options.standings.fallBehind(slot, former.order)
    this.#promoted.set(slot, owner)
  }

  #wait(slot: number): PromiseWithResolvers<void> {
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(slot, waiting)
    waiting.promise.catch(() => {}).finally(() => this.#waiting.delete(slot))
    return waiting
  }

  #slots(isMeant: (slot: number) => boolean): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < SLOTS; slot++) if (isMeant(slot)) slots.push(slot)
    return slots
  }
}

function hasSameMembers(one: PlacedView, other: PlacedView): boolean {
  const lives = (members: readonly Member[]) =>
    members.map(({ id, incarnation, leaving }) => [id, incarnation, leaving])
  return JSON.stringify(lives(one.members)) === JSON.stringify(lives(other.members))
}
