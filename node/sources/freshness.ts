/**
 * What upstream says of how long an answer is good, read as RFC 9111 has a shared cache read it. Pure.
 */
import type { Headers } from '../../shared/end-to-end.ts'
import { dateOf } from '../../shared/http-date.ts'

/** What cannot be read counts as the least that it could mean: `NaN` is no age at all, and so are two that differ. */
export interface Said {
  readonly noStore: boolean
  readonly isPrivate: boolean
  /** Never given without asking. */
  readonly noCache: boolean
  /** Not given once it is stale. */
  readonly mustRevalidate: boolean
  readonly isPublic: boolean
  /** Kept only by who knows what the status asks of caches (RFC 9111, section 5.2.2.3). */
  readonly mustUnderstand: boolean
  /** Also of what was asked for with an authorization (RFC 9111, section 3.5). */
  readonly isForAll: boolean
  /** For how long it is fresh, from when it was made; `undefined` where nothing is said. */
  readonly freshMs: number | undefined
  readonly staleWhileRevalidateMs: number | undefined
  readonly staleIfErrorMs: number | undefined
}

const read = new WeakMap<Headers, Said>()

/** What these headers say: asked with every hit, and so remembered with them. */
export function saidBy(headers: Headers): Said {
  const known = read.get(headers)
  if (known !== undefined) return known
  const said = reading(headers)
  read.set(headers, said)
  return said
}

function reading(headers: Headers): Said {
  const directives = directivesIn(headers['cache-control'])
  const has = (name: string) => directives.some(([directive]) => directive === name)
  const secondsOf = (name: string): number | undefined => {
    const values = directives.filter(([directive]) => directive === name).map(([, value]) => deltaOf(value))
    // The most cautious of several; what is no number says that it is stale.
    return values.length === 0 ? undefined : Math.min(...values)
  }
  const shared = secondsOf('s-maxage')
  const own = shared ?? secondsOf('max-age')
  const fresh = own === undefined ? expiresIn(headers) : own * 1000
  return {
    noStore: has('no-store'),
    isPrivate: has('private'),
    noCache: has('no-cache'),
    mustRevalidate:
      has('must-revalidate') || has('proxy-revalidate') || shared !== undefined || has('no-cache'),
    isPublic: has('public'),
    mustUnderstand: has('must-understand'),
    isForAll: has('public') || has('must-revalidate') || shared !== undefined,
    freshMs: fresh,
    staleWhileRevalidateMs: inMs(secondsOf('stale-while-revalidate')),
    staleIfErrorMs: inMs(secondsOf('stale-if-error')),
  }
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

/** `name`, `name=value` and `name="value"`, by their lower-case names; commas in quotes separate nothing. */
function directivesIn(header: string | undefined): (readonly [name: string, value: string])[] {
  const parts = (header ?? '').match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []
  return parts.map((part) => {
    const equals = part.indexOf('=')
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase()
    return [name, equals === -1 ? '' : part.slice(equals + 1).trim()] as const
  })
}

/** Seconds in digits, in quotes or not (RFC 9111, section 1.2.2); of whatever else there are none left. */
function deltaOf(value: string): number {
  const digits = /^"?(\d+)"?$/.exec(value)?.[1]
  return digits === undefined ? 0 : Math.min(Number(digits), DELTA_MAX_SECONDS)
}

const DELTA_MAX_SECONDS = 2 ** 31

/** How long it was to be fresh when it was made, by `Expires` and `Date`; a time that cannot be read is over. */
function expiresIn(headers: Headers): number | undefined {
  const { expires, date } = headers
  if (expires === undefined) return undefined
  const endsAt = dateOf(expires)
  if (endsAt === undefined) return 0
  const madeAt = date === undefined ? undefined : dateOf(date)
  return madeAt === undefined ? 0 : Math.max(0, endsAt - madeAt)
}

/** How old an answer is when it comes; where that cannot be told it is too old for anything (RFC 9111, section 4.2.3). */
export function ageOf(headers: Headers, wallMs: number): number {
  const { age, date } = headers
  const madeAt = date === undefined ? undefined : dateOf(date)
  const apparent = madeAt === undefined ? 0 : Math.max(0, wallMs - madeAt)
  if (age === undefined) return apparent
  if (!/^\d+$/.test(age)) return AGE_MAX_MS
  return Math.max(apparent, Math.min(Number(age) * 1000, AGE_MAX_MS))
}

const AGE_MAX_MS = DELTA_MAX_SECONDS * 1000

/** Those that may be kept where nothing is said of it (RFC 9110, section 15.1). */
const KEPT_UNSAID: readonly number[] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]

/** What is asked of caches with these is known here. */
const UNDERSTOOD: readonly number[] = [...KEPT_UNSAID, 302, 303, 307]

/** Whether nothing speaks against keeping it, and something for it, be it the kind of answer that it is. */
export function mayBeKept({
  status,
  headers,
}: {
  readonly status: number
  readonly headers: Headers
}): boolean {
  const { noStore, isPrivate, isPublic, mustUnderstand, freshMs } = saidBy(headers)
  if (noStore || isPrivate || (mustUnderstand && !UNDERSTOOD.includes(status))) return false
  return KEPT_UNSAID.includes(status) || isPublic || (freshMs !== undefined && freshMs > 0)
}
