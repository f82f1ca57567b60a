/** Limits over HTTP: whether so much may be done now, with what clients look at to wait. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

let node: TestNode
const at = (key: string) => `${node.url}/api/v1/limits/${key}`

describe('POST /api/v1/limits/{key}', () => {
  eachOnNode((started) => {
    node = started
  })

  it('allows what there is, and says what is left, in the answer and in its headers', async () => {
    const answer = await send(`POST ${at('ip')}`, { limit: 100, window: 60 })
    expect([answer.status, answer.json]).to.deep.equal([
      200,
      { allowed: true, limit: 100, remaining: 99, reset: 0.6 },
    ])
    expect(answer.headers.get('ratelimit-policy')).to.equal('"limit";q=100;w=60')
    expect(answer.headers.get('ratelimit')).to.equal('"limit";r=99;t=1')
    expect(answer.headers.get('retry-after')).to.equal(null)
  })

  it('refuses what there is not, as plain JSON that says when to come again, and uses nothing up', async () => {
    await send(`POST ${at('ip')}`, { limit: 10, window: 60, cost: 8 })
    const answer = await send(`POST ${at('ip')}`, { limit: 10, window: 60, cost: 3 })
    expect([answer.status, answer.json]).to.deep.equal([
      429,
      { allowed: false, limit: 10, remaining: 2, reset: 48 },
    ])
    expect(answer.headers.get('content-type')).to.match(/^application\/json\b/)
    expect([answer.headers.get('retry-after'), answer.headers.get('ratelimit')]).to.deep.equal([
      '6',
      '"limit";r=2;t=48',
    ])
    expect((await send(`POST ${at('ip')}`, { limit: 10, window: 60, cost: 2 })).status).to.equal(200)
    const asked = await send(`POST ${at('ip')}`, { limit: 10, window: 60, cost: 0 })
    expect([asked.status, asked.json]).to.deep.equal([
      200,
      { allowed: true, limit: 10, remaining: 0, reset: 60 },
    ])
  })

  it('refills, and begins anew when it is deleted', async () => {
    const take = () => send(`POST ${at('ip')}`, { limit: 2, window: 10 })
    const statuses = async (times: number) => {
      const all: number[] = []
      for (let time = 0; time < times; time++) all.push((await take()).status)
      return all
    }
    expect(await statuses(3)).to.deep.equal([200, 200, 429])
    await node.clock.advance(5000)
    expect(await statuses(2)).to.deep.equal([200, 429])
    expect((await call(`DELETE ${at('ip')}`)).status).to.equal(204)
    expect(await statuses(3)).to.deep.equal([200, 200, 429])
    expect((await call(`DELETE ${at('never')}`)).status).to.equal(204)
  })

  it('is one of its own, beside a value, a counter and reactions of the same key', async () => {
    await send(`POST ${node.url}/api`, { key: 'k', data: 5 })
    await send(`POST ${at('k')}`, { limit: 1, window: 60 })
    expect((await call(`GET ${node.url}/api?key=k`)).json).to.include({ data: 5 })
    await call(`DELETE ${node.url}/api?key=k`)
    expect((await send(`POST ${at('k')}`, { limit: 1, window: 60 })).status).to.equal(429)
  })

  it('is answered in a batch too, each with its own status', async () => {
    const op = { op: 'limit', key: 'ip', limit: 1, window: 60 }
    const { json } = await send(`POST ${node.url}/api/v1/batch`, { ops: [op, op, { ...op, cost: 2 }] })
    expect(json).to.have.property('results').that.has.lengthOf(3)
    const [first, second, third] = (json as { results: object[] }).results
    expect(first).to.deep.equal({ status: 200, key: 'ip', allowed: true, limit: 1, remaining: 0, reset: 60 })
    expect(second).to.include({ status: 429, allowed: false })
    expect(third).to.include({ status: 400, code: 'BAD_REQUEST' })
  })

  for (const body of [
    {},
    { limit: 5 },
    { window: 5 },
    { limit: 0, window: 5 },
    { limit: 1.5, window: 5 },
    { limit: 5, window: 0 },
    { limit: 5, window: -1 },
    { limit: 5, window: '60' },
    { limit: '5', window: 60 },
    { limit: 5, window: 60, cost: '1' },
    { limit: 5, window: 5, cost: 6 },
    { limit: 5, window: 5, cost: -1 },
    { limit: 5, window: 5, cost: 0.5 },
    { limit: 2 ** 53, window: 5 },
  ])
    it(`cannot understand ${JSON.stringify(body)}`, async () => {
      expectProblem(await send(`POST ${at('ip')}`, body), 400, 'BAD_REQUEST')
    })
})
