/** Requests to one address each, and what came of them. Nothing is tried again here. */
import { deadline } from './deadline.ts'
import { isObject } from './errors.ts'
import { Stream } from './stream.ts'

export interface Exchange {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** How long it may take, the body of the answer included. */
  readonly withinMs: number
  /** What is told as it comes is not waited for: it is a `Stream`, at the latest until then. */
  readonly streamsUntil?: AbortSignal
}

/** Refused: nothing was sent. Lost: it may have arrived, and no whole answer came. */
export type Outcome =
  | { readonly type: 'answered'; readonly status: number; readonly headers: Headers; readonly body: unknown }
  | { readonly type: 'refused' | 'lost'; readonly cause: unknown }

/** All that are under way, which end together. */
export class Exchanges {
  readonly #underWay = new Set<AbortController>()
  #closed: Error | undefined

  /** Ends them, and those to come. */
  close(reason: Error): void {
    this.#closed = reason
    for (const controller of this.#underWay) controller.abort(reason)
  }

  /** The body of an answer is what its JSON says if it is JSON, else bytes. Never throws. */
  async ask({ method, url, headers, body, withinMs, streamsUntil }: Exchange): Promise<Outcome> {
    if (this.#closed !== undefined) return { type: 'refused', cause: this.#closed }
    const controller = new AbortController()
    const giveUp = deadline(withinMs, () => controller.abort(new Error(`no answer within ${withinMs} ms`)))
    this.#underWay.add(controller)
    const stop = () => controller.abort(streamsUntil?.reason)
    streamsUntil?.addEventListener('abort', stop)
    const release = () => {
      this.#underWay.delete(controller)
      streamsUntil?.removeEventListener('abort', stop)
    }
    let stream: Stream | undefined
    try {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        // A browser's cache, and its cookies, are not asked for.
        cache: 'no-store',
        credentials: 'omit',
        signal: controller.signal,
        ...(headers !== undefined && { headers }),
        ...(body !== undefined && { body }),
      })
      const { status } = response
      if (streamsUntil !== undefined) stream = Stream.of(response, controller, release)
      return { type: 'answered', status, headers: response.headers, body: stream ?? (await bodyOf(response)) }
    } catch (cause) {
      return { type: isRefused(cause) ? 'refused' : 'lost', cause }
    } finally {
      giveUp()
      if (stream === undefined) release()
    }
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? ''
  if (!JSON_TYPE.test(type)) return new Uint8Array(await response.arrayBuffer())
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    // It came whole, and is not what it says.
    return new TextEncoder().encode(text)
  }
}

const JSON_TYPE = /^[^/;]+\/(?:[^/;]+\+)?json\s*(?:;|$)/i

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
