/** One request to one address, and what came of it. Nothing is tried again here. */
import { isObject } from './errors.ts'

export interface Exchange {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** How long it may take, the body of the answer included. */
  readonly withinMs: number
  readonly signal?: AbortSignal
}

/** Refused: nothing was sent. Lost: it may have arrived, and no whole answer came. */
export type Outcome =
  | { readonly type: 'answered'; readonly status: number; readonly headers: Headers; readonly body: unknown }
  | { readonly type: 'refused' | 'lost'; readonly cause: unknown }

/** The body of an answer is JSON if it says so, else bytes. Never throws. */
export async function exchange({ method, url, headers, body, withinMs, signal }: Exchange): Promise<Outcome> {
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      // A browser's cache, and its cookies, are not asked for.
      cache: 'no-store',
      credentials: 'omit',
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body }),
    })
    return {
      type: 'answered',
      status: response.status,
      headers: response.headers,
      body: isJson(response) ? await response.json() : new Uint8Array(await response.arrayBuffer()),
    }
  } catch (cause) {
    return { type: isRefused(cause) ? 'refused' : 'lost', cause }
  }
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:problem\+)?json/.test(headers.get('content-type') ?? '')
}

/** Of Node and Deno, and of Bun. A browser does not tell: there it may always have arrived. */
const REFUSALS = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
]

function isRefused(cause: unknown): boolean {
  for (let one = cause; isObject(one); one = one['cause']) {
    const { code } = one
    if (typeof code === 'string' && REFUSALS.includes(code)) return true
    // A name with several addresses, none of which was to be had.
    if (one instanceof AggregateError && one.errors.length > 0) return one.errors.every(isRefused)
  }
  return false
}
