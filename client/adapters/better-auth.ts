/**
 * Secondary storage for better-auth 1.
 *
 *     betterAuth({ secondaryStorage: larderStorage({ urls: ['http://127.0.0.1:4000'] }) })
 */
import { type Connection, connect } from './connection.ts'

export type LarderStorageOptions = Connection & {
  /** What all keys begin with: `auth:` if absent. */
  readonly prefix?: string
}

export interface LarderStorage {
  get(key: string): Promise<string | null>
  /** `ttl` in seconds. */
  set(key: string, value: string, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
  /** In one step: of two that ask at once, one gets it. */
  getAndDelete(key: string): Promise<string | null>
  /** By one. The counter ends `ttl` seconds after the increment that began it. */
  increment(key: string, ttl: number): Promise<number>
  close(): void
}

export function larderStorage({ prefix = 'auth:', ...options }: LarderStorageOptions): LarderStorage {
  const { larder, close } = connect(options)
  return {
    get: async (key) => asText(await larder.get(prefix + key)),
    async set(key, value, ttl) {
      await larder.set(prefix + key, value, ttl !== undefined && ttl > 0 ? { ttl } : {})
    },
    async delete(key) {
      await larder.delete(prefix + key)
    },
    getAndDelete: async (key) => asText(await larder.take(prefix + key)),
    async increment(key, ttl) {
      return Number(await larder.counter(prefix + key).add(1n, { ttl }))
    },
    close,
  }
}

export default larderStorage

/** A counter is read as the integer that it is. */
function asText(value: unknown): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
