/**
 * A store for Keyv 5 and 6, and so for cache-manager, cacheable and Nest's cache.
 *
 *     new Keyv({ store: new KeyvLarder({ urls: ['http://127.0.0.1:4000'] }) })
 *
 * Keys are prefixed, so that `clear` deletes what is Keyv's and nothing else.
 */
import type { Larder } from '../larder.ts'
import { type Connection, connect } from './connection.ts'

export type KeyvLarderOptions = Connection & {
  /** What the keys of this store begin with: `keyv:` if absent. */
  readonly prefix?: string
}

interface KeyvEntry {
  readonly key: string
  readonly value: unknown
  /** Milliseconds. */
  readonly ttl?: number
}

const PREFIX = 'keyv:'
const READ_TOGETHER = 100

export class KeyvLarder {
  /** Set by Keyv 5, which begins its keys with it; version 6 does so where it is not there from the beginning. */
  declare namespace: string | undefined
  /** Keyv reads and writes it, and version 5 iterates over no store whose dialect it does not know. */
  opts: Record<string, unknown>
  readonly larder: Larder
  readonly #close: () => void
  readonly #prefix: string

  constructor({ prefix = PREFIX, ...options }: KeyvLarderOptions) {
    const { larder, close } = connect(options)
    this.larder = larder
    this.#close = close
    this.#prefix = prefix
    this.opts = { dialect: 'redis', prefix }
  }

  async get<T>(key: string): Promise<T | undefined> {
    return await this.larder.get<T>(this.#named(key))
  }

  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return await Promise.all(keys.map((key) => this.get<T>(key)))
  }

  /** `ttl` in milliseconds; none, or 0, is for ever. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    if (value === undefined) return await this.delete(key)
    const options = ttl !== undefined && ttl > 0 ? { ttl: ttl / 1000 } : {}
    return (await this.larder.set(this.#named(key), value, options)) !== undefined
  }

  /** Whether each was stored: Keyv 5 says in its type that nothing comes, and passes on what does. */
  setMany(entries: readonly KeyvEntry[]): Promise<void>
  async setMany(entries: readonly KeyvEntry[]): Promise<unknown> {
    return await Promise.all(entries.map(({ key, value, ttl }) => this.set(key, value, ttl)))
  }

  /** @returns whether it was there. */
  async delete(key: string): Promise<boolean> {
    return await this.larder.delete(this.#named(key))
  }

  /** @returns whether any was there. */
  async deleteMany(keys: readonly string[]): Promise<boolean> {
    const deleted = await Promise.all(keys.map((key) => this.delete(key)))
    return deleted.includes(true)
  }

  async has(key: string): Promise<boolean> {
    return await this.larder.has(this.#named(key))
  }

  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return await Promise.all(keys.map((key) => this.has(key)))
  }

  /** Of the namespace, where there is one, else all of this store's. */
  async clear(): Promise<void> {
    await this.larder.clear(this.#begin(this.namespace))
  }

  async *iterator<T>(namespace = this.namespace): AsyncGenerator<[key: string, value: T | undefined], void> {
    for await (const keys of this.#keysIn(namespace)) {
      const values = await this.getMany<T>(keys)
      for (const [index, key] of keys.entries()) {
        const value = values[index]
        if (value !== undefined) yield [key, value]
      }
    }
  }

  /** Some at a time, which are read together. */
  async *#keysIn(namespace: string | undefined): AsyncGenerator<string[], void> {
    let keys: string[] = []
    for await (const { key } of this.larder.list({ prefix: this.#begin(namespace) })) {
      keys.push(key.slice(this.#prefix.length))
      if (keys.length < READ_TOGETHER) continue
      yield keys
      keys = []
    }
    yield keys
  }

  /** Errors are those of the calls; there are no others to tell of. */
  on(_event: string, _listener: (...args: never[]) => void): this {
    return this
  }

  async disconnect(): Promise<void> {
    this.#close()
  }

  #begin(namespace: string | undefined): string {
    return namespace ? `${this.#prefix}${namespace}:` : this.#prefix
  }

  #named(key: string): string {
    return `${this.#prefix}${key}`
  }
}

export default KeyvLarder
