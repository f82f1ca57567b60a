/** What is known of other members, as it is shown: in the cluster as a member sees it, and on uplink's page. */
import type { Clock } from '../../../shared/clock.ts'
import type { Member, PeerRecord } from '../../../shared/view.ts'
import type { Contact } from './contact.ts'

export interface Known {
  readonly member: Member
  readonly contact: Contact
}

/** What their clocks differ by without that being said. */
const IN_STEP_MS = 1000

/** Times are told by the wall clock of this member. */
export function recordOf({ member, contact }: Known, clock: Pick<Clock, 'now' | 'wall'>): PeerRecord {
  const { id, incarnation, version: told } = member
  const { heardAtMs, sinceMs, failure, met, misunderstood, aheadMs } = contact
  const isReachable = failure === undefined && heardAtMs !== -Infinity
  const version = met?.version ?? told
  const formats = met?.formats
  return {
    id,
    incarnation,
    reachable: isReachable,
    ...(sinceMs !== -Infinity && { since: timeOf(sinceMs, clock) }),
    ...(heardAtMs !== -Infinity && { last_seen: timeOf(heardAtMs, clock) }),
    understood: misunderstood === undefined,
    ...(version !== undefined && { version }),
    ...(formats !== undefined && { formats: [...formats] }),
    ...(aheadMs !== undefined && { clock_ahead_seconds: Math.round(aheadMs) / 1000 }),
    reason: reasonOf(contact),
  }
}

/** Those first of whom there is something to say. */
export function recordsOf(known: Iterable<Known>, clock: Pick<Clock, 'now' | 'wall'>): PeerRecord[] {
  const rank = ({ reachable, understood }: PeerRecord) => (reachable && understood ? 1 : 0)
  return [...known].map((one) => recordOf(one, clock)).sort((one, other) => rank(one) - rank(other))
}

function reasonOf({ heardAtMs, failure, misunderstood, aheadMs = 0 }: Contact): string {
  if (failure !== undefined) return failure.reason
  if (misunderstood !== undefined) return `it is not understood: ${misunderstood.reason}`
  if (heardAtMs === -Infinity) return 'it has not been spoken to yet'
  if (Math.abs(aheadMs) > IN_STEP_MS) return 'it answers, and its clock is out of step'
  return 'it answers'
}

function timeOf(atMs: number, clock: Pick<Clock, 'now' | 'wall'>): string {
  return new Date(clock.wall() - (clock.now() - atMs)).toISOString()
}
