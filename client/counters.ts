/** Counters: exact over all signed 64-bit integers, and so `bigint`. */
import type { CallOptions } from './attempts.ts'
import type { Calls, Fields } from './calls.ts'
import { LarderError, notUnderstood } from './errors.ts'
import { inPath } from './key.ts'

export interface AddOptions extends CallOptions {
  /** Seconds after the increment that begins it at which the counter ends; nothing on one that runs. */
  readonly ttl?: number
  /** A total that would be beyond is refused: `add` throws OUT_OF_BOUNDS, and the total is unchanged. */
  readonly min?: bigint | number
  readonly max?: bigint | number
  /** The same again within ten minutes adds nothing, and answers as the first did. One of its own if absent. */
  readonly idempotencyKey?: string
}

export interface Total {
  readonly value: bigint
  /** Seconds that are left; absent where it does not end. */
  readonly ttl?: number
}

export class Counter {
  readonly #calls: Calls
  readonly #key: string

  constructor(calls: Calls, key: string) {
    this.#calls = calls
    this.#key = key
  }

  /** Counts once, however often it is sent. @returns the new total. */
  async add(by: bigint | number = 1n, options: AddOptions = {}): Promise<bigint> {
    return (await this.addTelling(by, options)).value
  }

  /** The same, and how long the counter lives on. */
  async addTelling(by: bigint | number = 1n, options: AddOptions = {}): Promise<Total> {
    const { ttl, min, max, idempotencyKey = this.#calls.nextName(), ...call } = options
    const fields = {
      by: integerText(by),
      idempotency_key: idempotencyKey,
      ...(ttl !== undefined && { ttl }),
      ...(min !== undefined && { min: integerText(min) }),
      ...(max !== undefined && { max: integerText(max) }),
    }
    return totalOf(await this.#calls.operate({ op: 'increment', key: this.#key, fields, ...call }))
  }

  /** `undefined` where there is none. */
  async get(options: CallOptions = {}): Promise<bigint | undefined> {
    return (await this.total(options))?.value
  }

  /** The same, and how long it lives on. */
  async total(options: CallOptions = {}): Promise<Total | undefined> {
    const result = await this.#calls.operate({
      op: 'counter',
      key: this.#key,
      isRead: true,
      answers: [404],
      ...options,
    })
    return result['status'] === 404 ? undefined : totalOf(result)
  }

  /** The total from now on. */
  async set(
    value: bigint | number,
    { ttl, ...call }: CallOptions & { readonly ttl?: number } = {},
  ): Promise<void> {
    await this.#calls.request({
      method: 'PUT',
      path: `/api/v1/counters/${inPath(this.#key)}`,
      key: this.#key,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value: integerText(value), ...(ttl !== undefined && { ttl }) }),
      ...call,
    })
  }

  /** Ends it. */
  async reset(options: CallOptions = {}): Promise<void> {
    await this.#calls.operate({ op: 'reset', key: this.#key, ...options })
  }
}

function integerText(value: bigint | number): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError(`${value} is no exact integer; a bigint has more`)
  return String(value)
}

function totalOf({ value, ttl, ...others }: Fields): Total {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) throw notUnderstood({ value, ttl, ...others })
  return { value: BigInt(value), ...(typeof ttl === 'number' && { ttl }) }
}

/** Whether a bound was why. */
export function isOutOfBounds(error: unknown): error is LarderError {
  return error instanceof LarderError && error.code === 'OUT_OF_BOUNDS'
}
