/** Clusters as a page may be told of them, made of members that are well. */
import { healthOf, type Situation } from '../../../shared/page/app/health.js'
import type { ClusterStatus } from '../../../shared/page/page.ts'
import type { MemberStatus, PeerRecord } from '../../../shared/view.ts'

type Shown = ClusterStatus['members'][number]
type Measures = NonNullable<MemberStatus['measures']>

/** How long after the beginning a look was, and what is different from a cluster that is well. */
interface Otherwise extends Partial<ClusterStatus> {
  readonly seconds?: number
}

export function told(id: string, measures: Measures = {}, other: Partial<MemberStatus> = {}): MemberStatus {
  return {
    id,
    incarnation: `${id}-1`,
    epoch: 4,
    slots: { owned: 4000, replicated: 4000, arriving: 0 },
    entries: { values: 1, responses: 0, counters: 0, limits: 0, contents: 0, records: 0, tombstones: 0 },
    bytes: 100,
    requests: 10,
    peers: [],
    measures: { slots_short: 0, bytes: 100, max_bytes: 1000, ...measures },
    ...other,
  }
}

export function member(id: string, other: Partial<Shown> = {}): Shown {
  return {
    id,
    url: `http://${id}:4000`,
    incarnation: `${id}-1`,
    version: '0.2.0',
    status: told(id),
    ...other,
  }
}

export function cluster(members: readonly Shown[], { seconds = 0, ...other }: Otherwise = {}): ClusterStatus {
  return {
    at: new Date(Date.UTC(2026, 10, 27) + 1000 * seconds).toISOString(),
    by: 'uplink',
    epoch: 4,
    copies: 2,
    members: [...members],
    kept_out: [],
    waiting_for: [],
    events: [],
    ...other,
  }
}

export const four = ['n1', 'n2', 'n3', 'n4'].map((id) => member(id))
export const three = four.slice(0, 3)

/** What a member knows of another one. */
export function record(id: string, other: Partial<PeerRecord> = {}): PeerRecord {
  const since = '2026-11-27T00:00:00.000Z'
  return {
    id,
    incarnation: `${id}-1`,
    reachable: true,
    since,
    understood: true,
    reason: 'it answers',
    ...other,
  }
}

type Missing = Situation['missing'][number]

/** Who is not here any more. */
export const gone = (id: string, hasLeft = false): Missing => ({
  id,
  url: `http://${id}:4000`,
  seenAt: '2026-11-27T00:00:00.000Z',
  hasLeft,
  why: hasLeft ? 'left' : 'dropped: refused',
})
/** What is said of it, and how bad that is. */
export const sentence = (status: Situation['status'], other: Partial<Situation> = {}) => {
  const { level, sentence } = healthOf({ status, missing: [], ...other })
  return [level, sentence]
}
/** What one member did in the last seconds. */
export const lately = (id: string, other: object) =>
  new Map([[id, { memoryFull: 0, lostSlots: 0, evictions: 0, ...other }]])
