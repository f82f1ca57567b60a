/** Values that end by themselves. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { until } from '../../support/until.ts'
import { call, expectProblem, send } from './call.ts'

describe('a time to live', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const store = (ttl: string, key = 'k') =>
    send(`POST ${node.url}/api`, `{"key":"${key}","data":"here","ttl":${ttl}}`)
  const put = (ttl: string) => call(`PUT ${node.url}/api/v1/kv/k?ttl=${ttl}`, { body: 'here' })
  const status = async (key = 'k') => (await call(`GET ${node.url}/api/v1/kv/${key}`)).status

  for (const [ttl, ms] of [
    ['60', 60_000],
    ['0.25', 250],
    ['1.5', 1500],
    ['0.0001', 1],
  ] as const) {
    it(`of ${ttl} s ends after ${ms} ms, and no sooner`, async () => {
      for (const write of [store, put]) {
        expect((await write(ttl)).status).to.be.oneOf([200, 201])
        await node.clock.advance(ms - 1)
        expect(await status()).to.equal(200)
        await node.clock.advance(1)
        expect(await status()).to.equal(404)
        expect((await call(`GET ${node.url}/api?key=k`)).json).to.include({ data: null })
      }
    })
  }

  it('is gone with the next write without one', async () => {
    await store('1')
    await send(`POST ${node.url}/api`, { key: 'k', data: 'forever' })
    await node.clock.advance(3_600_000)
    expect((await call(`GET ${node.url}/api?key=k`)).json).to.include({ data: 'forever' })
  })

  it('makes room: the first write after it creates the value anew', async () => {
    await put('1')
    await node.clock.advance(1000)
    const again = await call(`PUT ${node.url}/api/v1/kv/k`, { headers: { 'if-none-match': '*' }, body: 'x' })
    expect(again.status).to.equal(201)
  })

  it('is taken in a batch too', async () => {
    const ops = [{ op: 'set', key: 'k', data: 'here', ttl: 0.5 }]
    await send(`POST ${node.url}/api/v1/batch`, { ops })
    await node.clock.advance(499)
    expect(await status()).to.equal(200)
    await node.clock.advance(1)
    expect(await status()).to.equal(404)
  })

  it('may be as long as anybody likes', async () => {
    const long = ['1e15', '1e300', '1e308', '1e400', '9'.repeat(400)]
    for (const [index, ttl] of long.entries()) expect((await store(ttl, `long${index}`)).status).to.equal(200)
    await node.clock.advance(3_600_000)
    for (const [index, ttl] of long.entries()) expect(await status(`long${index}`), ttl).to.equal(200)
  })

  for (const ttl of ['0', '-1', '-0', '-1e400', '"60"', 'null', 'true', '[]', '{}', '""']) {
    it(`cannot be ${ttl}`, async () => {
      expectProblem(await store(ttl), 400, 'BAD_REQUEST')
      const ops = `{"ops":[{"op":"set","key":"k","data":1,"ttl":${ttl}}]}`
      const { json } = await send(`POST ${node.url}/api/v1/batch`, ops)
      expect(json).to.have.nested.property('results[0].status', 400)
    })
  }

  for (const ttl of [
    '',
    '0',
    '0.0',
    '-1',
    '%2B1',
    '1e3',
    'abc',
    '1s',
    '0x10',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '%20 1',
    '1&ttl=2',
  ]) {
    it(`cannot be ?ttl=${ttl}`, async () => {
      expectProblem(await put(ttl), 400, 'BAD_REQUEST')
    })
  }

  it('gives back the memory of thousands that end at once, in turns that follow each other', async () => {
    await using fresh = await startTestNode()
    for (let batch = 0; batch < 5; batch++) {
      const ops = Array.from({ length: 1000 }, (_, index) => ({
        op: 'set',
        key: `${batch}:${index}`,
        data: 1,
        ttl: 1,
      }))
      await send(`POST ${fresh.url}/api/v1/batch`, { ops })
    }
    await fresh.clock.advance(2000) // The page of their second is over with this very tick.
    await until(
      async () => (await call(`GET ${fresh.url}/metrics`)).text,
      (page) => page.includes('larder_expirations_total 5000'),
    )
  })
})
