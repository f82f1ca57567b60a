/**
 * A driver for unstorage 1.
 *
 *     createStorage({ driver: larderDriver({ urls: ['http://127.0.0.1:4000'], base: 'app' }) })
 */
import type { Larder } from '../larder.ts'
import { type Connection, connect } from './connection.ts'

export type LarderDriverOptions = Connection & {
  /** What all keys begin with, before a colon. */
  readonly base?: string
  /** Seconds that items live where a call says nothing else. */
  readonly ttl?: number
}

interface ItemOptions {
  readonly ttl?: number
}

export interface LarderDriver {
  readonly name: 'larder'
  readonly options: LarderDriverOptions
  readonly flags: { readonly ttl: true }
  getInstance(): Larder
  hasItem(key: string): Promise<boolean>
  getItem(key: string): Promise<string | null>
  getItems(items: readonly { readonly key: string }[]): Promise<{ key: string; value: string | null }[]>
  getItemRaw(key: string): Promise<unknown>
  setItem(key: string, value: string, options?: ItemOptions): Promise<void>
  setItemRaw(key: string, value: unknown, options?: ItemOptions): Promise<void>
  removeItem(key: string): Promise<void>
  getMeta(key: string): Promise<{ ttl?: number } | null>
  getKeys(base?: string): Promise<string[]>
  clear(base?: string): Promise<void>
  dispose(): void
}

export function larderDriver(options: LarderDriverOptions): LarderDriver {
  const { base = '', ttl: fallbackTtl, ...others } = options
  const { larder, close } = connect(others)
  const root = base === '' ? '' : `${base.replace(/:+$/, '')}:`
  const lifetime = ({ ttl = fallbackTtl }: ItemOptions = {}) => (ttl === undefined ? {} : { ttl })
  const value = async (key: string) => (await larder.get(root + key)) ?? null
  const text = async (key: string) => asText(await value(key))
  return {
    name: 'larder',
    options,
    flags: { ttl: true },
    getInstance: () => larder,
    hasItem: (key) => larder.has(root + key),
    getItem: text,
    getItems: (items) => Promise.all(items.map(async ({ key }) => ({ key, value: await text(key) }))),
    getItemRaw: value,
    async setItem(key, value, options) {
      await larder.set(root + key, value, lifetime(options))
    },
    async setItemRaw(key, value, options) {
      await larder.set(root + key, value, lifetime(options))
    },
    async removeItem(key) {
      await larder.delete(root + key)
    },
    async getMeta(key) {
      const entry = await larder.entry(root + key)
      if (entry === undefined) return null
      return entry.ttl === undefined ? {} : { ttl: entry.ttl }
    },
    async getKeys(within = '') {
      const keys: string[] = []
      for await (const { key } of larder.list({ prefix: root + within })) keys.push(key.slice(root.length))
      return keys
    },
    async clear(within = '') {
      await larder.clear(root + within)
    },
    dispose: close,
  }
}

export default larderDriver

/** What was stored as JSON is text again, as a storage has nothing else. */
function asText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value)
}
