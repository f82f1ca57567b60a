/** Any node answers for any key: the one that owns it carries it out, whoever was asked. */
import { expect } from 'chai'
import { Cluster, get, keyOf, post } from '../support/cluster.ts'

describe('a cluster of four', () => {
  const ids = ['a', 'b', 'c', 'd']
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start({ ids })
  })
  after(() => cluster[Symbol.asyncDispose]())

  it('shares out every slot, once', async () => {
    const views = await Promise.all(ids.map((id) => cluster.viewOf(id)))
    expect(new Set(views.map(({ epoch }) => epoch)).size).to.equal(1)
    expect(views.reduce((sum, { slots }) => sum + slots.owned, 0)).to.equal(16381)
  })

  it('reads through every node what was written through any, and names the owner', async () => {
    for (const owner of ids) {
      const key = keyOf(owner, ids)
      for (const writer of ids) {
        const written = await post(`${cluster.url(writer)}/api`, { key, data: { writer } })
        expect(written).to.deep.include({ status: 200 })
        for (const reader of ids) {
          const read = await get(`${cluster.url(reader)}/api?key=${key}`)
          expect(read.body).to.deep.equal(written.body)
          expect(read.body).to.include({ node: owner })
        }
      }
    }
  })

  it('carries any bytes, conditions and errors between members as they are', async () => {
    const key = keyOf('b', ids)
    const url = `${cluster.url('a')}/api/v1/kv/${key}`
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)
    const put = await fetch(url, { method: 'PUT', body: bytes, headers: { 'content-type': 'image/png' } })
    const etag = put.headers.get('etag') ?? ''
    const read = await fetch(`${cluster.url('c')}/api/v1/kv/${key}`)
    expect(new Uint8Array(await read.arrayBuffer())).to.deep.equal(bytes)
    expect(read.headers.get('content-type')).to.equal('image/png')
    expect(read.headers.get('etag')).to.equal(etag)
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).to.equal(304)
    expect(
      (await fetch(url, { method: 'PUT', body: 'x', headers: { 'if-match': '"other"' } })).status,
    ).to.equal(412)
    expect((await fetch(url, { method: 'DELETE' })).status).to.equal(204)
    expect((await fetch(url, { method: 'DELETE' })).status).to.equal(404)
  })

  it('takes a time to live of any size through any node', async () => {
    const key = keyOf('b', ids)
    for (const ttl of [1e306, 1e-9]) {
      expect(await post(`${cluster.url('a')}/api`, { key, data: 1, ttl })).to.have.property('status', 200)
    }
  })

  it('brings large values from another member, more than one answer can carry', async () => {
    const key = keyOf('c', ids)
    const data = 'x'.repeat(6_000_000)
    await post(`${cluster.url('a')}/api`, { key, data })
    const reads = await Promise.all(
      Array.from({ length: 10 }, () => get(`${cluster.url('a')}/api?key=${key}`)),
    )
    for (const { status, body } of reads) {
      expect(status).to.equal(200)
      expect(body['data'] === data).to.equal(true)
    }
  })

  it('splits a batch by owner and joins the answers in order', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `order:${index}`)
    const sets = keys.map((key, index) => ({ op: 'set', key, data: index }))
    await post(`${cluster.url('a')}/api/v1/batch`, { ops: sets })
    const gets = keys.map((key) => ({ op: 'get', key }))
    const { body } = await post(`${cluster.url('b')}/api/v1/batch`, {
      ops: [...gets, { op: 'get' }, { op: 'none' }],
    })
    const results = body['results'] as { status: number; data: unknown; node: string }[]
    expect(results.map(({ status, data }) => (status === 200 ? data : status))).to.deep.equal([
      ...keys.map((_, index) => index),
      403,
      400,
    ])
    expect(new Set(results.map(({ node }) => node).filter(Boolean))).to.deep.equal(new Set(ids))
  })

  it('sends what is meant for one member together', async () => {
    const key = keyOf('b', ids)
    const before = await cluster.metric('a', 'larder_forwarded_batches_total')
    const ops = Array.from({ length: 500 }, () => ({ op: 'get', key }))
    await post(`${cluster.url('a')}/api/v1/batch`, { ops })
    expect((await cluster.metric('a', 'larder_forwarded_batches_total')) - before).to.be.at.most(3)
  })

  it('shows a write to every read that begins after it, whichever nodes the two went through', async () => {
    const at = (step: number) => cluster.url(ids[step % ids.length] ?? '')
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let step = 0; step < 50; step++) {
        await post(`${at(step * 3 + client)}/api`, { key: `client:${client}`, data: step })
        const { body } = await get(`${at(step * 5 + client)}/api?key=client:${client}`)
        expect(body['data']).to.equal(step)
      }
    })
    await Promise.all(clients)
  })

  it('counts exactly, through all nodes at once', async () => {
    const adds = Array.from({ length: 200 }, (_, index) =>
      post(`${cluster.url(ids[index % 4] ?? '')}/api/v1/batch`, {
        ops: [{ op: 'increment', key: 'stew', by: 3 }],
      }),
    )
    await Promise.all(adds)
    const { body } = await post(`${cluster.url('a')}/api/v1/batch`, { ops: [{ op: 'counter', key: 'stew' }] })
    expect(body['results']).to.deep.equal([{ status: 200, key: 'stew', value: '600' }])
  })

  it('keeps the order of a batch on one key, also on another member', async () => {
    const key = keyOf('c', ids)
    const ops = [
      { op: 'set', key, data: 1 },
      { op: 'get', key },
      { op: 'set', key, data: 2 },
      { op: 'get', key },
      { op: 'delete', key },
      { op: 'get', key },
    ]
    const { body } = await post(`${cluster.url('a')}/api/v1/batch`, { ops })
    expect((body['results'] as { data: unknown }[]).map(({ data }) => data)).to.deep.equal([
      1,
      1,
      2,
      2,
      null,
      null,
    ])
  })
})
