/**
 * Whether a member is reached by those that are there. Pure: members tell with their renewals whom they do not reach, uplink
 * looks itself, and what most of them find counts.
 *
 * Of two that do not see each other nobody knows whose fault that is: so one alone is never most of them, and where
 * there are as many on either side the member stays. Uplink has one vote like everybody else, and none while it reaches
 * nobody: it may be where the members' addresses mean nothing.
 */
import { z } from 'zod'
import type { Outcome } from '../shared/probe.ts'
import { Member, Unreached } from '../shared/view.ts'

/** What a member has told with its last renewal. */
export const Report = z.object({
  /** Whose report it is. */
  incarnation: Member.shape.incarnation,
  unreached: z.array(Unreached),
  /** It has not all of the slots that it is to hold. */
  isLacking: z.boolean(),
})
export type Report = Readonly<z.infer<typeof Report>>

/** By the ids of the members; who has nothing to tell has none. */
export type Reports = ReadonlyMap<string, Report>

export interface Votes {
  readonly reached: number
  readonly unreached: number
}

/** One that alone does not reach a member may itself be the one that is cut off. */
const UNREACHED_MIN = 2

/** What those that are there say of one of them. */
export function votesOn(member: Member, there: readonly Member[], reports: Reports): Votes {
  const voters = there.filter(({ id }) => id !== member.id)
  const unreached = voters.filter((voter) => complaintOf(voter, member, reports) !== undefined).length
  return { reached: voters.length - unreached, unreached }
}

/** What comes instead of answers, where one of them does not reach another. */
export function complaintOf(voter: Member, member: Member, reports: Reports): string | undefined {
  const { unreached = [] } = reportOf(voter, reports) ?? {}
  return unreached.find(({ incarnation }) => incarnation === member.incarnation)?.reason
}

/** Whether it has not all of the slots that it is to hold. */
export function isLacking(member: Member, reports: Reports): boolean {
  return reportOf(member, reports)?.isLacking === true
}

function reportOf({ id, incarnation }: Member, reports: Reports): Report | undefined {
  const report = reports.get(id)
  return report?.incarnation === incarnation ? report : undefined
}

export function withVote({ reached, unreached }: Votes, isReached: boolean): Votes {
  return isReached ? { reached: reached + 1, unreached } : { reached, unreached: unreached + 1 }
}

/** Whether a member has to go, as most of those that are there do not reach it. */
export function isOutOfReach({ reached, unreached }: Votes): boolean {
  return unreached >= UNREACHED_MIN && unreached > reached
}

/** What came of the looks at one that wants to become a member. */
export interface Looks {
  readonly own: Outcome
  /** Whether this uplink has reached anybody of late. */
  readonly canJudge: boolean
  /** Of the members that were asked and have said something. */
  readonly others: readonly Outcome[]
}

/** Whether one that wants to become a member is let in: where nobody can tell, it is. */
export function isLetIn({ own, canJudge, others }: Looks): boolean {
  const reached = others.filter((outcome) => outcome === 'here').length
  const votes = { reached, unreached: others.length - reached }
  const isCounted = own === 'here' || canJudge || others.length > 0
  const all = isCounted ? withVote(votes, own === 'here') : votes
  return all.reached >= all.unreached
}
