/** Requests of the clients of a chaos run. Whatever goes wrong is an answer too. */

const ANSWER_MAX_MS = 5000

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  /** 0 where there was none. */
  readonly status: number
  readonly text: string
  /** Status and code of a problem, or why there was no answer; empty for a success. */
  readonly problem: string
  readonly etag?: string | undefined
}

/** Nobody listens there, so nothing was sent. */
export const REFUSED = 'ECONNREFUSED'
/** There was no member to send it to. */
export const NOBODY: Answer = { status: 0, text: '', problem: 'NO MEMBER' }

export async function send(url: string, request: Request, timeoutMs = ANSWER_MAX_MS): Promise<Answer> {
  const { path, ...init } = request
  try {
    const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(timeoutMs) })
    const { status } = response
    const text = await response.text()
    const etag = response.headers.get('etag') ?? undefined
    return { status, text, problem: response.ok ? '' : `${status} ${codeIn(text)}`.trim(), etag }
  } catch (error) {
    return { status: 0, text: '', problem: reasonOf(error) }
  }
}

/** To one after the other, until somebody takes it. */
export async function sendToAny(urls: readonly string[], request: Request): Promise<Answer> {
  let answer = NOBODY
  for (const url of urls) {
    answer = await send(url, request)
    if (answer.problem !== REFUSED) break
  }
  return answer
}

export function jsonRequest(method: Request['method'], path: string, body: object): Request {
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The JSON of a success. @throws when there is none. */
export async function ask<T>(url: string, path: string, parse: (json: unknown) => T): Promise<T> {
  const { text, problem } = await send(url, { method: 'GET', path }, 2000)
  if (problem !== '') throw new Error(`${path} of ${url}: ${problem}`)
  return parse(JSON.parse(text))
}

function codeIn(text: string): string {
  return /"code":"(\w+)"/.exec(text)?.[1] ?? ''
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'TIMEOUT'
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.message
}
