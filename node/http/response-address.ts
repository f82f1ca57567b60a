/** What a request for a cached response asks for: its key, whose it is, and what upstream needs to give it. */

import { askedHeaders } from '../../shared/end-to-end.ts'
import { LarderError } from '../../shared/errors.ts'
import { decode } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import type { ResponseQuery } from '../../shared/response-command.ts'
import { type CachedRoute, fillerOf, hasRest, restOf, variantOf, withVariant } from '../route-table.ts'
import { tenantOf } from './tenants.ts'

export type Address = Pick<ResponseQuery, 'key' | 'tenant' | 'query'>

export class Addresses {
  readonly #route: CachedRoute
  readonly #fill: (values: readonly string[]) => string
  readonly #hasRest: boolean

  constructor(route: CachedRoute) {
    this.#route = route
    this.#fill = fillerOf(route.path)
    this.#hasRest = hasRest(route.path)
  }

  /** Where it is kept. @throws LarderError BAD_REQUEST. */
  addressOf(request: HttpRequest): Address {
    const { hasTenants, headers } = this.#route
    const query = searchOf(request)
    return {
      key: this.keyOf(request.captures),
      tenant: hasTenants ? tenantOf(request) : '',
      query:
        headers.length === 0
          ? query
          : withVariant(query, variantOf(headers, namedHeaders(this.#route, request))),
    }
  }

  /** With what upstream is asked. @throws LarderError BAD_REQUEST. */
  askedBy(request: HttpRequest): ResponseQuery {
    const address = this.addressOf(request)
    const authorization = request.header('authorization')
    const headers = this.#headersFor(request)
    return {
      ...address,
      ...(authorization && { authorization }),
      ...(headers && { headers }),
      ...(!isWritten(address.key, request) && { path: pathOf(request) }),
    }
  }

  /** The path of a request, with its parameters written in one way only. @throws LarderError BAD_REQUEST. */
  keyOf(captures: readonly string[]): string {
    const values = captures.map(decode)
    // They would lead to another place at upstream.
    if (values.some((value) => DOTS.test(value)))
      throw new LarderError('BAD_REQUEST', 'A parameter of the path cannot have . or .. between slashes.')
    if (this.#hasRest) values[values.length - 1] = restOf(captures.at(-1) ?? '')
    return this.#fill(values)
  }

  #headersFor(request: HttpRequest): Readonly<Record<string, string>> | undefined {
    if (this.#route.freshness === 'route')
      return this.#route.headers.length === 0 ? undefined : namedHeaders(this.#route, request)
    const { authorization: _, ...headers } = askedHeaders(request.message.headersDistinct)
    return headers
  }
}

/** Of the headers that the route names, those that are there. */
function namedHeaders({ headers }: CachedRoute, request: HttpRequest): Record<string, string> {
  const given: Record<string, string> = {}
  for (const name of headers) {
    const value = request.header(name)
    if (value !== undefined) given[name] = value
  }
  return given
}

const DOTS = /(?:^|[/\\])\.\.?(?:$|[/\\])/

/** Whether the path was written as its key is, as most are. */
function isWritten(key: string, { message }: HttpRequest): boolean {
  const { url = '' } = message
  if (!url.startsWith(key)) return false
  return url.length === key.length || url[key.length] === '?' || url[key.length] === '#'
}

/** As it was written. */
function pathOf({ message }: HttpRequest): string {
  const { url = '' } = message
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** With its question mark, as upstream is asked. */
function searchOf({ query }: HttpRequest): string {
  return query === '' ? '' : `?${query}`
}
