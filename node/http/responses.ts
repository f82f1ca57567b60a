/**
 * Cached API responses, at the paths that ROUTES_FILE names.
 *
 * What is in memory somewhere is answered by way of the batches between members, like every read; what has to be
 * fetched is asked for a second time, on a way where it may take as long as upstream does.
 */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { readBody } from '../../shared/http/body.ts'
import { knows } from '../../shared/http/entity-tags.ts'
import { decode } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse, isBodiless } from '../../shared/http/response.ts'
import type { Parameter, Route } from '../../shared/http/route.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import type { Dispatch } from '../dispatch.ts'
import { type CachedRoute, fillerOf, namesOf, patternOf, usefulMs } from '../route-table.ts'

const TENANT_HEADERS = ['org_id', 'org-id', 'organization_id'] as const
const TENANT_LENGTH_MAX = 255

const bytes = { '*/*': undefined }
const org: Parameter = {
  in: 'header',
  name: 'org_id',
  description: 'Whose response it is; also org-id or organization_id.',
  schema: z.string().min(1).max(TENANT_LENGTH_MAX),
  required: true,
}
const token: Parameter = {
  in: 'header',
  name: 'Authorization',
  description: 'Shown to the upstream API when it is asked.',
  schema: z.string(),
}

/** Their `Authorization` is for upstream. */
const FOR_CALLERS = { access: 'public', passesAuthorization: true } as const

export interface ResponseRoutesOptions {
  readonly dispatch: Dispatch
  readonly routes: readonly CachedRoute[]
  readonly bodyBytesMax: number
  /** How long a member is waited for, besides upstream. */
  readonly peerTimeoutMs: number
}

export function responseRoutes(options: ResponseRoutesOptions): Route[] {
  const passedOn = options.routes.flatMap((route) => routesOf(route, options))
  return [...passedOn.map((row) => ({ ...row, isForOthers: true })), clearRoute(options.dispatch)]
}

function routesOf(route: CachedRoute, options: ResponseRoutesOptions): Route[] {
  const { dispatch, bodyBytesMax } = options
  const keyOf = keyReaderOf(route)
  const parameters = [
    ...namesOf(route.path).map(
      (name): Parameter => ({ in: 'path', name, description: 'As upstream has it.', schema: z.string() }),
    ),
    org,
  ]
  const row = { path: route.path, pattern: patternOf(route.path), ...FOR_CALLERS }
  return [
    getRoute(route, options, parameters),
    {
      ...row,
      method: 'PUT',
      summary: `Store a response of the type ${route.type}.`,
      parameters,
      body: bytes,
      answers: { 204: { description: 'It is stored.' } },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE', 'MEMORY_FULL'],
      async handle(request) {
        const whose = { key: keyOf(request), tenant: tenantOf(request), query: searchOf(request) }
        const contentType = request.header('content-type') || 'application/octet-stream'
        const body = ownBytes(await readBody(request, bodyBytesMax))
        const ttlMs = usefulMs(route)
        await dispatch(request, { type: 'response.put', ...whose, contentType, body, headers: {}, ttlMs })
        return empty(204)
      },
    },
    {
      ...row,
      method: 'DELETE',
      summary: `Forget a response of the type ${route.type}, for this tenant.`,
      parameters,
      answers: { 204: { description: 'It is not there any more.' } },
      errors: ['OVERLOADED', 'UNREACHABLE'],
      async handle(request) {
        await dispatch(request, {
          type: 'response.delete',
          key: keyOf(request),
          tenant: tenantOf(request),
        })
        return empty(204)
      },
    },
  ]
}

