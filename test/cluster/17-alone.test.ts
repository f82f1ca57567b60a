/** No uplink, and a member that dies: the others judge for themselves who is there, and its copies serve. */
import { expect } from 'chai'
import { Cluster, get, keysOf, post } from '../support/cluster.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']

describe('a cluster that has lost its uplink', () => {
  it('serves what a member held that dies then, and takes new writes for it', async () => {
    await using cluster = await Cluster.start({ ids, uplink: { LEASE_MS: '600' } })
    const all = keysOf('c', ids, 40)
    const [keys, counters] = [all.slice(0, 20), all.slice(20)]
    for (const key of keys)
      expect((await post(`${cluster.url('a')}/api`, { key, data: key })).status).to.equal(200)
    for (const key of counters) await post(`${cluster.url('b')}/api/v1/counters/${key}`, { by: 3 })
    await cluster.uplink[Symbol.asyncDispose]()
    await cluster.leave('c') // It can tell nobody: to the others it is gone.
    for (const [index, key] of keys.entries()) {
      const url = cluster.url(index % 2 === 0 ? 'a' : 'b')
      const { body } = await until(
        () => get(`${url}/api?key=${key}`),
        ({ status }) => status === 200,
      )
      expect([body['node'], body['data']]).to.deep.equal([body['node'] === 'a' ? 'a' : 'b', key])
      await until(
        () => get(`${url}/api/v1/counters/${counters[index]}`),
        ({ status }) => status === 200,
      )
      const added = await post(`${url}/api/v1/counters/${counters[index]}`, { by: 4 })
      expect(added.body).to.include({ value: '7' })
    }
  })

  it('takes the next life of a member that was killed, at its address, not for the one that it knows', async () => {
    await using cluster = await Cluster.start({ ids, uplink: { LEASE_MS: '600' } })
    const keys = keysOf('c', ids, 20)
    for (const key of keys) await post(`${cluster.url('a')}/api`, { key, data: key })
    const port = new URL(cluster.url('c')).port
    await cluster.uplink[Symbol.asyncDispose]()
    await cluster.leave('c')
    await cluster.join('c', { PORT: port })
    for (const [index, key] of keys.entries()) {
      const url = cluster.url(index % 2 === 0 ? 'a' : 'b')
      const { body } = await until(
        () => get(`${url}/api?key=${key}`),
        ({ status }) => status === 200,
      )
      expect(body['data']).to.equal(key)
      expect((await post(`${url}/api`, { key, data: 'more' })).status).to.equal(200)
    }
    const known = (await (await fetch(`${cluster.url('a')}/api/v1/cluster`)).json()) as { peers: Peer[] }
    const { reachable, reason } = known.peers.find(({ id }) => id === 'c') ?? {}
    expect([reachable, reason]).to.deep.equal([false, reason?.match(/^Where c is to be, .* answers.*/)?.[0]])
    expect((await get(`${cluster.url('c')}/readyz`)).status).to.equal(503)
  })
})

interface Peer {
  readonly id: string
  readonly reachable: boolean
  readonly reason: string
}
