/** Secondary storage of better-auth, by itself and beneath it. */
import { betterAuth, type SecondaryStorage } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import larderStorage from '../adapters/better-auth.ts'
import { Larder } from '../larder.ts'

const urls = inject('urls')
const larder = new Larder({ urls })
const storage = larderStorage({ urls, prefix: 'auth-test:' }) satisfies SecondaryStorage
beforeAll(async () => {
  await larder.clear('auth-test:')
})
afterAll(() => {
  larder.close()
  storage.close()
})

describe('secondary storage', () => {
  it.each(['{"user":{"id":"1"}}', 'text', '5', 'null', '', '1.0'])('keeps %j', async (text) => {
    await storage.set('key', text)
    expect(await storage.get('key')).toBe(text)
    await storage.delete('key')
    expect(await storage.get('key')).toBeNull()
  })

  it('lets them end after so many seconds', async () => {
    await storage.set('later', 'x', 100)
    expect((await larder.entry('auth-test:later'))?.ttl).toBeCloseTo(100, -1)
    await storage.set('later', 'x')
    expect((await larder.entry('auth-test:later'))?.ttl).toBeUndefined()
    await storage.set('soon', 'x', 0.05)
    await vi.waitUntil(async () => (await storage.get('soon')) === null)
  })

  it('gives to one what several take', async () => {
    await storage.set('code', '123456')
    const taken = await Promise.all(Array.from({ length: 10 }, () => storage.getAndDelete('code')))
    expect(taken.filter((one) => one !== null)).toEqual(['123456'])
  })

  it('counts within a window that the first increment begins', async () => {
    const counts = await Promise.all(Array.from({ length: 10 }, () => storage.increment('hits', 100)))
    expect(counts.sort((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await storage.increment('hits', 10_000)).toBe(11)
    expect((await larder.counter('auth-test:hits').total())?.ttl).toBeLessThan(101)
    await storage.increment('short', 0.05)
    await vi.waitUntil(async () => (await storage.get('short')) === null)
    expect(await storage.increment('short', 100)).toBe(1)
  })
})

describe('better-auth', () => {
  it('keeps its sessions there, and its rate limits', async () => {
    const auth = betterAuth({
      baseURL: 'http://127.0.0.1:3000',
      secret: 'a secret of thirty-two characters, at least',
      database: memoryAdapter({ user: [], account: [], session: [], verification: [] }),
      secondaryStorage: storage,
      emailAndPassword: { enabled: true },
      rateLimit: { enabled: true, storage: 'secondary-storage', window: 60, max: 3 },
      telemetry: { enabled: false },
    })
    const body = { email: 'sam@larder.example', password: 'salt and pepper', name: 'Sam' }
    const { token, user } = await auth.api.signUpEmail({ body })
    expect(await storage.get(`${token}`)).toContain(user.id)
    const { headers } = await auth.api.signInEmail({ body, returnHeaders: true })
    const cookie = {
      cookie: headers
        .getSetCookie()
        .map((one) => one.split(';')[0])
        .join('; '),
    }
    expect((await auth.api.getSession({ headers: new Headers(cookie) }))?.user.email).toBe(body.email)
    await auth.api.signOut({ headers: new Headers(cookie) })
    expect(await auth.api.getSession({ headers: new Headers(cookie) })).toBeNull()
    const ask = () =>
      auth.handler(
        new Request('http://127.0.0.1:3000/api/auth/get-session', {
          headers: { 'x-forwarded-for': '10.0.0.1' },
        }),
      )
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) statuses.push((await ask()).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })
})
