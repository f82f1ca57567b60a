/**
 * Calls to uplink, or to the next uplink when one fails. Failing over wakes whoever still waits on the old
 * one, because a hung uplink must not keep the member from a new view.
 */
import fetch from 'node-fetch'
import { isLoopback } from '../../../shared/config.ts'
import { isErrorCode, LarderError } from '../../../shared/errors.ts'
import { bearer } from '../../../shared/secrets.ts'
import type { AgentOf } from '../../../shared/tls.ts'
import { Lease, MEMBER_HEADER, type Member, type Renewal, View } from '../../../shared/view.ts'

/** A call that renews or reports; longer than any uplink that works takes. */
const CALL_MAX_MS = 1000
/** A watch: uplink answers by itself after 25 s. */
const WATCH_MAX_MS = 35_000

interface UplinkCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly maxMs: number
}

export interface UplinkClientOptions {
  readonly clusterSecrets: readonly string[]
  /** The name of this member, for the logs of uplink. */
  readonly self: string
  readonly agentOf?: AgentOf | undefined
}

export class UplinkClient {
  readonly #urls: readonly string[]
  readonly #headers: Readonly<Record<string, string>>
  readonly #agentOf: AgentOf | undefined
  readonly #hasSecret: boolean
  #current = 0
  #isStopped = false
  /** Aborted when the current uplink is given up. */
  #abandon = new AbortController()

  constructor(urls: readonly string[], { clusterSecrets, self, agentOf }: UplinkClientOptions) {
    this.#urls = urls
    this.#agentOf = agentOf
    this.#hasSecret = clusterSecrets.length > 0
    this.#headers = { [MEMBER_HEADER]: self, ...bearer(clusterSecrets) }
  }

  get url(): string {
    return this.#urls[this.#current % this.#urls.length] ?? ''
  }

  /** Registers, or renews the lease: the same call. */
  async renew(id: string, renewal: Renewal): Promise<Lease> {
    return Lease.parse(
      await this.#call({ method: 'PUT', path: member(id), body: renewal, maxMs: CALL_MAX_MS }),
    )
  }

  /** The first view after this epoch, or the current one when nothing changes for a while. */
  async watch(epoch: number): Promise<View> {
    const path = `/api/v1/view?after=${epoch}`
    return this.#believed(await this.#call({ method: 'GET', path, maxMs: WATCH_MAX_MS }))
  }

  /** The view as it is. */
  async view(): Promise<View> {
    return this.#believed(await this.#call({ method: 'GET', path: '/api/v1/view', maxMs: CALL_MAX_MS }))
  }

  /** Whoever has no secret believes in members on this machine alone: to others it would give all that it holds. */
  #believed(told: unknown): View {
    const view = View.parse(told)
    const stranger = view.members.find(({ url }) => !this.#hasSecret && !isLoopback(new URL(url).hostname))
    if (stranger === undefined) return view
    throw new Error(`uplink names ${stranger.id} at ${stranger.url}, on another machine: set CLUSTER_SECRET`)
  }

  async report({ id, incarnation }: Member): Promise<void> {
    await this.#call({
      method: 'POST',
      path: `${member(id)}/report`,
      body: { incarnation },
      maxMs: CALL_MAX_MS,
    })
  }

  async leave({ id, incarnation }: Member): Promise<void> {
    const path = `${member(id)}?incarnation=${encodeURIComponent(incarnation)}`
    await this.#call({ method: 'DELETE', path, maxMs: CALL_MAX_MS })
  }

  /** Gives up every call under way. */
  stop(): void {
    this.#isStopped = true
    this.#abandon.abort()
  }

  /** Asks every uplink in turn until one answers; a watch asks only the current one. */
  async #call(call: UplinkCall): Promise<unknown> {
    for (let left = this.#urls.length; ; left--) {
      const attempt = this.#current
      try {
        return await this.#ask(call)
      } catch (error) {
        // Another one may know other secrets; whatever else this one refuses, that one would refuse too.
        if (isRefusal(error) && (left <= 1 || error.code !== 'UNAUTHORIZED')) throw error
        if (attempt === this.#current) this.#failOver()
        if (left <= 1 || call.maxMs === WATCH_MAX_MS || this.#isStopped) throw error
      }
    }
  }

  async #ask({ method, path, body, maxMs }: UplinkCall): Promise<unknown> {
    // With a signal that is aborted already, node-fetch throws at nobody what a body has to say.
    this.#abandon.signal.throwIfAborted()
    const response = await fetch(this.url + path, {
      method,
      ...(this.#agentOf && { agent: this.#agentOf }),
      signal: AbortSignal.any([this.#abandon.signal, AbortSignal.timeout(maxMs)]),
      headers: { ...this.#headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw refusal(text, response.status)
    return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
  }

  #failOver(): void {
    this.#current++
    this.#abandon.abort()
    this.#abandon = new AbortController()
  }
}

function isRefusal(error: unknown): error is LarderError {
  return error instanceof LarderError && error.status < 500
}

function member(id: string): string {
  return `/api/v1/members/${encodeURIComponent(id)}`
}

function refusal(text: string, status: number): Error {
  let problem: { code?: unknown; detail?: unknown } = {}
  try {
    problem = JSON.parse(text)
  } catch {
    // Not an answer of uplink's; the status says what there is to say.
  }
  const detail = typeof problem.detail === 'string' ? problem.detail : `uplink answered ${status}`
  return isErrorCode(problem.code) ? new LarderError(problem.code, detail) : new Error(detail)
}
