/**
 * The API responses to cache, as ROUTES_FILE describes them. Pure: text in, routes or problems out.
 *
 * The path of a request, with its parameters written in one way only, is the key of its response; whatever an
 * event says about an object leads to the same key.
 */
import { z } from 'zod'
import { type FileProblem, parseFile } from '../shared/json-file.ts'

export interface CachedRoute {
  readonly type: string
  /** As in the file: text with `{name}` in it. */
  readonly path: string
  readonly upstream: string
  readonly ttlMs: number
  /** For how long a stale response is given while a new one is fetched. */
  readonly staleWhileRevalidateMs: number
  /** For how long it is given when no new one can be had. */
  readonly staleIfErrorMs: number
  readonly timeoutMs: number
  readonly events: RouteEvents | undefined
}

export interface RouteEvents {
  readonly topic: string
  /** The field of a message that has the id of the object. */
  readonly id: string
  readonly action: 'invalidate' | 'refresh'
  readonly types: readonly string[]
}

const TIMEOUT_MAX_MS = 60_000
const SECONDS_MAX = 10 * 365 * 86_400

const seconds = z.number().max(SECONDS_MAX)
const Path = z
  .string()
  .startsWith('/')
  .regex(/^(?:[!-"$->@-z|~]|\{\w+\})*$/, 'a path in ASCII with {name} for its parameters, no ? and no #')
const Upstream = z
  .string()
  .regex(
    /^https?:\/\/[^/{}?#@]+\/[^\s{}#]*(?:\{\w+\}[^\s{}#]*)*$/,
    'an http or https URL, {name} in its path only',
  )
const Events = z.strictObject({
  topic: z.string().regex(/^[\w.-]{1,249}$/, 'the name of a Kafka topic'),
  id: z.string().min(1),
  action: z.enum(['invalidate', 'refresh']).default('invalidate'),
  types: z.array(z.string().min(1)).min(1),
})
const Route = z.strictObject({
  type: z.string().min(1).max(128),
  path: Path,
  upstream: Upstream,
  ttl: seconds.gt(0),
  stale_while_revalidate: seconds.min(0).default(0),
  stale_if_error: seconds.min(0).default(0),
  timeout_ms: z.int().min(1).max(TIMEOUT_MAX_MS).default(5000),
  events: Events.optional(),
})
const File = z.strictObject({ routes: z.array(Route).min(1) })

/** What the paths of Larder itself begin with. */
const OWN = [
  '',
  'api',
  'increment',
  'cluster',
  'clear',
  'healthcheck',
  'livez',
  'readyz',
  'metrics',
  'openapi.json',
]

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
  const begin = patternOf(route.path.split('/').slice(0, 2).join('/'))
  if (OWN.some((own) => begin.test(`/${own}`)))
    problems.push([at('path'), 'it could be a path of Larder itself'])
  if (route.path.split('/').some((segment) => namesOf(segment).length > 1))
    problems.push([at('path'), 'at most one parameter between two slashes'])
  if (all.findIndex(({ path }) => shapeOf(path) === shapeOf(route.path)) < index)
    problems.push([at('path'), 'another route has it already'])
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
  events,
  ...stale
}: z.infer<typeof Route>): CachedRoute {
  return {
    type,
    path,
    upstream,
    timeoutMs,
    ttlMs: ttl * 1000,
    staleWhileRevalidateMs: stale.stale_while_revalidate * 1000,
    staleIfErrorMs: stale.stale_if_error * 1000,
    events,
  }
}

/** Two paths of one shape would match the same requests. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

/** The parameters of a template, in their order. */
export function namesOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

/** How long a response can be of any use: fresh, or stale within what is allowed. */
export function usefulMs({ ttlMs, staleWhileRevalidateMs, staleIfErrorMs }: CachedRoute): number {
  return ttlMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs)
}

/** Where the events come from that any of the routes waits for. */
export function topicsOf(routes: readonly CachedRoute[]): string[] {
  return [...new Set(routes.flatMap(({ events }) => (events === undefined ? [] : [events.topic])))]
}

/** A route that a path belongs to, and the values of its parameters: only a fetch asks for these. */
export class Match {
  readonly route: CachedRoute
  readonly #captures: readonly string[]

  constructor(route: CachedRoute, captures: readonly string[]) {
    this.route = route
    this.#captures = captures
  }

  get parameters(): Readonly<Record<string, string>> {
    const values = this.#captures.map(decodeURIComponent)
    return Object.fromEntries(namesOf(this.route.path).map((name, index) => [name, values[index] ?? '']))
  }
}

export class RouteTable {
  readonly routes: readonly CachedRoute[]
  readonly #patterns: readonly RegExp[]

  constructor(routes: readonly CachedRoute[]) {
    this.routes = routes
    this.#patterns = routes.map(({ path }) => patternOf(path))
  }

  /** The route of a key. */
  match(key: string): Match | undefined {
    for (const [index, route] of this.routes.entries()) {
      const found = this.#patterns[index]?.exec(key)
      if (found) return new Match(route, found.slice(1))
    }
    return undefined
  }
}

/** Matches the path of a request; each parameter is a group, still percent-encoded. */
export function patternOf(path: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^$|()[\]\\/]/g, '\\$&')
  return new RegExp(
    `^${path
      .split(/\{\w+\}/)
      .map(literal)
      .join('([^/?#]+?)')}$`,
  )
}

/** A template with its parameters in place, each written in one way only. */
export function fill(template: string, parameters: Readonly<Record<string, string>>): string {
  return fillerOf(template)(namesOf(template).map((name) => parameters[name] ?? ''))
}

/** What puts the values of its parameters, in their order, into a template: prepared for who does it often. */
export function fillerOf(template: string): (values: readonly string[]) => string {
  const [first = '', ...rest] = template.split(/\{\w+\}/)
  return (values) =>
    rest.reduce((path, literal, index) => path + encodeURIComponent(values[index] ?? '') + literal, first)
}
