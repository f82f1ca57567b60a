/**
 * The routes of API responses: which one a path belongs to, and what upstream is asked for it.
 *
 * The path of a request, with its parameters written in one way only, is the key of its response; whatever an
 * event says about an object leads to the same key.
 */
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
  /** Whether the route says how long a response is good, or upstream does where it says anything. */
  readonly freshness: 'route' | 'upstream'
  /** Whether each has responses of its own. */
  readonly hasTenants: boolean
  /** What methods that change something do: here, or at upstream. */
  readonly unsafe: 'store' | 'pass'
  /** The request headers that go to upstream, by their lower-case names, and tell responses apart. */
  readonly headers: readonly string[]
  readonly events: RouteEvents | undefined
}

export interface RouteEvents {
  readonly topic: string
  /** The field of a message that has the id of the object. */
  readonly id: string
  readonly action: 'invalidate' | 'refresh'
  readonly types: readonly string[]
}

/** What the paths of Larder itself begin with. */
export const OWN = [
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

export const PARAMETER = /\{(\w+(?:\.{3})?)\}/g

/** Whether it stands for all the rest of a path. */
export function isRest(part: string): boolean {
  return part.endsWith('...}')
}

/** Whether the last parameter of a template is all that is left of a path. */
export function hasRest(template: string): boolean {
  return template.endsWith('...}')
}

/** The parameters of a template, in their order. */
export function namesOf(template: string): string[] {
  return [...template.matchAll(PARAMETER)].map(([, name = '']) => name.replace('...', ''))
}

/** How long a response can be of any use: fresh, or stale within what is allowed. */
export function usefulMs({ ttlMs, staleWhileRevalidateMs, staleIfErrorMs }: CachedRoute): number {
  return ttlMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs)
}

/** Where the events come from that any of the routes waits for. */
export function topicsOf(routes: readonly CachedRoute[]): string[] {
  return [...new Set(routes.flatMap(({ events }) => (events === undefined ? [] : [events.topic])))]
}

/** A route that a path belongs to, and what stands in it for its parameters, as it was written: only a fetch asks for these. */
export class Match {
  readonly route: CachedRoute
  readonly captures: readonly string[]

  constructor(route: CachedRoute, captures: readonly string[]) {
    this.route = route
    this.captures = captures
  }
}

/** What upstream is asked for: the path as the caller has written it, and behind a query of its own that of the caller. */
export function urlOf({ route, captures }: Match, query: string): { origin: string; path: string } {
  const names = namesOf(route.path)
  const { origin, path: template } = partsOf(route.upstream)
  const filled = template.replaceAll(PARAMETER, (_, name: string) => {
    return legal(captures[names.indexOf(name.replace('...', ''))] ?? '')
  })
  const [path = '', ...fixed] = filled.split('?')
  const own = fixed.join('?')
  return { origin, path: `${path}${queryOf(own, query.slice(1), query)}` }
}

/** As it was written, but for what no path can have. */
function legal(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]|["<>\\^`{|}]/g, encodeURIComponent)
}

function partsOf(upstream: string): { origin: string; path: string } {
  const { origin } = new URL(upstream.replaceAll(/[{}]/g, ''))
  return { origin, path: upstream.slice(upstream.indexOf('/', 'https://'.length)) }
}

/** What the route fixes in its query, no caller can add to. */
function queryOf(own: string, asked: string, query: string): string {
  if (own === '') return query
  const fixed = new Set(new URLSearchParams(own).keys())
  const free = asked
    .split('&')
    .filter((part) => part !== '' && ![...new URLSearchParams(part).keys()].some((name) => fixed.has(name)))
  return `?${[own, ...free].join('&')}`
}

export class RouteTable {
  readonly routes: readonly CachedRoute[]
  readonly #patterns: readonly RegExp[]

  constructor(routes: readonly CachedRoute[]) {
    this.routes = routes
    this.#patterns = routes.map(({ path }) => patternOf(path))
  }

  /** The keys of what has this address at upstream. */
  keysOf(url: URL): string[] {
    return this.routes.flatMap(({ path, upstream }) => {
      const { origin, path: template } = partsOf(upstream)
      if (origin !== url.origin) return []
      const found = patternOf(template.split('?', 1)[0] ?? '', []).exec(url.pathname)
      if (found === null) return []
      const names = namesOf(template)
      const parameters = names.map((name, index) => [name, found[index + 1] ?? ''] as const)
      try {
        return [keyOf(path, Object.fromEntries(parameters))]
      } catch {
        return [] // No key has what is no text.
      }
    })
  }

  /** The route of a key, or of a path as it was written. */
  match(key: string): Match | undefined {
    for (const [index, route] of this.routes.entries()) {
      const found = this.#patterns[index]?.exec(key)
      if (found) return new Match(route, found.slice(1))
    }
    return undefined
  }
}

/** Matches the path of a request; each parameter is a group, still percent-encoded. */
export function patternOf(path: string, reserved: readonly string[] = OWN): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^$|()[\]\\/]/g, '\\$&')
  const parts = path.split(PARAMETER).map((part, index) => {
    if (index % 2 === 0) return literal(part)
    return part.endsWith('...') ? '([^?#]*)' : '([^/?#]+?)'
  })
  // What has all paths has not those of Larder itself.
  const isAll = /^\/\{\w+\.{3}\}$/.test(path) && reserved.length > 0
  const others = isAll ? `(?!/(?:${reserved.map(literal).join('|')})(?:/|$))` : ''
  return new RegExp(`^${others}${parts.join('')}$`)
}

/** A template with its parameters in place, each written in one way only. */
export function fill(template: string, parameters: Readonly<Record<string, string>>): string {
  return fillerOf(template)(namesOf(template).map((name) => parameters[name] ?? ''))
}

/** What puts the values of its parameters, in their order, into a template: prepared for who does it often. */
export function fillerOf(template: string): (values: readonly string[]) => string {
  const [first = '', ...rest] = template.split(/\{\w+(?:\.{3})?\}/)
  const endsInRest = hasRest(template)
  return (values) =>
    rest.reduce((path, literal, index) => {
      const value = values[index] ?? ''
      const isLast = endsInRest && index === rest.length - 1
      return path + (isLast ? value : encodeURIComponent(value)) + literal
    }, first)
}

/** The key of a path with these parameters, percent-encoded in whatever way. @throws URIError for what is no text. */
function keyOf(path: string, parameters: Readonly<Record<string, string>>): string {
  const names = namesOf(path)
  const values = names.map((name, index) => {
    const value = parameters[name] ?? ''
    return hasRest(path) && index === names.length - 1 ? restOf(value) : decodeURIComponent(value)
  })
  return fillerOf(path)(values)
}

/** All the rest of a path, with each part between slashes written in one way only. @throws URIError for what is no text. */
export function restOf(captured: string): string {
  return captured
    .split('/')
    .map((part) => encodeURIComponent(decodeURIComponent(part)))
    .join('/')
}

/**
 * What tells the responses of one address apart, by these headers of the requests. How a list is spaced makes no
 * difference (RFC 9111, section 4.1).
 */
export function variantOf(
  names: readonly string[],
  headers: Readonly<Record<string, string | undefined>>,
): string {
  return JSON.stringify(names.map((name) => headers[name]?.replaceAll(/\s*,\s*/g, ',').trim() ?? null))
}

/** The query under which a variant is kept, and the query of it: a query has no NUL. */
export function withVariant(query: string, variant: string): string {
  return `${query}\0${variant}`
}

export function queryIn(query: string): string {
  return query.split('\0', 1)[0] ?? ''
}
