/** No uplink, and a member that dies: the others judge for themselves who is there, and its copies serve. */
import { expect } from 'chai'
import { Cluster, get, keysOf, post } from '../support/cluster.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']

describe('a cluster that has lost its uplink', function () {
  this.timeout(30_000)

  it('serves what a member held that dies then, and takes new writes for it', async () => {
    await using cluster = await Cluster.start({ ids, uplink: { LEASE_MS: '600' } })
    const keys = keysOf('c', ids, 20)
    for (const key of keys) {
      expect((await post(`${cluster.url('a')}/api`, { key, data: key })).status).to.equal(200)
      await post(`${cluster.url('b')}/api/v1/counters/${key}`, { by: 3 })
    }
    await cluster.uplink[Symbol.asyncDispose]()
    await cluster.leave('c') // It can tell nobody: to the others it is gone.
    for (const [index, key] of keys.entries()) {
      const url = cluster.url(index % 2 === 0 ? 'a' : 'b')
      const { body } = await until(
        () => get(`${url}/api?key=${key}`),
        ({ status }) => status === 200,
      )
      expect([body['node'], body['data']]).to.deep.equal([body['node'] === 'a' ? 'a' : 'b', key])
      expect((await post(`${url}/api/v1/counters/${key}`, { by: 4 })).body).to.include({ value: '7' })
    }
  })
})
