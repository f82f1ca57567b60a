/**
 * Cached API responses, at the paths that ROUTES_FILE names.
 *
 * What is in memory somewhere is answered by way of the batches between members, like every read; what has to be
 * fetched is asked for a second time, on a way where it may take as long as upstream does.
 */
import { METHODS } from 'node:http'
import { z } from 'zod'
import type { Condition } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, mapAll } from '../../shared/eventual.ts'
import { readBody, readCodedBody } from '../../shared/http/body.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse } from '../../shared/http/response.ts'
import type { Parameter, Route } from '../../shared/http/route.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import type { ResponseQuery } from '../../shared/response-command.ts'
import type { Dispatch } from '../dispatch.ts'
import { type CachedRoute, namesOf, patternOf, usefulMs } from '../route-table.ts'
import { purgeRoutes } from './purge.ts'
import { Addresses } from './response-address.ts'
import { answering, varying } from './response-answer.ts'
import { org } from './tenants.ts'

const bytes = { '*/*': undefined }
const token: Parameter = {
  in: 'header',
  name: 'Authorization',
  description: 'Shown to the upstream API when it is asked.',
  schema: z.string(),
}

/** Their `Authorization` is for upstream. */
const FOR_CALLERS = { access: 'public', passesAuthorization: true, isForOthers: true } as const

/** What upstream has answered to what was passed on to it. */
export interface Passed {
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly ageMs: number
  /** The keys of what has changed by it. */
  readonly changed: readonly string[]
}

export interface ResponseRoutesOptions {
  readonly dispatch: Dispatch
  readonly routes: readonly CachedRoute[]
  readonly bodyBytesMax: number
  /** How long a member is waited for, besides upstream. */
  readonly peerTimeoutMs: number
  /** Passes a request on. @throws LarderError as upstream does. */
  pass(asked: ResponseQuery & { readonly method: string; readonly body: Uint8Array }): Promise<Passed>
}

export function responseRoutes(options: ResponseRoutesOptions): Route[] {
  return [...options.routes.flatMap((route) => routesOf(route, options)), ...purgeRoutes(options)]
}

function routesOf(route: CachedRoute, options: ResponseRoutesOptions): Route[] {
  const parameters = [
    ...namesOf(route.path).map(
      (name): Parameter => ({ in: 'path', name, description: 'As upstream has it.', schema: z.string() }),
    ),
    ...(route.hasTenants ? [org] : []),
  ]
  const path = route.path.replace('...}', '}')
  const row = { path, pattern: patternOf(route.path), ...FOR_CALLERS, retold: varying(route) } as const
  const addresses = new Addresses(route)
  const changing = route.unsafe === 'pass' ? passRoutes : storeRoutes
  const made = [getRoute(route, options, addresses), ...changing(route, options, addresses)]
  return made.map(({ parameters: more = [], ...rest }) => ({
    ...row,
    ...rest,
    parameters: [...parameters, ...more],
  }))
}

type Row = Omit<Route, 'path' | 'pattern' | 'access'>

function storeRoutes(
  route: CachedRoute,
  { dispatch, bodyBytesMax }: ResponseRoutesOptions,
  addresses: Addresses,
): Row[] {
  const done = varying(route)(empty(204))
  return [
    {
      method: 'PUT',
      summary: `Store a response of the type ${route.type}.`,
      body: bytes,
      answers: { 204: { description: 'It is stored.' } },
      errors: [
        'TOO_LARGE',
        'UNSUPPORTED_MEDIA_TYPE',
        'PRECONDITION_FAILED',
        'OVERLOADED',
        'UNREACHABLE',
        'MEMORY_FULL',
      ],
      async handle(request) {
        const whose = addresses.addressOf(request)
        if (request.header('content-range') !== undefined)
          throw new LarderError('BAD_REQUEST', 'A part of a response cannot be stored: send all of it.')
        const contentType = request.header('content-type') || 'application/octet-stream'
        const body = ownBytes(await readBody(request, bodyBytesMax))
        const content = { contentType, body, headers: tagsOf(request), ttlMs: usefulMs(route) }
        const condition = conditionOf(request)
        const reply = await dispatch(request, {
          type: 'response.put',
          ...whose,
          ...content,
          ...(condition && { condition }),
        })
        if (reply.type === 'mismatch')
          throw new LarderError('PRECONDITION_FAILED', 'What is stored there is not as the request wants it.')
        return done
      },
    },
    {
      method: 'DELETE',
      summary: `Forget a response of the type ${route.type}${route.hasTenants ? ', for this tenant' : ''}.`,
      answers: { 204: { description: 'It is not there any more.' } },
      errors: ['OVERLOADED', 'UNREACHABLE'],
      async handle(request) {
        const { key, tenant } = addresses.addressOf(request)
        if (conditionOf(request) !== undefined)
          throw new LarderError('BAD_REQUEST', 'A response is forgotten whatever its entity tag is.')
        await dispatch(request, { type: 'response.delete', key, tenant })
        return done
      },
    },
  ]
}

