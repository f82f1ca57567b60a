/** Cached responses of other services, by the paths of the cluster's routes. */
import type { CallOptions } from './attempts.ts'
import type { Calls } from './calls.ts'

export interface ResponseOptions extends CallOptions {
  /** The tenant, where the route has tenants. */
  readonly orgId?: string
  /** The caller's own, for upstream. */
  readonly authorization?: string
  /** All others: those that the route sends to upstream; of a response that is stored, its own, such as `surrogate-key`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer of the cache, of whatever status upstream's was. */
export interface CachedResponse {
  readonly status: number
  readonly headers: Headers
  /** JSON where it says so, else bytes. */
  readonly body: unknown
}

export interface Purge extends CallOptions {
  /** What upstream has marked with this tag, or what stands at this path: one of both. */
  readonly tag?: string
  readonly path?: string
  /** Of this tenant alone. */
  readonly orgId?: string
  /** It is stale from now on, and not forgotten. */
  readonly soft?: boolean
}

export class Responses {
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  /** From the cache, or fetched. Does not throw for a status that upstream answered. */
  async get(path: string, options: ResponseOptions = {}): Promise<CachedResponse> {
    const answers = Array.from({ length: 200 }, (_, index) => 400 + index)
    const { status, headers, body } = await this.#calls.request({
      method: 'GET',
      path,
      answers,
      ...partsOf(options),
    })
    return { status, headers, body }
  }

  /** Stores a response that the application has made. */
  async put(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    { contentType, ...options }: ResponseOptions & { readonly contentType?: string } = {},
  ): Promise<void> {
    const { headers, ...call } = partsOf(options)
    const type = { 'content-type': contentType ?? 'application/json' }
    await this.#calls.request({ method: 'PUT', path, body, headers: { ...headers, ...type }, ...call })
  }

  /** Forgets it. */
  async delete(path: string, options: ResponseOptions = {}): Promise<void> {
    await this.#calls.request({ method: 'DELETE', path, ...partsOf(options) })
  }

  /** Forgets, at all nodes, whatever has that tag or stands at that path. Resolves once all of them have. */
  async purge({ tag, path, orgId, soft, ...call }: Purge): Promise<void> {
    const fields = { tag, path, org_id: orgId, soft }
    await this.#post('/api/v1/purge', fields, call)
  }

  /** The same as that message of Kafka. */
  async event(event: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    await this.#post('/api/v1/events', event, options)
  }

  /** Forgets all of a tenant, or of everyone. */
  async clear({ orgId, ...call }: ResponseOptions = {}): Promise<void> {
    const tenant = orgId !== undefined && { orgId }
    await this.#calls.request({ method: 'DELETE', path: '/clear', ...partsOf({ ...call, ...tenant }) })
  }

  async #post(path: string, fields: object, call: CallOptions): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(fields)
    await this.#calls.request({ method: 'POST', path, headers, body, isPatient: true, ...call })
  }
}

function partsOf({ orgId, authorization, headers: others, ...call }: ResponseOptions) {
  const headers = {
    ...others,
    ...(orgId !== undefined && { org_id: orgId }),
    ...(authorization !== undefined && { authorization }),
  }
  // Upstream has its own time, and all owners have to confirm.
  return { headers, isPatient: true, ...call }
}
