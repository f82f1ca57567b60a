/**
 * The API responses to cache, as ROUTES_FILE describes them. Pure: text in, routes or problems out.
 */
import { z } from 'zod'
import { type FileProblem, parseFile } from '../shared/json-file.ts'
import { type CachedRoute, isRest, namesOf, OWN, PARAMETER, patternOf } from './route-table.ts'

const TIMEOUT_MAX_MS = 60_000
const SECONDS_MAX = 10 * 365 * 86_400

const seconds = z.number().max(SECONDS_MAX)
const Path = z
  .string()
  .startsWith('/')
  .regex(
    /^(?:[!-"$->@-z|~]|\{\w+\})*(?:\{\w+\.{3}\})?$/,
    'a path in ASCII with {name} for its parameters, {name...} for all the rest, no ? and no #',
  )
const Upstream = z
  .string()
  .regex(
    /^https?:\/\/[^/{}?#@]+\/[^\s{}#]*(?:\{\w+(?:\.{3})?\}[^\s{}#]*)*$/,
    'an http or https URL, {name} in its path only',
  )
const Events = z.strictObject({
  topic: z.string().regex(/^[\w.-]{1,249}$/, 'the name of a Kafka topic'),
  id: z.string().min(1),
  action: z.enum(['invalidate', 'refresh']).default('invalidate'),
  types: z.array(z.string().min(1)).min(1),
})
/** Those that are shown to upstream anyway, or would be a way around it. */
const OTHERS_HEADERS = ['authorization', 'api-key', 'host', 'connection', 'content-length', 'cookie2', 'te']
const HEADERS_MAX = 16
const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+.^`|~\w-]{1,64}$/, 'the name of a header')
  .toLowerCase()
  .refine((name) => !OTHERS_HEADERS.includes(name), 'not one that a route can name')
const Route = z.strictObject({
  type: z.string().min(1).max(128),
  path: Path,
  upstream: Upstream,
  ttl: seconds.min(0),
  stale_while_revalidate: seconds.min(0).default(0),
  stale_if_error: seconds.min(0).default(0),
  timeout_ms: z.int().min(1).max(TIMEOUT_MAX_MS).default(5000),
  freshness: z.enum(['route', 'upstream']).default('route'),
  tenant: z.enum(['required', 'none']).default('required'),
  unsafe: z.enum(['store', 'pass']).default('store'),
  headers: z.array(HeaderName).max(HEADERS_MAX).default([]),
  events: Events.optional(),
})
const File = z.strictObject({ routes: z.array(Route).min(1) })

/** @returns the routes, or everything that is wrong, each with its line. */
export function parseRoutes(text: string): { routes: CachedRoute[] } | { problems: string[] } {
  const parsed = parseFile(text, File, ({ routes }) =>
    routes.flatMap((route, index) => problemsOf(route, index, routes)),
  )
  return 'problems' in parsed ? parsed : { routes: parsed.file.routes.map(toRoute) }
}

function problemsOf(
  route: z.infer<typeof Route>,
  index: number,
  all: readonly z.infer<typeof Route>[],
): FileProblem[] {
  const at = (field: string) => ['routes', index, field]
  const names = namesOf(route.path)
  const problems: FileProblem[] = []
  const [, first = ''] = route.path.split('/')
  if (!isRest(first) && OWN.some((own) => patternOf(`/${first}`).test(`/${own}`)))
    problems.push([at('path'), 'it could be a path of Larder itself'])
  if (route.ttl === 0 && route.freshness === 'route')
    problems.push([at('ttl'), 'above 0, unless freshness is upstream'])
  if (route.path.split('/').some((segment) => namesOf(segment).length > 1))
    problems.push([at('path'), 'at most one parameter between two slashes'])
  if (all.findIndex(({ path }) => shapeOf(path) === shapeOf(route.path)) < index)
    problems.push([at('path'), 'another route has it already'])
  if (route.path.includes('...}') && !/\/\{\w+\.{3}\}$/.test(route.path))
    problems.push([at('path'), '{name...} is all behind a slash'])
  if (new Set(names).size < names.length) problems.push([at('path'), 'a parameter stands there twice'])
  for (const name of namesOf(route.upstream))
    if (!names.includes(name)) problems.push([at('upstream'), `the path has no {${name}}`])
  if (URL.parse(route.upstream.replaceAll(/[{}]/g, '')) === null) problems.push([at('upstream'), 'not a URL'])
  if (route.events && names.join() !== 'id')
    problems.push([at('events'), 'only for a path whose one parameter is {id}'])
  return problems
}

function toRoute({
  type,
  path,
  upstream,
  ttl,
  timeout_ms: timeoutMs,
  freshness,
  tenant,
  unsafe,
  headers,
  events,
  ...stale
}: z.infer<typeof Route>): CachedRoute {
  return {
    type,
    path,
    upstream,
    timeoutMs,
    freshness,
    hasTenants: tenant === 'required',
    unsafe,
    headers: [...new Set(headers)].sort(),
    ttlMs: ttl * 1000,
    staleWhileRevalidateMs: stale.stale_while_revalidate * 1000,
    staleIfErrorMs: stale.stale_if_error * 1000,
    events,
  }
}

/** Two paths of one shape would match the same requests. */
function shapeOf(path: string): string {
  return path.replaceAll(PARAMETER, (_, name: string) => (isRest(`{${name}}`) ? '{...}' : '{}'))
}
