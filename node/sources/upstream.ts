/**
 * The external APIs, called on behalf of an application: only those that the routes name, within limits of time,
 * size, redirects and calls at once.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import fetch, { AbortError, type Response } from 'node-fetch'
import { Collector } from '../../shared/collector.ts'
import { LarderError } from '../../shared/errors.ts'
import { type InFlight, Share } from '../../shared/in-flight.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import type { Turns } from '../../shared/turns.ts'
import { type CachedRoute, fill, type Match } from '../route-table.ts'
import type { SourceMetrics } from './metrics.ts'

/** Calls under way to one upstream; beyond it they are refused at once. Where few connections may be opened, half of those. */
const CALLS_MAX = 256
const CALLS_PART = 1 / 2
const REDIRECTS_MAX = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
/** What of an answer is worth keeping; its length and encoding are our own. */
const KEPT_HEADERS = [
  'etag',
  'last-modified',
  'content-language',
  'content-disposition',
  'link',
  'location',
  'retry-after',
  'www-authenticate',
]

export interface Asking {
  readonly match: Match
  readonly query: string
  readonly authorization?: string | undefined
  readonly tenant: string
  /** Of the response that is there, for an answer without a body if that is still good. */
  readonly etag?: string | undefined
}

export interface UpstreamAnswer {
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Upstream does not forbid it. */
  readonly isStorable: boolean
}

export interface UpstreamOptions {
  readonly routes: readonly CachedRoute[]
  readonly bodyBytesMax: number
  /** How many connections may be opened from here, to all there is. */
  readonly connectionsMax: number
  readonly inFlight: InFlight
  readonly turns: Turns
  readonly metrics: SourceMetrics
}

export class Upstream {
  readonly #options: UpstreamOptions
  /** Whatever else an answer points to is not called. */
  readonly origins: ReadonlySet<string>
  readonly #callsMax: number
  readonly #calls = new Map<string, number>()
  /** A connection each: one that upstream closes just when it is used again would look like a failure. */
  readonly #http = new HttpAgent()
  readonly #https = new HttpsAgent()

  constructor(options: UpstreamOptions) {
    this.#options = options
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
    const { route, parameters } = asking.match
    const url = new URL(fill(route.upstream, parameters))
    if (asking.query.length > 1) url.search += (url.search === '' ? '?' : '&') + asking.query.slice(1)
    const calls = this.#calls.get(url.origin) ?? 0
    if (calls >= this.#callsMax)
      throw new LarderError('OVERLOADED', `${this.#callsMax} calls to ${url.origin} are under way.`)
    this.#calls.set(url.origin, calls + 1)
    const stopTimer = this.#options.metrics.upstreamSeconds.startTimer({ type: route.type })
    try {
      const answer = await this.#call(url, asking)
      this.#options.metrics.upstreamCalls.inc({ type: route.type, status: answer.status })
      return answer
    } catch (error) {
      const explained = explain(error, route.timeoutMs)
      this.#options.metrics.upstreamCalls.inc({ type: route.type, status: explained.code })
      throw explained
    } finally {
      stopTimer()
      this.#calls.set(url.origin, (this.#calls.get(url.origin) ?? 1) - 1)
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #call(first: URL, asking: Asking): Promise<UpstreamAnswer> {
    const signal = AbortSignal.timeout(asking.match.route.timeoutMs)
    let url = first
    let isSame = true
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      isSame &&= url.origin === first.origin
      const response = await fetch(url, {
        signal,
        redirect: 'manual',
        agent: url.protocol === 'https:' ? this.#https : this.#http,
        // Credentials are for the upstream that the route names, and for nobody that it points to.
        headers: headersOf(asking, isSame),
      })
      const location = response.headers.get('location')
      const body = await this.#read(response)
      if (!REDIRECTS.includes(response.status) || location === null) return toAnswer(response, body)
      url = new URL(location, url)
      if (!this.origins.has(url.origin))
        throw new LarderError('UPSTREAM_REFUSED', `It redirects to ${url.origin}, which no route names.`)
    }
    throw new LarderError('UPSTREAM_REFUSED', `It redirects more than ${REDIRECTS_MAX} times.`)
  }

  /** @throws LarderError UPSTREAM_REFUSED or OVERLOADED where it is too large, for here or for now. */
  async #read(response: Response): Promise<Uint8Array> {
    const { bodyBytesMax, inFlight, turns } = this.#options
    const share = new Share(inFlight)
    const collector = Collector.announced(lengthOf(response), bodyBytesMax)
    try {
      for await (const piece of response.body ?? []) {
        if (collector.bytes + piece.length > bodyBytesMax)
          throw new LarderError('UPSTREAM_REFUSED', 'Its answer is too large.')
        share.arrive(piece.length)
        collector.add(Buffer.from(piece))
      }
      return ownBytes(await turns.take('bodies', collector.joined()))
    } finally {
      share.release()
    }
  }
}

/** What it says of the length of its body: that of what is sent, so none where that is coded. */
function lengthOf({ headers }: Response): string | null {
  return headers.has('content-encoding') ? null : headers.get('content-length')
}

function headersOf({ authorization, tenant, etag }: Asking, isSame: boolean): Record<string, string> {
  return {
    'user-agent': 'larder',
    accept: 'application/json, */*;q=0.9',
    ...(isSame && { org_id: tenant }),
    ...(isSame && authorization !== undefined && { authorization }),
    ...(etag !== undefined && { 'if-none-match': etag }),
  }
}

function toAnswer(response: Response, body: Uint8Array): UpstreamAnswer {
  const kept = KEPT_HEADERS.map((name) => [name, response.headers.get(name)] as const)
  const cacheControl = response.headers.get('cache-control') ?? ''
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? 'application/octet-stream',
    headers: Object.fromEntries(kept.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
    body,
    isStorable: response.status === 200 && !/(?:^|[\s,])(?:no-store|private)(?:[\s,=]|$)/i.test(cacheControl),
  }
}

function explain(error: unknown, timeoutMs: number): LarderError {
  if (error instanceof LarderError) return error
  // Its message has the whole URL in it, and that may have a secret.
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code'
  const cause = new Error(`upstream: ${code}`)
  // The kind of an abort says little: the only one here is the timeout.
  if (error instanceof AbortError || (error instanceof Error && error.name === 'TimeoutError'))
    return new LarderError('UPSTREAM_TIMEOUT', `It did not answer within ${timeoutMs} ms.`, { cause })
  return new LarderError('UPSTREAM_UNREACHABLE', 'It cannot be reached, or broke off.', { cause })
}
