/**
 * Whether another member answers: what was seen of it, and what follows from that at a given time. There is one record
 * for each life of a member, and it goes with its peer.
 *
 * Every question has a judgement of its own, since they are about different things: a member that takes no changes may
 * still answer, and one that gives nothing for a second may be busy rather than gone.
 */

/** Questions in a row that nobody took, after which nobody listens there. */
const REFUSALS_MAX = 2
/** Who gives nothing of what was asked for in so long is not waited for. */
const GIVING_PAUSE_MAX_MS = 1000

export interface Contact {
  /** When it last gave a part of a slot. */
  gaveAtMs: number
  /** It took no changes in time: nobody waits for it until it has answered. */
  isPassedOver: boolean
  /** What came of asking whether it is there; absent while nobody asks. */
  roll: RollCall | undefined
}

/** Of one member, for as long as members look after each other. */
export interface RollCall {
  askedAtMs: number
  answeredAtMs: number
  /** Questions in a row that nobody took. */
  refusals: number
}

export function newContact(): Contact {
  return { gaveAtMs: -Infinity, isPassedOver: false, roll: undefined }
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