function getRoute(route: CachedRoute, options: ResponseRoutesOptions, parameters: Parameter[]): Route {
  const { dispatch, peerTimeoutMs } = options
  const keyOf = keyReaderOf(route)
  const waitMs = route.timeoutMs + peerTimeoutMs
  return {
    method: 'GET',
    path: route.path,
    pattern: patternOf(route.path),
    summary: `A response of the type ${route.type}, from the cache or from upstream.`,
    ...FOR_CALLERS,
    parameters: [...parameters, token],
    answers: {
      200: {
        description: 'The response. What upstream answers with another status is passed on.',
        content: bytes,
        headers: {
          'Cache-Status': 'What became of the request (RFC 9211).',
          Age: 'Seconds since it was fetched.',
        },
      },
    },
    errors: ['OVERLOADED', 'UNREACHABLE', 'UPSTREAM_UNREACHABLE', 'UPSTREAM_REFUSED', 'UPSTREAM_TIMEOUT'],
    isHot: true,
    handle(request) {
      const authorization = request.header('authorization')
      const asked = {
        key: keyOf(request),
        tenant: tenantOf(request),
        query: searchOf(request),
        ...(authorization && { authorization }),
      }
      const cached = dispatch(request, { type: 'response.get', ...asked })
      return andThen(cached, (reply) => {
        if (reply.type === 'response') return answerOf(request, reply)
        const fetched = dispatch(request, { type: 'response.fetch', ...asked }, waitMs)
        return andThen(fetched, (reply) => answerOf(request, reply))
      })
    },
  }
}

function answerOf(request: HttpRequest, reply: Reply): HttpResponse {
  if (reply.type !== 'response') throw new LarderError('INTERNAL', 'A response was expected.')
  const { status, contentType, body } = reply
  const headers = {
    ...reply.headers,
    'cache-status': `Larder; ${reply.cacheStatus}`,
    age: String(Math.floor(reply.ageMs / 1000)),
  }
  if (status === 200 && knows(request.header('if-none-match'), reply.headers['etag']))
    return empty(304, headers)
  if (isBodiless(status)) return empty(status, headers)
  return { status, headers: { ...headers, 'content-type': contentType }, body }
}

/** With its question mark, as upstream is asked. */
function searchOf({ query }: HttpRequest): string {
  return query === '' ? '' : `?${query}`
}

function clearRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    path: '/clear',
    operationId: 'clearResponses',
    summary: 'Forget all responses of a tenant; without org_id, of everyone.',
    access: 'public',
    needs: ['clear'],
    parameters: [{ ...org, required: false }],
    answers: { 204: { description: 'They are not there any more.' } },
    errors: ['UNREACHABLE'],
    async handle(request) {
      const tenant = givenTenant(request)
      await dispatch(request, {
        type: 'responses.clear',
        ...(tenant !== undefined && { tenant: checked(tenant) }),
      })
      return { ...empty(204), audited: { what: 'responses were cleared', org_id: tenant ?? '*' } }
    },
  }
}

/** What reads the path of a request, with its parameters written in one way only. It throws LarderError BAD_REQUEST. */
function keyReaderOf(route: CachedRoute): (request: HttpRequest) => string {
  const fill = fillerOf(route.path)
  return ({ captures }) => {
    const values = captures.map(decode)
    // They would lead to another place at upstream.
    if (values.some((value) => DOTS.test(value)))
      throw new LarderError('BAD_REQUEST', 'A parameter of the path cannot have . or .. between slashes.')
    return fill(values)
  }
}

const DOTS = /(?:^|[/\\])\.\.?(?:$|[/\\])/

/** @throws LarderError BAD_REQUEST when it is missing. */
function tenantOf(request: HttpRequest): string {
  const tenant = givenTenant(request)
  if (tenant === undefined) throw new LarderError('BAD_REQUEST', 'The header org_id is needed.')
  return checked(tenant)
}

/** @throws LarderError BAD_REQUEST when it is given in two ways that differ: it must never be somebody else's. */
function givenTenant({ message }: HttpRequest): string | undefined {
  const [only, ...others] = TENANT_HEADERS.map((name) => message.headers[name]).filter(
    (text) => text !== undefined,
  )
  // Node has put a comma between headers that came twice.
  if (others.length === 0 && !only?.includes(',')) return only === undefined ? undefined : String(only)
  const given = TENANT_HEADERS.flatMap((name) => message.headersDistinct[name] ?? [])
  if (new Set(given).size > 1) throw new LarderError('BAD_REQUEST', 'The headers name several tenants.')
  return given[0]
}

function checked(tenant: string): string {
  if (tenant !== '' && tenant.length <= TENANT_LENGTH_MAX) return tenant
  throw new LarderError('BAD_REQUEST', `org_id: text of at most ${TENANT_LENGTH_MAX} characters.`)
}
