/**
 * Cached API responses, at the paths that ROUTES_FILE names.
 *
 * What is in memory somewhere is answered by way of the batches between members, like every read; what has to be
 * fetched is asked for a second time, on a way where it may take as long as upstream does.
 */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { decode, readBody } from '../../shared/input.ts'
import { type Context, header, type Parameter, type Route } from '../../shared/route.ts'
import { type CachedRoute, fill, namesOf, patternOf, usefulMs } from '../sources/route-table.ts'
import type { Dispatch } from './dispatch.ts'

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

export interface ResponseRoutesOptions {
  readonly dispatch: Dispatch
  readonly routes: readonly CachedRoute[]
  readonly bodyBytesMax: number
  /** How long a member is waited for, besides upstream. */
  readonly peerTimeoutMs: number
}

export function responseRoutes(options: ResponseRoutesOptions): Route[] {
  return [...options.routes.flatMap((route) => routesOf(route, options)), clearRoute(options.dispatch)]
}

function routesOf(route: CachedRoute, options: ResponseRoutesOptions): Route[] {
  const { dispatch, bodyBytesMax } = options
  const parameters = [
    ...namesOf(route.path).map(
      (name): Parameter => ({ in: 'path', name, description: 'As upstream has it.', schema: z.string() }),
    ),
    org,
  ]
  const row = { path: route.path, pattern: patternOf(route.path), access: 'public' } as const
  return [
    getRoute(route, options, parameters),
    {
      ...row,
      method: 'PUT',
      summary: `Store a response of the type ${route.type}.`,
      parameters,
      body: bytes,
      answers: { 204: { description: 'It is stored.' } },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE'],
      async handle(context) {
        const whose = { key: keyOf(context, route), tenant: tenantOf(context), query: context.search }
        const contentType = header(context, 'content-type') || 'application/octet-stream'
        const body = new Uint8Array(await readBody(context.req, bodyBytesMax))
        const ttlMs = usefulMs(route)
        await dispatch(context, { type: 'response.put', ...whose, contentType, body, headers: {}, ttlMs })
        context.status = 204
      },
    },
    {
      ...row,
      method: 'DELETE',
      summary: `Forget a response of the type ${route.type}, for this tenant.`,
      parameters,
      answers: { 204: { description: 'It is not there any more.' } },
      errors: ['OVERLOADED', 'UNREACHABLE'],
      async handle(context) {
        await dispatch(context, {
          type: 'response.delete',
          key: keyOf(context, route),
          tenant: tenantOf(context),
        })
        context.status = 204
      },
    },
  ]
}

function getRoute(route: CachedRoute, options: ResponseRoutesOptions, parameters: Parameter[]): Route {
  const { dispatch, peerTimeoutMs } = options
  return {
    method: 'GET',
    path: route.path,
    pattern: patternOf(route.path),
    summary: `A response of the type ${route.type}, from the cache or from upstream.`,
    access: 'public',
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
    async handle(context) {
      const authorization = header(context, 'authorization')
      const asked = {
        key: keyOf(context, route),
        tenant: tenantOf(context),
        query: context.search,
        ...(authorization && { authorization }),
      }
      const cached = await dispatch(context, { type: 'response.get', ...asked })
      const waitMs = route.timeoutMs + peerTimeoutMs
      answer(
        context,
        cached.type === 'response'
          ? cached
          : await dispatch(context, { type: 'response.fetch', ...asked }, waitMs),
      )
    },
  }
}

function answer(context: Context, reply: Reply): void {
  if (reply.type !== 'response') throw new LarderError('INTERNAL', 'A response was expected.')
  context.status = reply.status
  context.set(reply.headers)
  context.set('content-type', reply.contentType)
  context.set('cache-status', `Larder; ${reply.cacheStatus}`)
  context.set('age', String(Math.floor(reply.ageMs / 1000)))
  context.body = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body)
  if (reply.status === 200 && isKnown(header(context, 'if-none-match'), reply.headers['etag']))
    context.status = 304
}

/** Whether one of the entity tags that the client has is the one of the response; weak ones are as good here. */
function isKnown(tags: string | undefined, etag: string | undefined): boolean {
  if (tags === undefined || etag === undefined) return false
  const known = tags.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes('*') || known.includes(etag.replace(/^W\//, ''))
}

function clearRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    path: '/clear',
    summary: 'Forget all responses of a tenant; without org_id, of everyone.',
    access: 'public',
    parameters: [{ ...org, required: false }],
    answers: { 204: { description: 'They are not there any more.' } },
    errors: ['UNREACHABLE'],
    async handle(context) {
      const tenant = givenTenant(context)
      await dispatch(context, {
        type: 'responses.clear',
        ...(tenant !== undefined && { tenant: checked(tenant) }),
      })
      context.status = 204
    },
  }
}

/** The path with its parameters written in one way only. @throws LarderError BAD_REQUEST. */
function keyOf(context: Context, route: CachedRoute): string {
  const values = (context.captures ?? []).map(decode)
  // They would lead to another place at upstream.
  if (values.some((value) => value.split(/[/\\]/).some((part) => part === '.' || part === '..')))
    throw new LarderError('BAD_REQUEST', 'A parameter of the path cannot have . or .. between slashes.')
  const names = namesOf(route.path)
  return fill(route.path, Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])))
}

/** @throws LarderError BAD_REQUEST when it is missing. */
function tenantOf(context: Context): string {
  const tenant = givenTenant(context)
  if (tenant === undefined) throw new LarderError('BAD_REQUEST', 'The header org_id is needed.')
  return checked(tenant)
}

/** @throws LarderError BAD_REQUEST when it is given in two ways that differ: it must never be somebody else's. */
function givenTenant(context: Context): string | undefined {
  const given = TENANT_HEADERS.flatMap((name) => context.req.headersDistinct[name] ?? [])
  if (new Set(given).size > 1) throw new LarderError('BAD_REQUEST', 'The headers name several tenants.')
  return given[0]
}

function checked(tenant: string): string {
  if (tenant !== '' && tenant.length <= TENANT_LENGTH_MAX) return tenant
  throw new LarderError('BAD_REQUEST', `org_id: text of at most ${TENANT_LENGTH_MAX} characters.`)
}
