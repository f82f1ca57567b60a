/** Rate limits: buckets that refill evenly, exact over the whole cluster. */
import type { CallOptions } from './attempts.ts'
import type { Calls } from './calls.ts'
import { notUnderstood } from './errors.ts'
import { inPath } from './key.ts'

export interface Taking extends CallOptions {
  /** How much there may be at once; an integer above 0. */
  readonly limit: number
  /** Seconds in which an empty bucket is full again. */
  readonly window: number
  /** 1 if absent; 0 asks without using any. */
  readonly cost?: number
}

export interface Allowance {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds until it is full. */
  readonly reset: number
}

export class Limit {
  readonly #calls: Calls
  readonly #key: string

  constructor(calls: Calls, key: string) {
    this.#calls = calls
    this.#key = key
  }

  /** Where no answer comes it is tried again, and may then have taken twice: never too much is allowed, but less. */
  async take({ limit, window, cost = 1, ...call }: Taking): Promise<Allowance> {
    const fields = { limit, window, cost }
    const result = await this.#calls.operate({ op: 'limit', key: this.#key, fields, answers: [429], ...call })
    const { allowed, remaining, reset } = result
    if (typeof allowed !== 'boolean' || typeof remaining !== 'number' || typeof reset !== 'number')
      throw notUnderstood(result)
    return { allowed, limit, remaining, reset }
  }

  /** Begins anew. */
  async reset(options: CallOptions = {}): Promise<void> {
    const path = `/api/v1/limits/${inPath(this.#key)}`
    await this.#calls.request({ method: 'DELETE', path, key: this.#key, ...options })
  }
}
