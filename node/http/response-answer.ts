/** A response as it is given to a caller, or that he has it already. */
import type { Reply, ResponseOutcome } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse, isBodiless } from '../../shared/http/response.ts'
import { dateOf } from '../../shared/http-date.ts'
import type { CachedRoute } from '../route-table.ts'
import { TENANT_HEADERS } from './tenants.ts'

/** Says by what the answers of a route differ, whatever upstream says. */
export function answering(route: CachedRoute): (request: HttpRequest, reply: Reply) => HttpResponse {
  const own = ownVary(route)
  return (request, reply) => {
    if (reply.type !== 'response') throw new LarderError('INTERNAL', 'A response was expected.')
    const { status, contentType, body } = reply
    const headers = headersOf(reply, own)
    if (status === 200 && isKnown(request, reply)) return empty(304, headers)
    if (isBodiless(status)) return empty(status, headers)
    headers['content-type'] = contentType
    return { status, headers, body }
  }
}

function ownVary({ hasTenants, headers }: CachedRoute): string {
  return [...(hasTenants ? TENANT_HEADERS : []), ...headers].join(', ')
}

/** Says so of what Larder answers by itself. */
export function varying(route: CachedRoute): (answer: HttpResponse) => HttpResponse {
  const vary = ownVary(route)
  return (answer) => (vary === '' ? answer : { ...answer, headers: { vary, ...answer.headers } })
}

function headersOf({ headers, cacheStatus, ageMs }: ResponseOutcome, own: string): Record<string, string> {
  const { 'cache-status': before, vary } = headers
  const all: Record<string, string> = {
    ...headers,
    // Who was nearer to upstream is told first (RFC 9211, section 2).
    'cache-status': before === undefined ? `Larder; ${cacheStatus}` : `${before}, Larder; ${cacheStatus}`,
    age: String(Math.floor(ageMs / 1000)),
  }
  if (own !== '') all['vary'] = vary === undefined ? own : `${own}, ${vary}`
  return all
}

/** Whether the client has it, by its tags, or where it names none by its date (RFC 9110, section 13.2.2). */
function isKnown(request: HttpRequest, { headers }: ResponseOutcome): boolean {
  const tags = request.header('if-none-match')
  if (tags !== undefined) return isNamed(tags, headers['etag'])
  const since = request.header('if-modified-since')
  const { 'last-modified': modified } = headers
  if (since === undefined || modified === undefined) return false
  const [had, has] = [dateOf(since), dateOf(modified)]
  return had !== undefined && has !== undefined && has <= had
}

/** Weak tags are as good here as strong ones; what is in their quotes is theirs, commas and asterisks too. */
function isNamed(tags: string, etag: string | undefined): boolean {
  if (tags.trim() === '*') return true
  const known = tags.match(TAG) ?? []
  return etag !== undefined && known.some((tag) => opaque(tag) === opaque(etag))
}

const TAG = /(?:W\/)?"[^"]*"|[^\s,"]+/g

function opaque(tag: string): string {
  return tag.replace(/^W\//, '')
}
