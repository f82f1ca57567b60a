/** Keyv's own suite, unchanged, and those who take a store of Keyv's. */
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite'
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { type Cache, createCache } from 'cache-manager'
import { Cacheable } from 'cacheable'
import Keyv, { type KeyvStoreAdapter } from 'keyv'
import { Keyv as Keyv6 } from 'keyv6'
import 'reflect-metadata'
import * as vitest from 'vitest'
import KeyvLarder from '../adapters/keyv.ts'
import { Larder } from '../larder.ts'

const { afterAll, describe, expect, inject, it } = vitest
const urls = inject('urls')
const larder = new Larder({ urls })
const store = () => new KeyvLarder({ larder })
afterAll(() => larder.close())

keyvTestSuite(vitest, Keyv, store)
keyvIteratorTests(vitest, Keyv, store)

describe('a store of Keyv', () => {
  it('is one by its type, and of a client of its own', async () => {
    const own: KeyvStoreAdapter = new KeyvLarder({ urls, prefix: 'own:' })
    const keyv = new Keyv({ store: own, namespace: 'soups' })
    expect(
      await keyv.setMany([
        { key: 'a', value: 1, ttl: 60_000 },
        { key: 'b', value: 2 },
      ]),
    ).toEqual([true, true])
    expect(await keyv.getMany(['a', 'b', 'c'])).toEqual([1, 2, undefined])
    expect(await keyv.hasMany(['a', 'c'])).toEqual([true, false])
    expect((await larder.entry('own:soups:a'))?.ttl).toBeCloseTo(60, -1)
    await larder.set('other', 'stays')
    await keyv.clear()
    expect([await keyv.get('a'), await larder.get('other')]).toEqual([undefined, 'stays'])
    await keyv.disconnect()
    await expect(own.get('a')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('lets a value end in Larder itself', async () => {
    await new Keyv({ store: store() }).set('soon', 1, 30)
    await vitest.vi.waitUntil(async () => !(await store().has('soon')))
  })
})

describe('Keyv 6', () => {
  it('has the same store', async () => {
    const keyv = new Keyv6({ store: store(), namespace: 'six' })
    await keyv.clear()
    expect(await keyv.set('a', { salt: 1 }, 60_000)).toBe(true)
    await keyv.setMany([
      { key: 'b', value: 2 },
      { key: 'c', value: 3 },
    ])
    expect(await keyv.get('a')).toEqual({ salt: 1 })
    expect(await keyv.getMany(['a', 'b', 'x'])).toEqual([{ salt: 1 }, 2, undefined])
    expect(await keyv.has('b')).toBe(true)
    expect(await keyv.delete('b')).toBe(true)
    expect(await keyv.delete('b')).toBe(false)
    await keyv.deleteMany(['a', 'b'])
    const keys: string[] = []
    for await (const [key] of keyv.iterator()) keys.push(key as string)
    expect(keys).toEqual(['c'])
    await keyv.set('soon', 1, 30)
    await vitest.vi.waitUntil(async () => (await keyv.get('soon')) === undefined)
  })
})

describe('cache-manager', () => {
  it('has a store', async () => {
    const cache = createCache({ stores: [new Keyv({ store: store(), namespace: 'manager' })], ttl: 60_000 })
    let made = 0
    const make = async () => ({ made: ++made })
    expect([await cache.wrap('dish', make), await cache.wrap('dish', make)]).toEqual([
      { made: 1 },
      { made: 1 },
    ])
    await cache.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ])
    expect(await cache.mget(['a', 'b', 'c'])).toEqual([1, 2, undefined])
    await cache.mdel(['a'])
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.ttl('b')).toBeGreaterThan(Date.now())
    await cache.clear()
    expect(await cache.get('b')).toBeUndefined()
  })
})

describe('cacheable', () => {
  it('has a second layer', async () => {
    const secondary = () => new Keyv({ store: store(), namespace: 'cacheable' })
    const [one, other] = [
      new Cacheable({ secondary: secondary() }),
      new Cacheable({ secondary: secondary() }),
    ]
    await one.set('dish', { salt: 1 }, '1m')
    expect(await other.get('dish')).toEqual({ salt: 1 })
    await other.delete('dish')
    expect(await secondary().get('dish')).toBeUndefined()
  })
})

describe('Nest', () => {
  it('has a cache', async () => {
    class App {}
    // Its types are those of Keyv as CommonJS.
    const stores = (): never[] => [new Keyv({ store: store(), namespace: 'nest' }) as never]
    Module({
      imports: [CacheModule.registerAsync({ useFactory: () => ({ stores: stores(), ttl: 60_000 }) })],
    })(App)
    const app = await NestFactory.createApplicationContext(App, { logger: false })
    const cache = app.get<Cache>(CACHE_MANAGER)
    await cache.set('dish', { salt: 1 })
    expect(await cache.get('dish')).toEqual({ salt: 1 })
    expect(await larder.has('keyv:nest:dish')).toBe(true)
    await cache.del('dish')
    expect(await cache.get('dish')).toBeUndefined()
    await app.close()
  })
})
