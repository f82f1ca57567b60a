/** What this member tells of itself, and the cluster as it sees it, for those who look at a page. */
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import { readMeasures } from '../../shared/measures.ts'
import type { ClusterStatus, Journal, Statuses } from '../../shared/page/page.ts'
import type { AgentOf } from '../../shared/tls.ts'
import type { Member, MemberStatus } from '../../shared/view.ts'
import type { Members, PlacedView } from './members/members.ts'
import { type Peers, recordsOf } from './peers/peers.ts'
import type { Slots } from './slots/slots.ts'

/** Of so many others does it speak. */
const SHOWN_MAX = 32

export interface StatusOptions {
  readonly self: Member
  readonly clock: Clock
  readonly registry: Registry
  readonly members: Members
  readonly peers: Peers
  readonly slots: Slots
  readonly memory: { readonly counts: MemberStatus['entries'] & { readonly bytes: number } }
  readonly agentOf?: AgentOf | undefined
  /** How many requests it has answered. */
  requests(): number
}

export async function statusOf(options: StatusOptions): Promise<MemberStatus> {
  const { self, clock, registry, members, peers, slots, memory, requests } = options
  const { values, responses, counters, limits, contents, records, tombstones, bytes } = memory.counts
  const { waiting, overdue } = slots.outstanding
  return {
    id: self.id,
    incarnation: self.incarnation,
    epoch: members.placed?.epoch ?? 0,
    slots: slots.holdings.counts,
    entries: { values, responses, counters, limits, contents, records, tombstones },
    bytes,
    requests: requests(),
    peers: recordsOf(peers, clock).slice(0, SHOWN_MAX),
    waiting_for: [...waiting.members],
    overdue: [...overdue],
    measures: await readMeasures(registry),
  }
}

export interface SightOptions extends StatusOptions {
  readonly statuses: Statuses
  readonly journal: Journal
}

/** What the others tell of themselves they are asked for. */
export async function sight(options: SightOptions): Promise<ClusterStatus> {
  const { self, clock, members, statuses, journal } = options
  const { placed } = members
  const view = placed?.view ?? { epoch: 0, copies: 1, members: [self] }
  const others = view.members.filter(({ incarnation }) => incarnation !== self.incarnation)
  const [own, byLife] = await Promise.all([statusOf(options), statuses.of(others)])
  const shown = view.members.map((member) => {
    const status = member.incarnation === self.incarnation ? own : byLife.get(member.incarnation)
    const isAbsent = placed !== undefined && placed.find(member) === undefined
    return { ...member, ...(isAbsent && { absent: true as const }), ...(status && { status }) }
  })
  return {
    at: new Date(clock.wall()).toISOString(),
    by: self.id,
    epoch: view.epoch,
    copies: view.copies,
    members: shown,
    kept_out: [],
    waiting_for: [...new Set(shown.flatMap(({ status }) => status?.waiting_for ?? []))],
    events: journal.told,
  }
}

/** Who has come and gone from one view to the next, and what is known here of why. */
export function noteChanges(
  journal: Journal,
  {
    self,
    placed,
    former,
    peers,
  }: { self: Member; placed: PlacedView; former: PlacedView | undefined; peers: Peers },
): void {
  const { epoch, view } = placed
  const before = former?.view.members ?? []
  for (const { id, incarnation, leaving } of before) {
    const now = view.members.find((member) => member.id === id)
    const { failure } = peers.find(incarnation)?.contact ?? {}
    if (now === undefined)
      journal.note({ epoch, id, what: leaving ? 'left' : `gone: ${failure?.reason ?? 'uplink dropped it'}` })
    else if (now.incarnation !== incarnation) journal.note({ epoch, id, what: 'started again' })
    else if (now.leaving && !leaving) journal.note({ epoch, id, what: 'leaving' })
  }
  const known = new Set(before.map(({ id }) => id))
  for (const { id } of view.members) {
    const isFound = former === undefined && id !== self.id
    if (!known.has(id)) journal.note({ epoch, id, what: isFound ? 'was a member already' : 'joined' })
  }
}
