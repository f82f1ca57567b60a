/**
 * A store for express-rate-limit 7 and 8: the hits of a client in a fixed window, one count over all servers.
 *
 *     rateLimit({ windowMs: 60_000, limit: 100, store: new LarderRateLimitStore({ urls: ['http://127.0.0.1:4000'] }) })
 */
import { isOutOfBounds, type Larder } from '../larder.ts'
import { type Connection, connect } from './connection.ts'

export type LarderRateLimitOptions = Connection & {
  /** What all keys begin with: `rate:` if absent. */
  readonly prefix?: string
}

export interface Hits {
  readonly totalHits: number
  readonly resetTime: Date | undefined
}

const WINDOW_MS = 60_000

export class LarderRateLimitStore {
  readonly prefix: string
  /** Other servers count the same keys. */
  readonly localKeys = false
  readonly #larder: Larder
  readonly #close: () => void
  #windowMs = WINDOW_MS

  constructor({ prefix = 'rate:', ...options }: LarderRateLimitOptions) {
    this.prefix = prefix
    const { larder, close } = connect(options)
    this.#larder = larder
    this.#close = close
  }

  init({ windowMs }: { readonly windowMs: number }): void {
    this.#windowMs = windowMs
  }

  async get(key: string): Promise<Hits | undefined> {
    const total = await this.#counter(key).total()
    return total === undefined ? undefined : hitsOf(total)
  }

  async increment(key: string): Promise<Hits> {
    return hitsOf(await this.#counter(key).addTelling(1n, { ttl: this.#windowMs / 1000 }))
  }

  /** Never below zero, where the window has ended meanwhile. */
  async decrement(key: string): Promise<void> {
    const lessened = this.#counter(key).add(-1n, { ttl: this.#windowMs / 1000, min: 0 })
    await lessened.catch((error) => {
      if (!isOutOfBounds(error)) throw error
    })
  }

  async resetKey(key: string): Promise<void> {
    await this.#counter(key).reset()
  }

  async resetAll(): Promise<void> {
    await this.#larder.clear(this.prefix)
  }

  shutdown(): void {
    this.#close()
  }

  #counter(key: string) {
    return this.#larder.counter(this.prefix + key)
  }
}

export default LarderRateLimitStore

function hitsOf({ value, ttl }: { readonly value: bigint; readonly ttl?: number }): Hits {
  const resetTime = ttl === undefined ? undefined : new Date(Date.now() + ttl * 1000)
  return { totalHits: Number(value), resetTime }
}
