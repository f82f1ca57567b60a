/** A request as the handlers see it, whichever way it came in. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Share } from '../in-flight.ts'
import { nextRequestId } from '../request-id.ts'
import { NOTHING, type Rights } from '../rights.ts'
import type { Turns } from '../turns.ts'
import type { RequestMeans } from './means.ts'
import { readQuery } from './query.ts'

export class HttpRequest {
  readonly message: IncomingMessage
  /** Whether the caller has named it; then the logs tell of it, if he is let in. */
  readonly traced: boolean
  /** Whether it is asked by somebody who may, and at a place that is not for everybody: of others the log repeats nothing. */
  isLetIn = false
  /** What stands in the place of the parameters of the path, percent-encoded. */
  captures: readonly string[] = []
  /** What its caller may do; nothing before he was let in. */
  rights: Rights = NOTHING
  /** After this its caller is told that it took too long. */
  deadlineAtMs: number | undefined
  /** How many replicas have what it wrote, where those are fewer than are waited for. */
  replicas: number | undefined
  /** What it has of what is in flight. */
  readonly share: Share
  /** For what is too long for one turn. */
  readonly turns: Turns
  readonly #response: ServerResponse
  #id: string | undefined
  #query: string | undefined
  #parameters: ReadonlyMap<string, string> | undefined

  constructor(message: IncomingMessage, response: ServerResponse, { inFlight, turns }: RequestMeans) {
    this.message = message
    this.share = new Share(inFlight)
    this.turns = turns
    this.#response = response
    const given = message.headers['x-request-id']
    this.traced = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)
    if (this.traced) this.#id = String(given)
  }

  /** Names the request in logs, here and on the members that it is passed on to. */
  get id(): string {
    this.#id ??= nextRequestId()
    return this.#id
  }

  get method(): string {
    return this.message.method ?? ''
  }

  /** What stands behind the question mark. */
  get query(): string {
    this.#query ??= queryOf(this.message.url)
    return this.#query
  }

  /** The query, decoded. @throws LarderError BAD_REQUEST as `readQuery`. */
  get parameters(): ReadonlyMap<string, string> {
    this.#parameters ??= readQuery(this.query)
    return this.#parameters
  }

  /** A header by its lower-case name, or `undefined`; one that came several times is one text. */
  header(name: string): string | undefined {
    return headerOf(this.message.headers, name)
  }

  /** Calls back once nobody waits for the answer any more, be it that it is out. */
  onceOver(run: () => void): void {
    this.#response.once('close', run)
  }
}

function queryOf(url = ''): string {
  const start = url.indexOf('?')
  if (start === -1) return ''
  const end = url.indexOf('#', start)
  return url.slice(start + 1, end === -1 ? undefined : end)
}

/** As `HttpRequest.header`, of what is no request of ours yet. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
