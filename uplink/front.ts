/** The front of an uplink: the view as JSON for scripts, and what the page shows to those who look. */
import type { Clock } from '../shared/clock.ts'
import { json } from '../shared/http/response.ts'
import type { Route } from '../shared/http/route.ts'
import type { ClusterStatus, Journal, Statuses } from '../shared/page/page.ts'
import { View } from '../shared/view.ts'
import type { Observations } from './observations.ts'
import type { Outside } from './outside.ts'
import { missing } from './past.ts'
import type { Registrar } from './registrar.ts'
import { seenAt } from './registry.ts'
import type { RegistryStore } from './store.ts'

export interface SightOptions {
  readonly registrar: Pick<Registrar, 'view'>
  readonly store: Pick<RegistryStore, 'trouble'>
  readonly observations: Pick<Observations, 'sightings'>
  readonly outside: Pick<Outside, 'besides'>
  readonly statuses: Statuses
  readonly journal: Journal
  readonly clock: Clock
  readonly leaseMs: number
}

/** For scripts; those who ask for HTML get the page. */
export function frontRoute(registrar: Pick<Registrar, 'view'>): Route {
  return {
    method: 'GET',
    path: '/',
    summary: 'Who is a member, as of which epoch; a page to keep open for browsers.',
    access: 'public',
    needs: ['metrics'],
    answers: { 200: { description: 'The newest view.', content: { 'application/json': View } } },
    errors: ['NOT_READY'],
    handle: () => json(registrar.view),
  }
}

/** The cluster as this uplink sees it. */
export async function sight(options: SightOptions): Promise<ClusterStatus> {
  const { registrar, store, observations, outside, statuses, journal, clock, leaseMs } = options
  const { view } = registrar
  const byLife = await statuses.of(view.members)
  const nowMs = clock.now()
  const members = view.members.map((member) => {
    const seenAtMs = seenAt(observations.sightings, member)
    const status = byLife.get(member.incarnation)
    return {
      ...member,
      ...(seenAtMs !== undefined && { quiet_seconds: seconds(nowMs - seenAtMs) }),
      ...(status && { status }),
    }
  })
  const { epoch, copies, last } = view
  return {
    at: new Date(clock.wall()).toISOString(),
    by: 'uplink',
    epoch,
    copies,
    lease_seconds: leaseMs / 1000,
    members,
    kept_out: outside.besides(view.members).map(({ member, reason, sinceMs, untilMs }) => ({
      id: member.id,
      url: member.url,
      reason,
      since_seconds: seconds(nowMs - sinceMs),
      again_in_seconds: seconds(Math.max(0, untilMs - nowMs)),
    })),
    waiting_for: last === undefined ? [] : missing(last, view),
    ...(store.trouble !== undefined && { trouble: store.trouble }),
    events: journal.told,
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
