/** Counters, limits and reactions, as the client has them, at real nodes. */
import { expect } from 'chai'
import { isOutOfBounds, type LarderError } from '../../client/larder.ts'
import { until } from '../support/until.ts'
import { all, failure, through } from './through.ts'

const [MAX, MIN] = [2n ** 63n - 1n, -(2n ** 63n)]

through('counters', (client) => {
  it('are exact over all that they have', async () => {
    const counter = client().counter('exact')
    expect(await counter.get()).equal(undefined)
    expect(await counter.add()).equal(1n)
    expect(await counter.add(2)).equal(3n)
    expect(await counter.add(2n ** 53n)).equal(2n ** 53n + 3n)
    expect(await counter.add(-(2n ** 53n) - 3n)).equal(0n)
    for (const [limit, by] of [
      [MAX, 1n],
      [MIN, -1n],
    ] as const) {
      await counter.set(limit)
      expect(await failure(counter.add(by))).include({ code: 'OUT_OF_RANGE', status: 409 })
      expect(await counter.get()).equal(limit)
    }
    await counter.reset()
    expect(await counter.get()).equal(undefined)
    await counter.reset()
  })

  it('add what was added at once, each once', async () => {
    const counter = client().counter('at once')
    const totals = await Promise.all(Array.from({ length: 500 }, () => counter.add()))
    expect(new Set(totals).size).equal(500)
    expect(await counter.get()).equal(500n)
  })

  it('count once what has the same name', async () => {
    const counter = client().counter('once')
    const once = { idempotencyKey: 'order 7' }
    expect([await counter.add(5, once), await counter.add(5, once), await counter.get()]).deep.equal([
      5n,
      5n,
      5n,
    ])
  })

  it('stay within bounds, and say where they stand', async () => {
    const counter = client().counter('seats')
    await counter.set(2)
    expect(await counter.add(-2, { min: 0 })).equal(0n)
    const refused = await failure(counter.add(-1, { min: 0 }))
    expect(isOutOfBounds(refused)).equal(true)
    expect((refused as LarderError).problem).include({ value: '0' })
    expect(isOutOfBounds(await failure(counter.add(11, { max: 10n })))).equal(true)
    expect(await counter.get()).equal(0n)
  })

  it('are windows that the first increment begins', async () => {
    const counter = client().counter('window')
    expect((await counter.addTelling(1, { ttl: 100 })).ttl).within(90, 100)
    expect((await counter.addTelling(1, { ttl: 1000 })).ttl).within(90, 100)
    const total = await counter.total()
    expect(total?.value).equal(2n)
    expect(total?.ttl).within(90, 100)
    await counter.set(7, { ttl: 50 })
    expect((await counter.total())?.ttl).within(40, 50)
    await counter.set(7)
    expect(await counter.total()).deep.equal({ value: 7n })
    const short = client().counter('short window')
    await short.add(1, { ttl: 0.05 })
    await until(
      () => short.get(),
      (total) => total === undefined,
    )
  })

  it('and values are one', async () => {
    const larder = client()
    await larder.set('both', 4)
    expect(await larder.counter('both').add()).equal(5n)
    expect(await larder.get('both')).equal(5)
    await larder.set('both', 'soup')
    expect(await failure(larder.counter('both').add())).include({
      code: 'WRONG_TYPE',
      status: 409,
      retryable: false,
    })
  })
})

through('limits', (client) => {
  it('allow so much, and no more', async () => {
    const limit = client().limit('ip:1')
    const taken = await Promise.all(Array.from({ length: 10 }, () => limit.take({ limit: 4, window: 3600 })))
    expect(taken.filter(({ allowed }) => allowed)).length(4)
    expect(taken.find(({ allowed }) => !allowed)).include({ allowed: false, limit: 4, remaining: 0 })
    const asked = await limit.take({ limit: 4, window: 3600, cost: 0 })
    expect(asked).include({ allowed: true, remaining: 0 })
    expect(asked.reset).within(3500, 3600)
    const refused = await limit.take({ limit: 4, window: 3600, cost: 2 })
    expect(refused.allowed).equal(false)
    await limit.reset()
    expect(await limit.take({ limit: 4, window: 3600, cost: 3 })).include({ allowed: true, remaining: 1 })
    expect(await failure(limit.take({ limit: 1.5, window: 1 }))).include({ status: 400 })
  })
})

through('reactions', (client) => {
  it('are counted once a user, and told by whom', async () => {
    const stew = client().reactions('Stew/1')
    expect([await stew.counts(), await all(stew.users('fire'))]).deep.equal([{}, []])
    expect(await stew.seenBy('Sam')).deep.equal({ counts: {}, own: [] })
    const users = Array.from({ length: 1200 }, (_, index) => `user ${String(index).padStart(4, '0')}`)
    await Promise.all([...users, ...users].map((user) => stew.add(user, 'fire')))
    await stew.add('Sam', 'heart')
    expect(await stew.counts()).deep.equal({ fire: 1200, heart: 1 })
    expect(await all(stew.users('fire'))).deep.equal(users)
    expect(await stew.seenBy('Sam')).deep.equal({ counts: { fire: 1200, heart: 1 }, own: ['heart'] })
    await stew.add('Sam', 'fire', { unique: true })
    expect((await stew.seenBy('Sam')).own).deep.equal(['fire'])
    await stew.remove('Sam', 'fire')
    expect(await stew.counts()).deep.equal({ fire: 1200 })
    expect(await failure(stew.add('', 'fire'))).include({ code: 'UNPROCESSABLE', status: 422 })
  })

  it('are what is going on', async () => {
    const larder = client()
    const beans = larder.reactions('beans')
    await Promise.all(Array.from({ length: 1300 }, (_, index) => beans.add(`user ${index}`, 'wow')))
    expect(await larder.activity({ limit: 1 })).deep.equal([
      { contentId: 'beans', users: 1300, counts: { wow: 1300 } },
    ])
  })

  it('end by themselves, unless somebody is present', async () => {
    const larder = client()
    const table = larder.reactions('table 4')
    const errors: unknown[] = []
    const presence = await table.present('Ann', 'sits', { ttl: 0.9, onError: (error) => errors.push(error) })
    await table.add('Bob', 'sits', { ttl: 0.9 })
    await until(
      async () => await all(table.users('sits')),
      (users) => !users.includes('Bob'),
    )
    // Twice as long as it would have lasted by itself.
    for (let round = 0; round < 2; round++) {
      await table.add('Cid', 'sits', { ttl: 0.9 })
      await until(
        async () => await all(table.users('sits')),
        (users) => !users.includes('Cid'),
      )
      expect(await all(table.users('sits'))).deep.equal(['Ann'])
    }
    await presence.stop()
    await presence.stop()
    expect([await table.counts(), errors]).deep.equal([{}, []])
  })
})
