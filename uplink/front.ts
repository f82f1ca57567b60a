/** The front page of an uplink: the view as JSON for scripts, and a page to look at for browsers. */
import accepts from 'accepts'
import { z } from 'zod'
import type { Clock } from '../shared/clock.ts'
import { type HttpResponse, json } from '../shared/http/response.ts'
import type { Route } from '../shared/http/route.ts'
import { View } from '../shared/view.ts'
import type { Journal } from './journal.ts'
import type { Observations } from './observations.ts'
import type { Outside } from './outside.ts'
import { page } from './page.ts'
import type { Registrar } from './registrar.ts'
import { seenAt } from './registry.ts'
import type { Statuses } from './statuses.ts'
import type { RegistryStore } from './store.ts'
import { STYLE_HASH } from './style.ts'

export interface FrontRouteOptions {
  readonly registrar: Registrar
  readonly store: RegistryStore
  readonly observations: Observations
  readonly outside: Outside
  readonly statuses: Statuses
  readonly journal: Journal
  readonly clock: Clock
  readonly leaseMs: number
}

/** Its own style, and nothing else. */
const SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function frontRoute(options: FrontRouteOptions): Route {
  return {
    method: 'GET',
    path: '/',
    summary: 'Who is a member, as of which epoch; as a page for browsers.',
    access: 'public',
    needs: ['metrics'],
    answers: {
      200: {
        description: 'The newest view.',
        content: { 'application/json': View, 'text/html': z.string() },
      },
    },
    errors: ['NOT_READY'],
    async handle({ message }) {
      const wanted = accepts(message).type(['application/json', 'text/html'])
      const { headers, ...answer } =
        wanted === 'text/html' ? await pageOf(options) : json(options.registrar.view)
      return { ...answer, headers: { ...headers, vary: 'accept' } }
    },
  }
}

async function pageOf(options: FrontRouteOptions): Promise<HttpResponse> {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  }
  return { status: 200, headers, body: await render(options) }
}

async function render(options: FrontRouteOptions): Promise<string> {
  const { registrar, store, observations, outside, statuses, journal, clock, leaseMs } = options
  const { view } = registrar
  const byLife = await statuses.of(view.members)
  const nowMs = clock.now()
  const members = view.members.map((member) => {
    const seenAtMs = seenAt(observations.sightings, member)
    return {
      member,
      renewedMsAgo: seenAtMs === undefined ? undefined : nowMs - seenAtMs,
      status: byLife.get(member.incarnation),
    }
  })
  const outsiders = outside.besides(view.members).map(({ member, reason, sinceMs, untilMs }) => ({
    member,
    reason,
    sinceMsAgo: nowMs - sinceMs,
    againInMs: untilMs - nowMs,
  }))
  const { trouble } = store
  const happenings = journal.newestFirst
  return page({ ...view, members, outsiders, happenings, leaseMs, trouble, nowMs: clock.wall() })
}
