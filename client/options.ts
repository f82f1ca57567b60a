/** What a client is told when it is made, checked before anything is done with it. */

export interface LarderOptions {
  /** Addresses of nodes, or of a balancer before them: whichever is there is asked. */
  readonly urls: readonly string[]
  /** A key of the cluster, where it has keys. */
  readonly apiKey?: string
  /** Milliseconds that a call may take in all, whatever is tried meanwhile: 10,000 if absent. */
  readonly timeoutMs?: number
  /**
   * Whether members are asked at the addresses that the cluster has for them: true if absent. Where they cannot be
   * reached the given ones are used all the same.
   */
  readonly direct?: boolean
  /** Calls that may wait for answers, beyond which they are refused: 100,000 if absent. */
  readonly waitingMax?: number
}

const TIMEOUT_MS = 10_000
const WAITING_MAX = 100_000

export type Settings = Required<Omit<LarderOptions, 'apiKey'>> & {
  readonly headers: Readonly<Record<string, string>>
}

/** @throws TypeError that says what is expected in the place of what was given. */
export function settingsOf(options: LarderOptions): Settings {
  if (typeof options !== 'object' || options === null)
    throw expected('new Larder', "options, such as { urls: ['http://127.0.0.1:4000'] }", options)
  const { urls, apiKey, timeoutMs = TIMEOUT_MS, direct = true, waitingMax = WAITING_MAX, ...others } = options
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new TypeError(
      `no option is named ${other}; there are urls, apiKey, timeoutMs, direct and waitingMax`,
    )
  if (typeof direct !== 'boolean') throw expected('direct', 'true or false', direct)
  if (typeof waitingMax !== 'number' || !(waitingMax >= 1))
    throw expected('waitingMax', 'a number of calls', waitingMax)
  return { urls: addressesIn(urls), timeoutMs, direct, waitingMax, headers: headersOf(apiKey) }
}

function addressesIn(urls: readonly string[]): string[] {
  if (!Array.isArray(urls) || urls.length === 0)
    throw expected('urls', "a list of addresses of nodes, such as ['http://127.0.0.1:4000']", urls)
  return urls.map((url) => {
    if (!/^https?:/i.test(url))
      throw new TypeError(`urls: ${String(url)} does not begin with http: or https:`)
    try {
      const { origin, pathname } = new URL(url)
      return `${origin}${pathname.replace(/\/+$/, '')}`
    } catch (cause) {
      throw new TypeError(`urls: ${String(url)} is no address`, { cause })
    }
  })
}

/** What no header can carry would be refused with every call, as if no node were there. */
function headersOf(apiKey: string | undefined): Readonly<Record<string, string>> {
  if (apiKey === undefined) return {}
  // Whatever it is, it may be a secret.
  if (typeof apiKey !== 'string') throw expected('apiKey', 'a key of the cluster, as text', typeof apiKey)
  const headers = { 'api-key': apiKey }
  try {
    new Headers(headers)
  } catch {
    throw new TypeError('apiKey: no header can carry what is in it')
  }
  return headers
}

function expected(name: string, what: string, given: unknown): TypeError {
  const shown = Array.isArray(given) ? JSON.stringify(given) : String(given)
  return new TypeError(`${name}: ${what}, not ${shown}`)
}
