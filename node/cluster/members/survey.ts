/**
 * Looks after the others when no uplink does: once none has answered for a lease, members judge for themselves who is
 * there, so that replicas take over from the dead, and both halves of a cluster that was cut in two serve.
 *
 * What one member finds is its own; two that differ for a moment refuse each other, and what each takes in is merged.
 * Once an uplink has answered for a lease, its view alone counts again.
 */
import type { Clock, Timer } from '../../../shared/clock.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Log } from '../../../shared/log.ts'
import type { Member } from '../../../shared/view.ts'
import {
  AnotherLifeError,
  isAbsent,
  isRefusing,
  isUnnamed,
  noteRoll,
  type RollCall,
  rollCallOf,
} from '../peers/peers.ts'
import type { CurrentView } from './current-view.ts'
import type { MemberPeers } from './member-peers.ts'
import type { Membership } from './membership.ts'
import { type Absence, ALL_THERE } from './placed-view.ts'

const LOOK_MS = 250
/** A look that comes so late says nothing of the others: this process stood still. */
const LATE_MS = 1000
/** Members are asked so often in a lease, and less often where they are many. */
const QUESTIONS_A_LEASE = 6
const QUESTION_EACH_MS = 5

export interface SurveyOptions {
  readonly self: Member
  readonly clock: Clock
  readonly log: Log
  readonly membership: Pick<Membership, 'placed' | 'leaseMs' | 'silence'>
  readonly current: Pick<CurrentView, 'miss'>
  readonly peers: MemberPeers
}

export class Survey {
  readonly #options: SurveyOptions
  #absent: ReadonlySet<string> = new Set()
  #lookedAtMs = -Infinity
  #timer: Timer | undefined

  constructor(options: SurveyOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #look(): void {
    const { clock, membership } = this.#options
    const nowMs = clock.now()
    if (nowMs - this.#lookedAtMs > LATE_MS) this.#beginAnew()
    this.#lookedAtMs = nowMs
    if (!this.#isNeeded()) {
      this.#beginAnew()
      this.#tell(ALL_THERE)
      return
    }
    const others = this.#others()
    const pauseMs = Math.max(membership.leaseMs / QUESTIONS_A_LEASE, others.length * QUESTION_EACH_MS)
    for (const other of others) {
      const roll = this.#rollOf(other)
      if (nowMs - roll.askedAtMs >= pauseMs) void this.#ask(other, roll, pauseMs)
    }
    if (!this.#isAlone()) return
    const patienceMs = Math.max(membership.leaseMs, 3 * pauseMs)
    const absent = others.filter((other) => isAbsent(this.#rollOf(other), nowMs, patienceMs))
    const silent = absent.filter((other) => !isRefusing(this.#rollOf(other)))
    this.#tell({ absent: livesOf(absent), silent: livesOf(silent) })
  }

  /** It asks earlier than it judges, to know by then. */
  #isNeeded(): boolean {
    const { leaseMs, silence, placed } = this.#options.membership
    const isBack = this.#absent.size === 0 || silence.answeringMs > leaseMs
    return placed !== undefined && leaseMs !== Infinity && (silence.silentMs > leaseMs / 2 || !isBack)
  }

  #isAlone(): boolean {
    const { leaseMs, silence } = this.#options.membership
    return silence.silentMs > leaseMs || this.#absent.size > 0
  }

  #others(): Member[] {
    const { self, membership } = this.#options
    return (membership.placed?.view.members ?? []).filter(
      ({ incarnation }) => incarnation !== self.incarnation,
    )
  }

  #rollOf(member: Member): RollCall {
    const { clock, peers } = this.#options
    const wasAbsent = this.#absent.has(member.incarnation)
    return rollCallOf(peers.of(member).contact, clock.now(), { wasAbsent })
  }

  #beginAnew(): void {
    for (const { contact } of this.#options.peers) contact.roll = undefined
  }

  async #ask(other: Member, roll: RollCall, timeoutMs: number): Promise<void> {
    const { clock, peers } = this.#options
    roll.askedAtMs = clock.now()
    try {
      await peers.of(other).ping(timeoutMs)
      noteRoll(roll, 'here', clock.now())
    } catch (error) {
      noteRoll(roll, isGone(error) ? 'refused' : 'silent', clock.now())
    }
  }

  #tell(absence: Absence): void {
    const { current, log } = this.#options
    const [absent, silent] = [[...absence.absent], [...absence.silent]]
    this.#absent = absence.absent
    if (current.miss(absence)) log.warn({ absent, silent }, 'no uplink answers; going by who is there')
  }
}

/** Nobody listens there, or its next life does. Where another member answers, it may be anywhere. */
function isGone(error: unknown): boolean {
  if (error instanceof AnotherLifeError) return error.isNext
  return error instanceof LarderError && error.code === 'REFUSED' && !isUnnamed(error.cause)
}

function livesOf(members: readonly Member[]): Set<string> {
  return new Set(members.map(({ incarnation }) => incarnation))
}
