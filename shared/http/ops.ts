/** What operating needs of either service: probes, metrics, and the page that describes the API. */
import type { Registry } from 'prom-client'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { LarderError } from '../errors.ts'
import { openapi } from './openapi.ts'
import { type HttpResponse, json } from './response.ts'
import type { Route } from './route.ts'

export interface OpsOptions {
  readonly title: string
  readonly registry: Registry
  /** Who answers: part of every probe's answer. */
  readonly identity: Readonly<Record<string, string>>
  /** Why the service cannot serve now, or `undefined` when it can. */
  notReady(): string | undefined
  /** Others without which it serves only a part, if there are such. */
  waitingFor?(): readonly string[]
  /** What of it should have come here long ago, if there is such, each with its reason. */
  overdue?(): readonly object[]
  /** All routes of the service besides these. */
  readonly routes: readonly Route[]
}

const Health = z.looseObject({ status: z.literal('ok') })

export function opsRoutes(options: OpsOptions): Route[] {
  const { title, registry, identity, notReady, waitingFor, overdue, routes } = options
  const alive = (): HttpResponse => json({ status: 'ok', ...identity })
  const ready = (): HttpResponse => {
    const reason = notReady()
    if (reason !== undefined) throw new LarderError('NOT_READY', reason)
    const [members, late] = [waitingFor?.() ?? [], overdue?.() ?? []]
    return json({
      status: 'ok',
      ...identity,
      ...(members.length > 0 && { waiting_for: members }),
      ...(late.length > 0 && { arriving: late }),
    })
  }
  const others = [
    probe('/livez', 'Is the process alive?', alive),
    probe('/healthcheck', 'Is the process alive?', alive),
    ...(routes.some(({ path }) => path === '/') ? [] : [probe('/', 'Is the process alive?', alive)]),
    { ...probe('/readyz', 'Should requests be sent here?', ready), errors: ['NOT_READY'] as const },
    metricsRoute(registry),
  ]
  const page: Route = {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API, for machines.',
    access: 'public',
    needs: [],
    answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } } },
    handle: () => description,
  }
  const description = json(openapi(title, packageJson.version, [...routes, ...others, page]))
  return [...others, page]
}

function probe(path: string, summary: string, handle: Route['handle']): Route {
  const answers = { 200: { description: 'Yes.', content: { 'application/json': Health } } }
  return { method: 'GET', path, summary, access: 'open', isProbe: true, answers, handle }
}

function metricsRoute(registry: Registry): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'What the process measures of itself, for Prometheus.',
    access: 'public',
    needs: ['metrics'],
    isProbe: true,
    answers: { 200: { description: 'The metrics.', content: { 'text/plain': z.string() } } },
    async handle() {
      return {
        status: 200,
        headers: { 'content-type': registry.contentType },
        body: await registry.metrics(),
      }
    },
  }
}
