/**
 * The rows that are asked for most, found without Koa.
 *
 * Koa and its router cost more than everything else that is done for a small request, so the rows that are marked as
 * hot are answered in front of them, on the same server: by the same handlers, behind the same guard, with the same
 * errors. Only the plain form of a request is found here. Whatever else means the same, like HEAD, a slash at the end or a
 * whole URL as the target, goes the way through Koa and has the same answer.
 */
import type { Route } from './route.ts'

export interface HotMatch {
  readonly route: Route
  readonly captures: readonly string[]
}

interface Template {
  /** What every path of the row begins with; a quick no for most others. */
  readonly prefix: string
  readonly pattern: RegExp
  readonly route: Route
}

const NO_CAPTURES: readonly string[] = []
const NONE: readonly HotMatch[] = []

export class HotRoutes {
  /** By the length of the path, which costs less to look up than the path. */
  readonly #plain: HotMatch[][] = []
  readonly #templates = new Map<string, Template[]>()

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      if (route.isHot !== true) continue
      if (route.pattern !== undefined || route.path.includes('{')) this.#addTemplate(route)
      else this.#addPlain(route)
    }
  }

  find(method = '', url = ''): HotMatch | undefined {
    const query = url.indexOf('?')
    const length = query === -1 ? url.length : query
    for (const match of this.#plain[length] ?? NONE)
      if (match.route.method === method && url.startsWith(match.route.path)) return match
    return this.#match(method, url.slice(0, length))
  }

  #match(method: string, path: string): HotMatch | undefined {
    for (const { prefix, pattern, route } of this.#templates.get(method) ?? []) {
      const found = path.startsWith(prefix) ? pattern.exec(path) : null
      if (found !== null) return { route, captures: found.slice(1) }
    }
    return undefined
  }

  #addPlain(route: Route): void {
    const { length } = route.path
    this.#plain[length] = [...(this.#plain[length] ?? []), { route, captures: NO_CAPTURES }]
  }

  #addTemplate(route: Route): void {
    const prefix = route.path.slice(0, route.path.indexOf('{'))
    const pattern = route.pattern ?? new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '([^/?#]+)')}$`)
    const templates = this.#templates.get(route.method) ?? []
    this.#templates.set(route.method, [...templates, { prefix, pattern, route }])
  }
}
