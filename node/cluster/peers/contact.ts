/**
 * What is known of another member: whether it answers, whether it is understood, and what it has said of itself. There is one
 * record for each life of a member, and it goes with its peer. What is seen of the member is noted here, and what follows
 * from that at a given time is decided here.
 *
 * Every question has a judgement of its own, since they are about different things: a member that takes no changes may
 * still answer, and one that gives nothing for a second may be busy rather than gone.
 */
import type { Introduction } from '../wire/calls.ts'

/** Questions in a row that nobody took, after which nobody listens there. */
const REFUSALS_MAX = 2
/** Who gives nothing of what was asked for in so long is not waited for. */
const GIVING_PAUSE_MAX_MS = 1000
/** Of what is tried all the time one may be lost. */
const FAILURES_MIN = 2

export interface Contact {
  /** When it last answered, whatever it was asked. */
  heardAtMs: number
  /** Since when it answers, or does not. */
  sinceMs: number
  /** What came instead of answers since then, in words; absent while it answers. */
  failure: Failure | undefined
  /** What it has said of itself when the two met. */
  met: Pick<Introduction, 'version' | 'formats'> | undefined
  /** What one of the two does not understand of the other; absent while they do. */
  misunderstood: { readonly reason: string; readonly sinceMs: number } | undefined
  /** How far its wall clock is ahead of the one here, negative where it is behind; absent as long as nobody knows. */
  aheadMs: number | undefined
  /** When it last gave a part of a slot. */
  gaveAtMs: number
  /** It took no changes in time: nobody waits for it until it has answered. */
  isPassedOver: boolean
  /** What came of asking whether it is there, while no uplink says so; absent while nobody asks. */
  roll: RollCall | undefined
}

export interface Failure {
  readonly reason: string
  readonly lastAtMs: number
  /** How many in a row. */
  readonly count: number
}

/** Of one member, for as long as members look after each other. */
export interface RollCall {
  askedAtMs: number
  answeredAtMs: number
  /** Questions in a row that nobody took. */
  refusals: number
}

export function newContact(): Contact {
  return {
    heardAtMs: -Infinity,
    sinceMs: -Infinity,
    failure: undefined,
    met: undefined,
    misunderstood: undefined,
    aheadMs: undefined,
    gaveAtMs: -Infinity,
    isPassedOver: false,
    roll: undefined,
  }
}

/** It has done as it was asked. */
export function heard(contact: Contact, nowMs: number): void {
  answered(contact, nowMs)
  contact.misunderstood = undefined
}

/** It is there, and the two do not understand each other. */
export function misheard(contact: Contact, nowMs: number, reason: string): void {
  answered(contact, nowMs)
  contact.misunderstood = { reason, sinceMs: contact.misunderstood?.sinceMs ?? nowMs }
}

/** It is there, whatever it says. */
export function answered(contact: Contact, nowMs: number): void {
  if (contact.failure !== undefined || contact.heardAtMs === -Infinity) contact.sinceMs = nowMs
  contact.failure = undefined
  contact.heardAtMs = nowMs
}

/** It has not answered, or another life did. */
export function failed(contact: Contact, nowMs: number, reason: string): void {
  if (contact.failure === undefined) contact.sinceMs = nowMs
  contact.failure = { reason, lastAtMs: nowMs, count: (contact.failure?.count ?? 0) + 1 }
}

/** Whether it has failed to answer for so long, and not just once. */
export function isUnreached({ failure, sinceMs }: Contact, patienceMs: number): boolean {
  return failure !== undefined && failure.count >= FAILURES_MIN && failure.lastAtMs - sinceMs >= patienceMs
}

/** It has given a part of a slot. */
export function gave(contact: Contact, nowMs: number): void {
  contact.gaveAtMs = nowMs
}

/** The roll call of a member, begun at this time where there was none. Who was absent before has not answered yet. */
export function rollCallOf(contact: Contact, nowMs: number, { wasAbsent }: { wasAbsent: boolean }): RollCall {
  contact.roll ??= { askedAtMs: -Infinity, answeredAtMs: wasAbsent ? -Infinity : nowMs, refusals: 0 }
  return contact.roll
}

/** What came of asking whether it is there. */
export function noteRoll(roll: RollCall, outcome: 'here' | 'refused' | 'silent', nowMs: number): void {
  if (outcome === 'here') roll.answeredAtMs = nowMs
  roll.refusals = outcome === 'refused' ? roll.refusals + 1 : 0
}

/** Whether nobody listens there: it is gone, and not merely out of reach. */
export function isRefusing({ refusals }: RollCall): boolean {
  return refusals >= REFUSALS_MAX
}

/** Whether it has to be taken for gone: nobody listens there, or it has said nothing for longer than that. */
export function isAbsent(roll: RollCall, nowMs: number, patienceMs: number): boolean {
  return isRefusing(roll) || nowMs - roll.answeredAtMs > patienceMs
}

/** Whether a member that was asked at some time for slots has stopped giving. */
export function hasStoppedGiving({ gaveAtMs }: Contact, askedAtMs: number, nowMs: number): boolean {
  return nowMs - Math.max(askedAtMs, gaveAtMs) > GIVING_PAUSE_MAX_MS
}
