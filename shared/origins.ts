/**
 * Whose pages may call (CORS, as the Fetch standard has it). A browser says of each call which page makes it, as `Origin`, or at
 * least that a page of another site does, as `Sec-Fetch-Site`; whoever is no browser says neither. A page from here may
 * always call, and one whose origin is named; any other is refused before anything is done, and not told what.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Settings } from './config.ts'

/** For how long a browser need not ask again. */
const PREFLIGHT_SECONDS = 600
const METHODS = 'GET, HEAD, PUT, POST, PATCH, DELETE'
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#@*\s]+\/?$/i

export function readOrigins(settings: Settings, { areKeysNeeded }: { areKeysNeeded: boolean }): Origins {
  const named = settings.list('CORS_ORIGINS')
  for (const origin of named)
    if (origin !== '*' && !ORIGIN.test(origin))
      settings.problem(`CORS_ORIGINS=${origin}: an origin like https://shop.example, or *`)
  if (named.includes('*') && !areKeysNeeded)
    settings.problem('CORS_ORIGINS=* lets every page call: set API_KEY or KEYS_FILE, so that it needs a key')
  return new Origins(named)
}

/** As a browser tells of a call. */
export interface PageCall {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

export class Origins {
  readonly #named: ReadonlySet<string>
  readonly #areAll: boolean

  constructor(named: readonly string[] = []) {
    this.#named = new Set(named.map(plain))
    this.#areAll = named.includes('*')
  }

  /** Whether the page that makes this call may, if a page does. */
  mayCall(call: PageCall): boolean {
    const { origin, host, 'sec-fetch-site': site } = call.headers
    if (origin === undefined && site === undefined) return true
    if (this.#isNamed(origin)) return true
    const isFromElsewhere = String(site).toLowerCase().includes('cross-site')
    if (isFromElsewhere) return origin === undefined && isNavigation(call)
    return origin === undefined || isOwn(origin, host)
  }

  /** What an answer tells the browser of it: that the page may see the answer. Nothing where it may not. */
  tell({ method, headers }: PageCall, answer: Record<string, string>): void {
    if (this.#named.size === 0) return
    if (!this.#areAll) answer['vary'] = answer['vary'] === undefined ? 'origin' : `${answer['vary']}, origin`
    if (headers.origin === undefined || !this.#isNamed(headers.origin)) return
    answer['access-control-allow-origin'] = this.#areAll ? '*' : headers.origin
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) {
      answer['access-control-expose-headers'] = '*'
      return
    }
    answer['access-control-allow-methods'] = METHODS
    answer['access-control-max-age'] = String(PREFLIGHT_SECONDS)
    // A star would not stand for `Authorization`.
    const wanted = headers['access-control-request-headers']
    if (wanted !== undefined) answer['access-control-allow-headers'] = wanted
  }

  #isNamed(origin: string | undefined): boolean {
    return origin !== undefined && (this.#areAll || this.#named.has(origin.toLowerCase()))
  }
}

/** A link that somebody has followed, or an address that was typed: it shows what is there, and changes nothing. */
function isNavigation({ method, url = '', headers }: PageCall): boolean {
  return method === 'GET' && /^\/(?:$|[?#])/.test(url) && headers['sec-fetch-mode'] === 'navigate'
}

/** Whether it is the page's own host that is called, by whichever scheme: who ends TLS may stand in front. */
function isOwn(origin: string, host: string | undefined): boolean {
  const [, scheme = '', authority] = /^(\w+):\/\/(.+)$/.exec(origin) ?? []
  if (authority === undefined || host === undefined) return false
  const usual = scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/
  return authority.toLowerCase().replace(usual, '') === host.toLowerCase().replace(usual, '')
}

/** As browsers write it. */
function plain(origin: string): string {
  const { protocol = '', origin: written } = URL.parse(origin) ?? {}
  return /^https?:$/.test(protocol) && written !== undefined
    ? written
    : origin.toLowerCase().replace(/\/$/, '')
}
