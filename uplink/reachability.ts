/**
 * Whom most of those that are there do not reach, and for how long that has been so, as this uplink sees it.
 *
 *     nobody complains ─▶ some do: all others are asked to look, and uplink does ─▶ most do, for a lease ─▶ left out
 *            ▲──────────────────────────┴── most reach it ◀──────────────────────────────┘
 *
 * One is left out at a time, and the next one not before a lease later, and not while any of those that stay lacks slots:
 * who is cut off from most may be the only one who has them. Data and the time in, verdict out.
 */
import { type Member, UNREACHED_MAX } from '../shared/view.ts'
import type { Registry } from './registry.ts'
import { complaintOf, isLacking, isOutOfReach, type Reports, votesOn, withVote } from './votes.ts'

/** What there is to weigh. */
export interface Evidence {
  readonly registry: Registry
  /** The members that have renewed within a lease. */
  readonly there: readonly Member[]
  readonly reports: Reports
  readonly nowMs: number
}

export interface Verdict {
  /** At these uplink has to look, before it can be said. */
  readonly unseen: readonly Member[]
  readonly leftOut: { readonly member: Member; readonly reason: string } | undefined
}

/** What uplink has found itself; nothing where it reaches nobody. */
interface OwnLook {
  readonly isReached: boolean | undefined
  readonly atMs: number
}

/** For this part of a lease what uplink has seen itself is news. */
const FRESH_PART = 1 / 3

export class Reachability {
  readonly #leaseMs: number
  #suspects: readonly Member[] = []
  /** Since when most do not reach them, by incarnation. */
  #sinceMs: ReadonlyMap<string, number> = new Map()
  readonly #looks = new Map<string, OwnLook>()
  #leftOutAtMs = -Infinity

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs
  }

  /** The lives that somebody does not reach: whoever renews is asked to look at them. */
  get suspects(): string[] {
    return this.#suspects.slice(0, UNREACHED_MAX).map(({ incarnation }) => incarnation)
  }

  /** What came of uplink's own look. */
  note({ incarnation }: Member, look: OwnLook): void {
    this.#looks.set(incarnation, look)
  }

  weigh(evidence: Evidence): Verdict {
    const { there, reports, registry, nowMs } = evidence
    const staying = registry.members.filter(({ leaving }) => !leaving)
    this.#suspects = staying.filter((member) => votesOn(member, there, reports).unreached > 0)
    this.#forgetOthers()
    const unseen: Member[] = []
    const out = this.#suspects.filter((member) => {
      const votes = votesOn(member, there, reports)
      if (!isOutOfReach(withVote(votes, false))) return false
      const own = this.#looks.get(member.incarnation)
      if (own === undefined || nowMs - own.atMs >= this.#leaseMs * FRESH_PART) unseen.push(member)
      if (own === undefined) return false
      return isOutOfReach(own.isReached === undefined ? votes : withVote(votes, own.isReached))
    })
    this.#sinceMs = new Map(
      out.map(({ incarnation }) => [incarnation, this.#sinceMs.get(incarnation) ?? nowMs]),
    )
    return { unseen, leftOut: this.#choose(out, evidence) }
  }

  /** The one that has been out of reach for longest, if it is time. */
  #choose(out: readonly Member[], { there, reports, nowMs }: Evidence): Verdict['leftOut'] {
    const sinceMs = ({ incarnation }: Member) => this.#sinceMs.get(incarnation) ?? nowMs
    const [member] = out.toSorted((one, other) => sinceMs(one) - sinceMs(other))
    if (member === undefined || nowMs - sinceMs(member) < this.#leaseMs) return undefined
    if (nowMs - this.#leftOutAtMs < this.#leaseMs) return undefined
    const others = there.filter(({ id }) => id !== member.id)
    if (others.some((other) => isLacking(other, reports))) return undefined
    this.#leftOutAtMs = nowMs
    return { member, reason: reasonOf(member, others, reports) }
  }

  #forgetOthers(): void {
    const known = new Set(this.#suspects.map(({ incarnation }) => incarnation))
    for (const incarnation of this.#looks.keys()) if (!known.has(incarnation)) this.#looks.delete(incarnation)
  }
}

/** How many are named; the others are counted. */
const NAMED_MAX = 5

function reasonOf(member: Member, others: readonly Member[], reports: Reports): string {
  const complaints = others.flatMap((voter) => {
    const complaint = complaintOf(voter, member, reports)
    return complaint === undefined ? [] : [`${voter.id} says: ${complaint}`]
  })
  const more = complaints.length > NAMED_MAX ? `; and ${complaints.length - NAMED_MAX} more` : ''
  const count = `${complaints.length} of ${others.length} others do not reach it at ${member.url}`
  return `${count}: ${complaints.slice(0, NAMED_MAX).join('; ')}${more}`
}
