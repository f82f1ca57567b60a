/** At its limits a cluster refuses at once, loses nothing of what it took, and is as before when they are gone. */
import { expect } from 'chai'
import { Cluster, get, keyOf, post } from '../support/cluster.ts'
import { converse, request } from '../support/raw.ts'

const ids = ['a', 'b']

describe('a cluster at its limits', () => {
  for (const through of ids) {
    it(`refuses writes that a queue has no room for, asked through ${through === 'b' ? 'the owner' : 'another node'}`, async () => {
      await using cluster = await Cluster.start({ ids, node: { MAX_QUEUE: '5', SHARD_LIMIT: '1' } })
      const key = keyOf('b', ids)
      const url = `${cluster.url(through)}/api/v1/batch`
      const ops = Array.from({ length: 100 }, () => ({ op: 'increment', key, by: 1 }))
      const { body } = await post(url, { ops })
      const results = body['results'] as { status: number; code?: string; value?: string }[]
      const taken = results.filter(({ status }) => status === 200)
      const refused = results.filter(({ status, code }) => status === 503 && code === 'OVERLOADED')
      expect(taken.length).to.be.within(1, 99)
      expect(taken.length + refused.length).to.equal(100)
      expect(taken.map(({ value }) => Number(value))).to.deep.equal(taken.map((_, index) => index + 1))
      expect(await cluster.metric('b', 'larder_refused_writes_total')).to.equal(refused.length)
      expect(await cluster.metric('b', 'larder_queue_length')).to.equal(0)
      const after = await post(url, { ops: [{ op: 'increment', key, by: 1 }] })
      expect(after.body['results']).to.deep.equal([{ status: 200, key, value: String(taken.length + 1) }])
    })
  }

  it('tells a single caller when to come again', async () => {
    await using cluster = await Cluster.start({ ids: ['a'], node: { MAX_QUEUE: '1', SHARD_LIMIT: '1' } })
    const port = Number(new URL(cluster.url('a')).port)
    // All in one packet, so that they are there in one turn of the event loop.
    const puts = Array.from({ length: 20 }, (_, index) =>
      request(`PUT /api/v1/kv/${index}`, 'Host: localhost\r\nContent-Length: 1', 'x'),
    )
    const answers = await converse(port, puts.join(''), { answers: 20 })
    const refused = answers.filter(({ status }) => status === 503)
    expect(refused.length).to.be.above(0)
    expect(refused.every(({ headers }) => headers['retry-after'] === '1')).to.equal(true)
    expect(answers.length - refused.length).to.equal(answers.filter(({ status }) => status === 201).length)
  })

  it('answers what it has written even when the answer to a batch is full of what was read', async () => {
    await using cluster = await Cluster.start({ ids: ['a'] })
    const url = cluster.url('a')
    await post(`${url}/api`, { key: 'large', data: 'x'.repeat(4_000_000) })
    const gets = Array.from({ length: 20 }, () => ({ op: 'get', key: 'large' }))
    const ops = [...gets, { op: 'increment', key: 'c', by: 1 }, { op: 'set', key: 'k', data: 1 }]
    const { body } = await post(`${url}/api/v1/batch`, { ops })
    const statuses = (body['results'] as { status: number }[]).map(({ status }) => status)
    expect(statuses.slice(-2)).to.deep.equal([200, 200])
    expect(new Set(statuses.slice(0, 20))).to.deep.equal(new Set([200, 413]))
  })

  it('keeps MAX_BYTES by giving up what was used longest ago', async () => {
    await using cluster = await Cluster.start({ ids: ['a'], node: { MAX_BYTES: '1MiB' } })
    const url = cluster.url('a')
    const data = 'x'.repeat(10_000)
    await post(`${url}/api`, { key: 'favourite', data: 'kept' })
    for (let round = 0; round < 10; round++) {
      const ops = Array.from({ length: 50 }, (_, index) => ({ op: 'set', key: `r${round}k${index}`, data }))
      await post(`${url}/api/v1/batch`, { ops })
      expect((await get(`${url}/api?key=favourite`)).body['data']).to.equal('kept')
      expect(await cluster.metric('a', 'larder_bytes')).to.be.at.most(1.1 * 2 ** 20)
    }
    expect(await cluster.metric('a', 'larder_bytes')).to.be.above(0.9 * 2 ** 20)
    expect(await cluster.metric('a', 'larder_evictions_total')).to.be.above(300)
    expect((await get(`${url}/api?key=r0k0`)).body['data']).to.equal(null)
  })
})
