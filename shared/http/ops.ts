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

const Health = z
  .looseObject({ status: z.literal('ok') })
  .meta({ id: 'Health', examples: [{ status: 'ok', id: '127.0.0.1:4000' }] })

export function opsRoutes(options: OpsOptions): Route[] {
  const { title, registry, identity, notReady, waitingFor, overdue, routes } = options
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
    aliveRoute('/livez', identity),
    aliveRoute('/healthcheck', identity),
    { ...probe('/readyz', 'Should requests be sent here?', ready), errors: ['NOT_READY'] as const },
    metricsRoute(registry),
  ]
  const page: Route = {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenapi',
    summary:
      'This API, for machines; with `internal=1`, and the secret of the cluster, what members ask of each other too.',
    access: 'public',
    needs: [],
    accessOf: ({ parameters }) => (parameters.get('internal') === '1' ? 'member' : 'public'),
    parameters: [
      { in: 'query', name: 'internal', description: '1: with the calls of members.', schema: z.literal('1') },
    ],
    answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } } },
    handle: ({ parameters }) => pageOf(parameters.get('internal')),
  }
  const all = [...routes, ...others, page]
  const described = (isInternal: boolean) =>
    json(openapi({ title, version: packageJson.version, routes: all, isInternal }))
  const [shown, internal] = [described(false), described(true)]
  const pageOf = (asked: string | undefined): HttpResponse => {
    if (asked === undefined) return shown
    if (asked === '1') return internal
    throw new LarderError('BAD_REQUEST', 'internal: 1, or nothing.')
  }
  return [...others, page]
}

export function aliveRoute(path: string, identity: OpsOptions['identity']): Route {
  return probe(path, 'Is the process alive?', () => json({ status: 'ok', ...identity }))
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
