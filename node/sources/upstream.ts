/**
 * The external APIs, called on behalf of an application: only those that the routes name, within limits of time,
 * size, redirects and calls at once.
 *
 * Called by undici: where upstream says less of its length than it sends, `node-fetch` has an empty body and says that it is
 * whole; and it takes half of what is coded for all of it.
 */
import { Agent, type Dispatcher } from 'undici'
import type { Headers } from '../../shared/end-to-end.ts'
import { LarderError } from '../../shared/errors.ts'
import { type CachedRoute, type Match, urlOf } from '../route-table.ts'
import { CODINGS } from './coding.ts'
import { mayBeKept } from './freshness.ts'
import type { SourceMetrics } from './metrics.ts'
import { Taking, type TakingOptions, textOf, type UpstreamAnswer } from './taking.ts'

/** Calls under way to one upstream; beyond it they are refused at once. Where few connections may be opened, half of those. */
const CALLS_MAX = 256
const CALLS_PART = 1 / 2
const REDIRECTS_MAX = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const HEADER_BYTES_MAX = 64 * 2 ** 10

export interface Asking {
  readonly match: Match
  readonly query: string
  readonly tenant: string
  readonly authorization?: string | undefined
  /** What else goes to upstream, of the request or of our own. */
  readonly headers?: Headers | undefined
  readonly method?: string
  readonly body?: Uint8Array
  /** For no longer than the route allows. */
  readonly timeoutMs?: number
}

export interface UpstreamOptions extends TakingOptions {
  readonly routes: readonly CachedRoute[]
  /** How many connections may be opened from here, to all there is. */
  readonly connectionsMax: number
  readonly metrics: SourceMetrics
}

export class Upstream {
  readonly #options: UpstreamOptions
  /** Whatever else an answer points to is not called. */
  readonly origins: ReadonlySet<string>
  readonly #taking: Taking
  readonly #callsMax: number
  readonly #calls = new Map<string, number>()
  /** A connection each: one that upstream closes just when it is used again would look like a failure. */
  readonly #agent = new Agent({
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 0 },
    maxHeaderSize: HEADER_BYTES_MAX,
  })

  constructor(options: UpstreamOptions) {
    this.#options = options
    this.#taking = new Taking(options)
    this.#callsMax = Math.min(CALLS_MAX, Math.max(1, Math.floor(options.connectionsMax * CALLS_PART)))
    this.origins = new Set(
      options.routes.map(({ upstream }) => new URL(upstream.replaceAll(/[{}]/g, '')).origin),
    )
  }

  get underWay(): number {
    return [...this.#calls.values()].reduce((sum, calls) => sum + calls, 0)
  }

  /** @throws LarderError UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT, UPSTREAM_REFUSED or OVERLOADED. */
  async ask(asking: Asking): Promise<UpstreamAnswer> {
    const { route } = asking.match
    const timeoutMs = Math.max(1, Math.min(route.timeoutMs, asking.timeoutMs ?? Infinity))
    const url = urlOf(asking.match, asking.query)
    const calls = this.#calls.get(url.origin) ?? 0
    if (calls >= this.#callsMax)
      throw new LarderError('OVERLOADED', `${this.#callsMax} calls to ${url.origin} are under way.`)
    this.#calls.set(url.origin, calls + 1)
    const stopTimer = this.#options.metrics.upstreamSeconds.startTimer({ type: route.type })
    try {
      const answer = await this.#call(url, asking, AbortSignal.timeout(timeoutMs))
      this.#options.metrics.upstreamCalls.inc({ type: route.type, status: answer.status })
      return answer
    } catch (error) {
      const explained = explain(error, timeoutMs)
      this.#options.metrics.upstreamCalls.inc({ type: route.type, status: explained.code })
      throw explained
    } finally {
      stopTimer()
      this.#calls.set(url.origin, (this.#calls.get(url.origin) ?? 1) - 1)
    }
  }

  close(): void {
    void this.#agent.destroy()
  }

  async #call(first: Target, asking: Asking, signal: AbortSignal): Promise<UpstreamAnswer> {
    let target = first
    let [isSame, isDirect] = [true, true]
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      isSame &&= target.origin === first.origin
      const { method = 'GET', body = null } = asking
      const response = await this.#agent.request({
        ...target,
        method: method as Dispatcher.HttpMethod,
        body,
        // Credentials are for the upstream that the route names, and for nobody that it points to.
        headers: headersOf(asking, isSame),
        signal,
      })
      const answer = await this.#taking.take(response, { isDirect, freshness: asking.match.route.freshness })
      const location = textOf(response.headers['location'])
      const isFollowed = asking.match.route.freshness === 'route' && method === 'GET'
      if (!isFollowed || !REDIRECTS.includes(answer.status) || location === undefined) return answer
      isDirect &&= mayBeKept(answer)
      target = this.#next(location, target)
    }
    throw new LarderError('UPSTREAM_REFUSED', `It redirects more than ${REDIRECTS_MAX} times.`)
  }

  /** @throws LarderError UPSTREAM_REFUSED where no route leads there. */
  #next(location: string, from: Target): Target {
    const url = URL.parse(location, from.origin + from.path)
    if (url === null) throw new LarderError('UPSTREAM_REFUSED', 'It redirects to what is no URL.')
    if (!this.origins.has(url.origin))
      throw new LarderError('UPSTREAM_REFUSED', `It redirects to ${url.origin}, which no route names.`)
    return { origin: url.origin, path: url.pathname + url.search }
  }
}

interface Target {
  readonly origin: string
  /** With its query. */
  readonly path: string
}

function headersOf(
  { match, authorization, tenant, headers = {} }: Asking,
  isSame: boolean,
): Record<string, string> {
  const own = {
    'user-agent': 'larder',
    accept: 'application/json, */*;q=0.9',
    'accept-encoding': CODINGS,
  }
  if (match.route.freshness === 'upstream')
    return { ...headers, ...(authorization !== undefined && { authorization }) }
  return {
    ...own,
    ...(isSame ? headers : {}),
    ...(isSame && match.route.hasTenants && { org_id: tenant }),
    ...(isSame && authorization !== undefined && { authorization }),
  }
}

function explain(error: unknown, timeoutMs: number): LarderError {
  if (error instanceof LarderError) return error
  // Its message may have a secret in it, as the URL may.
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code'
  const cause = new Error(`upstream: ${code}`)
  // The kind of an abort says little: the only one here is the timeout.
  if (error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name))
    return new LarderError('UPSTREAM_TIMEOUT', `It did not answer within ${timeoutMs} ms.`, { cause })
  return new LarderError('UPSTREAM_UNREACHABLE', 'It cannot be reached, or broke off.', { cause })
}
