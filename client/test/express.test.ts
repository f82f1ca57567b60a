/** The stores of express-rate-limit and express-session, by themselves and beneath Express. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import express, { type Express } from 'express'
import rateLimit, { type Store } from 'express-rate-limit'
import session, { type SessionData } from 'express-session'
import { afterAll, afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import LarderRateLimitStore from '../adapters/express-rate-limit.ts'
import LarderSessionStore from '../adapters/express-session.ts'
import { Larder } from '../larder.ts'

declare module 'express-session' {
  interface SessionData {
    count?: number
  }
}

const urls = inject('urls')
const larder = new Larder({ urls })
afterAll(() => larder.close())

let server: Server | undefined
afterEach(() => void server?.close())

async function serve(app: Express): Promise<string> {
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('express-rate-limit', () => {
  const stores: LarderRateLimitStore[] = []
  const storeOf = (windowMs: number): LarderRateLimitStore => {
    const store = new LarderRateLimitStore({ urls, prefix: 'rate-test:' }) satisfies Store
    store.init({ windowMs })
    stores.push(store)
    return store
  }
  beforeEach(() => storeOf(1).resetAll())
  afterEach(() => {
    for (const store of stores.splice(0)) store.shutdown()
  })

  it('counts what two servers see, until the window ends', async () => {
    const [one, other] = [storeOf(60_000), storeOf(60_000)]
    expect(await one.get('ip')).toBeUndefined()
    const first = await one.increment('ip')
    expect(first.totalHits).toBe(1)
    expect(first.resetTime?.getTime()).toBeGreaterThan(Date.now() + 50_000)
    expect((await other.increment('ip')).totalHits).toBe(2)
    await one.decrement('ip')
    expect((await other.get('ip'))?.totalHits).toBe(1)
    await other.decrement('ip')
    await other.decrement('ip')
    expect((await other.get('ip'))?.totalHits).toBe(0)
    await one.resetKey('ip')
    expect(await one.get('ip')).toBeUndefined()
    await one.decrement('ip')
    expect((await one.increment('ip')).totalHits).toBe(1)
    const short = storeOf(50)
    await short.increment('short')
    await vi.waitUntil(async () => (await short.get('short')) === undefined)
  })

  it('limits what Express is asked', async () => {
    const app = express()
    app.use(
      rateLimit({
        windowMs: 60_000,
        limit: 2,
        store: storeOf(60_000),
        standardHeaders: 'draft-8',
        legacyHeaders: true,
      }),
    )
    app.get('/', (_, response) => void response.send('soup'))
    const url = await serve(app)
    const answers = []
    for (let count = 0; count < 3; count++) answers.push(await fetch(url))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(50)
  })
})

describe('express-session', () => {
  const store = new LarderSessionStore({ urls, prefix: 'sess-test:', ttl: 100 })
  const [set, touch] = [promisify(store.set.bind(store)), promisify(store.touch.bind(store))]
  const get = promisify<string, SessionData | null>((id, callback) =>
    store.get(id, (error, data) => callback(error as Error | null, data ?? null)),
  )
  const [destroy, clear] = [promisify(store.destroy.bind(store)), promisify(store.clear.bind(store))]
  const length = promisify<number>((callback) =>
    store.length((error, count) => callback(error as Error | null, count ?? -1)),
  )
  const all = promisify<SessionData[]>((callback) =>
    store.all((error, list) => callback(error as Error | null, list ?? [])),
  )
  const ttlOf = async (id: string) => (await larder.entry(`sess-test:${id}`))?.ttl ?? Number.NaN
  const cookieFor = (ms: number) =>
    ({ cookie: { originalMaxAge: ms, expires: new Date(Date.now() + ms) } }) as SessionData
  beforeEach(() => clear())
  afterAll(() => store.close())

  it('keeps sessions, and knows none that is not there', async () => {
    expect(await get('none')).toBeNull()
    await set('one', { ...cookieFor(60_000), count: 3 })
    expect((await get('one'))?.count).toBe(3)
    await destroy('one')
    await destroy('one')
    expect(await get('one')).toBeNull()
  })

  it('lets them live as long as their cookie, or else as it is told', async () => {
    await set('cookie', cookieFor(50_000))
    expect(await ttlOf('cookie')).toBeCloseTo(50, -1)
    await set('session', { cookie: { originalMaxAge: null } } as SessionData)
    expect(await ttlOf('session')).toBeCloseTo(100, -1)
    await touch('cookie', cookieFor(80_000))
    expect(await ttlOf('cookie')).toBeCloseTo(80, -1)
    await touch('none', cookieFor(80_000))
    expect(await get('none')).toBeNull()
    await set('cookie', cookieFor(-1))
    expect(await get('cookie')).toBeNull()
    await set('soon', cookieFor(50))
    await vi.waitUntil(async () => (await get('soon')) === null)
  })

  it('takes a function for how long, and may leave them untouched', async () => {
    const other = new LarderSessionStore({
      urls,
      prefix: 'sess-test:',
      ttl: ({ count = 0 }) => count,
      disableTouch: true,
    })
    await promisify(other.set.bind(other))('counted', { ...cookieFor(1000), count: 70 })
    expect(await ttlOf('counted')).toBeCloseTo(70, -1)
    await promisify(other.touch.bind(other))('counted', { ...cookieFor(1000), count: 500 })
    expect(await ttlOf('counted')).toBeLessThan(71)
    other.close()
  })

  it('tells of all of them, and forgets them all', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `s${index}`)
    await Promise.all(ids.map((id, count) => set(id, { ...cookieFor(60_000), count })))
    await larder.set('sess-other', 'stays')
    expect(await length()).toBe(30)
    expect((await store.ids()).sort()).toEqual([...ids].sort())
    expect((await all()).map(({ count }) => count).sort()).toEqual(ids.map((_, count) => count).sort())
    await clear()
    expect([await length(), await all(), await larder.get('sess-other')]).toEqual([0, [], 'stays'])
  })

  it('tells of an error', async () => {
    const closed = new LarderSessionStore({ urls })
    closed.close()
    const error = await promisify(closed.destroy.bind(closed))('id').catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CLOSED' })
  })

  it('is what Express keeps its sessions in', async () => {
    const app = express()
    app.use(
      session({ store, secret: 'salt', resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }),
    )
    app.get('/', (request, response) => {
      request.session.count = (request.session.count ?? 0) + 1
      response.send(String(request.session.count))
    })
    app.get('/out', (request, response) => request.session.destroy(() => void response.send('out')))
    const url = await serve(app)
    const first = await fetch(url)
    const headers = { cookie: first.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    const counts = [await first.text()]
    for (let count = 0; count < 2; count++) counts.push(await (await fetch(url, { headers })).text())
    expect(counts).toEqual(['1', '2', '3'])
    expect(await length()).toBe(1)
    await fetch(`${url}/out`, { headers })
    expect(await length()).toBe(0)
    expect(await (await fetch(url, { headers })).text()).toBe('1')
  })
})
