/**
 * A store for Keyv 5 and 6, and so for cache-manager, cacheable and Nest's cache.
 *
 *     new Keyv({ store: new KeyvLarder({ urls: ['http://127.0.0.1:4000'] }) })
 *
 * Keys are prefixed, so that `clear` deletes what is Keyv's and nothing else.
 */
import { Larder, type LarderOptions } from '../larder.ts'

export interface KeyvLarderOptions extends LarderOptions {
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

export class KeyvLarder {
  /** Set by Keyv, which begins its keys with it. */
  namespace: string | undefined
  /** Keyv reads and writes it. */
  opts: Record<string, unknown>
  readonly larder: Larder
  readonly #prefix: string

  /** Of a client of its own, or over one that there is. */
  constructor(options: KeyvLarderOptions | Larder) {
    const { prefix = PREFIX, ...others } = options instanceof Larder ? {} : options
    this.larder = options instanceof Larder ? options : new Larder(others as LarderOptions)
    this.#prefix = prefix
    this.opts = { dialect: 'larder', prefix }
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

  async setMany(entries: readonly KeyvEntry[]): Promise<boolean[]> {
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
    for await (const { key } of this.larder.list({ prefix: this.#begin(namespace) })) {
      const value = await this.larder.get<T>(key)
      if (value !== undefined) yield [key.slice(this.#prefix.length), value]
    }
  }

  /** Errors are those of the calls; there are no others to tell of. */
  on(_event: string, _listener: (...args: never[]) => void): this {
    return this
  }

  async disconnect(): Promise<void> {
    this.larder.close()
  }

  #begin(namespace: string | undefined): string {
    return namespace ? `${this.#prefix}${namespace}:` : this.#prefix
  }

  #named(key: string): string {
    return `${this.#prefix}${key}`
  }
}

export default KeyvLarder