/** By which it can be purged: as an upstream would say it. */
function tagsOf(request: HttpRequest): Record<string, string> {
  const given = ['surrogate-key', 'cache-tag'].flatMap((name) => {
    const tags = request.header(name)
    return tags === undefined ? [] : [[name, tags] as const]
  })
  return Object.fromEntries(given)
}

/** Whether there may be something already is all that can be asked of what has no tag of ours. */
function conditionOf(request: HttpRequest): Condition | undefined {
  const [match, none] = [request.header('if-match'), request.header('if-none-match')]
  if (match === undefined && none === undefined) return undefined
  return {
    ...(match !== undefined && { ifMatch: [match] }),
    ...(none !== undefined && { ifNoneMatch: [none] }),
  }
}

/** What is asked of the cache, and what is about the connection. Of all others, those that change nothing. */
const NOT_PASSED = ['GET', 'HEAD', 'CONNECT', 'TRACE']
const SAFE = ['OPTIONS', 'PROPFIND', 'QUERY', 'REPORT', 'SEARCH']

function passRoutes(route: CachedRoute, options: ResponseRoutesOptions, addresses: Addresses): Row[] {
  const { dispatch, bodyBytesMax, pass } = options
  const answer = answering(route)
  const forget = (request: HttpRequest, keys: readonly string[]) =>
    mapAll(keys, (key) => dispatch(request, { type: 'response.invalidate', key, isRefresh: false }))
  const handle = async (request: HttpRequest): Promise<HttpResponse> => {
    const asked = addresses.askedBy(request)
    const { method } = request
    const body = await readCodedBody(request, bodyBytesMax)
    const { changed, ...passed } = await pass({ ...asked, method, body })
    const isChange = !SAFE.includes(method) && passed.status < 400
    if (isChange) await forget(request, [...new Set([asked.key, ...changed])])
    const how = `fwd=method; fwd-status=${passed.status}`
    return answer(request, { ...passed, type: 'response', cacheStatus: how, owner: '' })
  }
  const errors = [
    'TOO_LARGE',
    'OVERLOADED',
    'UNREACHABLE',
    'UPSTREAM_UNREACHABLE',
    'UPSTREAM_REFUSED',
    'UPSTREAM_TIMEOUT',
  ] as const
  return METHODS.filter((method) => !NOT_PASSED.includes(method)).map((method) => ({
    method,
    summary: `Passed on to upstream; what succeeds forgets what is stored of the type ${route.type} there.`,
    ...(['POST', 'PUT', 'PATCH'].includes(method) && { body: bytes }),
    answers: { 200: { description: 'What upstream answers, whatever its status.', content: bytes } },
    errors,
    handle,
  }))
}

function getRoute(
  route: CachedRoute,
  { dispatch, peerTimeoutMs }: ResponseRoutesOptions,
  addresses: Addresses,
): Row {
  const waitMs = route.timeoutMs + peerTimeoutMs
  const answer = answering(route)
  return {
    method: 'GET',
    summary: `A response of the type ${route.type}, from the cache or from upstream.`,
    parameters: [token],
    answers: {
      200: {
        description: 'The response. What upstream answers with another status is passed on.',
        content: bytes,
        headers: {
          'Cache-Status': 'What became of the request (RFC 9211).',
          Age: 'Seconds since it was made.',
        },
      },
    },
    errors: ['OVERLOADED', 'UNREACHABLE', 'UPSTREAM_UNREACHABLE', 'UPSTREAM_REFUSED', 'UPSTREAM_TIMEOUT'],
    isHot: true,
    handle(request) {
      const asked = addresses.askedBy(request)
      const cached = dispatch(request, { type: 'response.get', ...asked })
      return andThen(cached, (reply) => {
        if (reply.type === 'response') return answer(request, reply)
        const fetched = dispatch(request, { type: 'response.fetch', ...asked }, waitMs)
        return andThen(fetched, (reply) => answer(request, reply))
      })
    },
  }
}
