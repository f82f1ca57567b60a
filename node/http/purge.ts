/** Forgetting responses of many: by tag, by path, of a tenant, of all. */
import { z } from 'zod'
import type { Command } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { fit, readFields } from '../../shared/http/input.ts'
import { empty } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { Names, objectOf } from '../../shared/json-fields.ts'
import type { Dispatch } from '../dispatch.ts'
import { type CachedRoute, RouteTable } from '../route-table.ts'
import { Addresses } from './response-address.ts'
import { givenTenant, org, Tenant } from './tenants.ts'

const TAG_LENGTH_MAX = 1024
/** How long the members are waited for: slots that are on their way come first, and what there is may be much. */
const CONFIRMED_MAX_MS = 10_000

const Purge = z.strictObject({
  tag: z
    .string()
    .regex(/^[^\s,]+$/, 'one tag, without spaces and commas')
    .max(TAG_LENGTH_MAX)
    .optional(),
  path: z.string().startsWith('/', 'it begins with a slash').optional(),
  org_id: Tenant.optional(),
  soft: z.boolean().default(false),
})

const names = new Names('tag', 'path', 'org_id', 'soft')

export interface PurgeRoutesOptions {
  readonly dispatch: Dispatch
  readonly routes: readonly CachedRoute[]
  readonly bodyBytesMax: number
}

export function purgeRoutes({ dispatch, routes, bodyBytesMax }: PurgeRoutesOptions): Route[] {
  const table = new RouteTable(routes)
  const addresses = new Map(routes.map((route) => [route, new Addresses(route)]))
  const keyOf = (path: string): string => {
    const match = table.match(path)
    const key = match && addresses.get(match.route)?.keyOf(match.captures)
    if (key === undefined) throw new LarderError('BAD_REQUEST', `path: no route has ${path}.`)
    return key
  }
  return [
    {
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
        const clear: Command = { type: 'responses.clear', ...(tenant !== undefined && { tenant }) }
        await dispatch(request, clear, CONFIRMED_MAX_MS)
        return { ...empty(204), audited: { what: 'responses were cleared', org_id: tenant ?? '*' } }
      },
    },
    {
      method: 'POST',
      path: '/api/v1/purge',
      operationId: 'purgeResponses',
      summary: 'Forget the responses with a tag, or under a path; with soft they are stale from now on.',
      access: 'public',
      needs: ['clear'],
      body: { 'application/json': Purge },
      answers: { 202: { description: 'All owners have confirmed it.' } },
      errors: ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE', 'NOT_READY'],
      async handle(request) {
        const body = objectOf(await readFields(request, bodyBytesMax, names), names)
        const purge = fit(Purge, body)
        await dispatch(request, commandOf(purge, keyOf), CONFIRMED_MAX_MS)
        return { ...empty(202), audited: { what: 'responses were purged', ...purge } }
      },
    },
  ]
}

/** @throws LarderError BAD_REQUEST where it is not said which responses. */
function commandOf(
  { tag, path, org_id: tenant, soft: isSoft }: z.infer<typeof Purge>,
  keyOf: (path: string) => string,
): Command {
  const whose = { ...(tenant !== undefined && { tenant }), ...(isSoft && { isSoft }) }
  if (path === undefined && tag !== undefined) return { type: 'responses.clear', tag, ...whose }
  if (path !== undefined && tag === undefined)
    return { type: 'response.invalidate', key: keyOf(path), isRefresh: false, ...whose }
  throw new LarderError('BAD_REQUEST', 'Either tag or path is needed, and only one of them.')
}
