/** Members come and go: the others follow within one view, and what moves is there, all of it, and never stale. */
import { expect } from 'chai'
import { Cluster, get, keyOf, keysOf, ownerOf, post } from '../support/cluster.ts'
import { until } from '../support/until.ts'

describe('a change of members', () => {
  it('moves to a newcomer only its share, and leaves every other key where it was', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    const keys = Array.from({ length: 300 }, (_, index) => `dish:${index}`)
    const sets = keys.map((key) => ({ op: 'set', key, data: key }))
    await post(`${cluster.url('a')}/api/v1/batch`, { ops: sets })
    await cluster.join('d')
    await cluster.settle()
    const gets = keys.map((key) => ({ op: 'get', key }))
    const { body } = await post(`${cluster.url('a')}/api/v1/batch`, { ops: gets })
    const results = body['results'] as { key: string; node: string; data: unknown }[]
    expect(results.map(({ data }) => data)).to.deep.equal(keys)
    expect(results.filter(({ node }) => node === 'd').length).to.be.within(1, (300 / 4) * 1.25)
    for (const { key, node } of results)
      if (node !== 'd') expect(node).to.equal(ownerOf(key, ['a', 'b', 'c']))
  })

  it('never brings back an old value when a slot returns to a former owner', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'] })
    const [changed = '', deleted = ''] = keysOf('c', ['a', 'b', 'c'], 2)
    for (const key of [changed, deleted]) await post(`${cluster.url('a')}/api`, { key, data: 'old' })
    await cluster.join('c')
    await cluster.settle()
    await post(`${cluster.url('a')}/api`, { key: changed, data: 'new' })
    await fetch(`${cluster.url('a')}/api/v1/kv/${deleted}`, { method: 'DELETE' })
    await cluster.leave('c')
    await cluster.settle()
    expect((await get(`${cluster.url('a')}/api?key=${changed}`)).body['data']).to.equal('new')
    expect((await get(`${cluster.url('a')}/api?key=${deleted}`)).body['data']).to.equal(null)
  })

  it('loses no request while a member leaves in good order', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    const keys = keysOf('c', ['a', 'b', 'c'], 20)
    const statuses: number[] = []
    let isLeaving = true
    const load = ['a', 'b'].map(async (id) => {
      for (let index = 0; isLeaving || statuses.length <= 20; index++) {
        const { status } = await post(`${cluster.url(id)}/api`, {
          key: keys[index % keys.length],
          data: index,
        })
        statuses.push(status)
      }
    })
    await cluster.leave('c')
    isLeaving = false
    await Promise.all(load)
    expect(new Set(statuses)).to.deep.equal(new Set([200]))
  })

  it('is known to every member, which then forwards to the newcomer and no longer to the one that left', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'] })
    await cluster.join('c')
    await cluster.leave('b')
    await cluster.settle()
    const key = keyOf('c', ['a', 'c'])
    expect((await post(`${cluster.url('a')}/api`, { key, data: 1 })).body['node']).to.equal('c')
    await until(
      () => cluster.metric('a', 'larder_members'),
      (members) => members === 2,
    )
  })
})
