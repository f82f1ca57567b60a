/**
 * What a route makes of an answer: whether it may be kept, for how long it is good, and what is given once it is not. Pure.
 */

import { type Headers, namesIn } from '../../shared/end-to-end.ts'
import type { ResponseFacts } from '../../shared/response-command.ts'
import { type CachedRoute, usefulMs } from '../route-table.ts'
import { mayBeKept, saidBy } from './freshness.ts'
import type { Stored, Wanted } from './stored.ts'
import type { UpstreamAnswer } from './taking.ts'

/** For how long what can be confirmed is kept beyond that: to ask whether it is still good costs less than to have it anew. */
const CONFIRMABLE_MS = 3_600_000

/** How good a stored response is now. */
export interface Standing {
  /** For how long it is fresh yet; for how long it is not any more, as a negative number. */
  readonly leftMs: number
  /** Since it is stale, for how long it is given while a new one is fetched, and when none can be had. */
  readonly whileRevalidateMs: number
  readonly ifErrorMs: number
}

export function standingOf(route: CachedRoute, { headers, ageMs, facts = NONE }: Stored): Standing {
  const staleLeftMs = (facts.staleAtMs ?? Infinity) - ageMs
  const { ttlMs, staleWhileRevalidateMs, staleIfErrorMs } = route
  if (route.freshness === 'route') {
    const leftMs = Math.min(ttlMs - ageMs, staleLeftMs)
    return { leftMs, whileRevalidateMs: staleWhileRevalidateMs, ifErrorMs: staleIfErrorMs }
  }
  const said = saidBy(headers)
  const freshMs = said.freshMs === undefined ? ttlMs : said.freshMs - (facts.ageMs ?? 0)
  const leftMs = Math.min(said.noCache ? -ageMs : freshMs - ageMs, staleLeftMs)
  if (said.mustRevalidate) return { leftMs, whileRevalidateMs: 0, ifErrorMs: 0 }
  return {
    leftMs,
    whileRevalidateMs: said.staleWhileRevalidateMs ?? staleWhileRevalidateMs,
    ifErrorMs: said.staleIfErrorMs ?? staleIfErrorMs,
  }
}

const NONE: ResponseFacts = {}

/** For how long an answer may be of any use; `undefined` where it may not be kept. */
export function keptMs(route: CachedRoute, answer: UpstreamAnswer, asked: Wanted): number | undefined {
  const { status, headers, isDirect, ageMs } = answer
  const said = saidBy(headers)
  if (!isDirect || said.noStore || said.isPrivate) return undefined
  if (route.freshness === 'route') return status === 200 ? usefulMs(route) : undefined
  if (!mayBeKept(answer) || status === 206 || status === 304 || status < 200) return undefined
  if (asked.authorization !== undefined && !said.isForAll) return undefined
  if (varyOf(headers).includes('*')) return undefined
  const stored = {
    ...answer,
    type: 'response',
    ageMs: 0,
    facts: { ageMs },
    cacheStatus: '',
    owner: '',
  } as const
  const { leftMs, whileRevalidateMs, ifErrorMs } = standingOf(route, stored)
  const isConfirmable = headers['etag'] !== undefined || headers['last-modified'] !== undefined
  const staleMs = Math.max(whileRevalidateMs, ifErrorMs, isConfirmable ? CONFIRMABLE_MS : 0)
  const usefulFor = Math.max(0, leftMs) + Math.max(0, staleMs + Math.min(0, leftMs))
  return usefulFor > 0 ? usefulFor : undefined
}

/** The headers of the request that upstream varies by, in their order. */
export function varyOf(headers: Headers): string[] {
  return [...new Set(namesIn(headers['vary']))].sort()
}

/** What is known of an answer besides what it says; `undefined` where that goes without saying. */
export function factsOf({
  status,
  ageMs,
}: Pick<UpstreamAnswer, 'status' | 'ageMs'>): ResponseFacts | undefined {
  if (status === 200 && ageMs === 0) return undefined
  return { ...(status !== 200 && { status }), ...(ageMs > 0 && { ageMs }) }
}

/** What upstream is asked with, so that it may say that what is there is still good (RFC 9110, section 13.1). */
export function conditionsFor({ headers }: Stored): Headers {
  const { etag, 'last-modified': modified } = headers
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(modified !== undefined && { 'if-modified-since': modified }),
  }
}

/** Upstream says that what is stored is still good. It speaks of another one where it names another tag. */
export function isAboutIt({ headers }: UpstreamAnswer, stored: Stored): boolean {
  const { etag } = headers
  return etag === undefined || weak(etag) === weak(stored.headers['etag'] ?? etag)
}

function weak(etag: string): string {
  return etag.replace(/^W\//, '')
}

/** What is stored, with what a 304 says anew (RFC 9111, section 3.2): all but what its body is. */
export function renewed(stored: Stored, answer: UpstreamAnswer): UpstreamAnswer {
  const { body, status } = stored
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const contentType = answer.contentType || stored.contentType
  const said = Object.entries(answer.headers).filter(([name]) => !OF_THE_BODY.includes(name))
  return {
    status,
    contentType,
    headers: { ...stored.headers, ...Object.fromEntries(said) },
    body: bytes,
    ageMs: answer.ageMs,
    isDirect: answer.isDirect,
  }
}

const OF_THE_BODY = ['content-encoding', 'content-md5', 'content-range']

/** Nobody can be served with it, and it may pass. */
export function isTrouble(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504
}
