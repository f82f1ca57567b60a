/** A member that hangs, dies or comes back: its trouble stays its own, and it needs nobody's restart. */
import { expect } from 'chai'
import { get, keyOf, post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']
const [keyOfB, keyOfC] = [keyOf('b', ids), keyOf('c', ids)]

describe('a member in trouble', () => {
  it('that hangs costs its callers their deadline, costs other members nothing, and is reached again', async () => {
    await using cluster = await ProcessCluster.start(ids, {
      node: { PEER_TIMEOUT_MS: '500' },
      uplink: { LEASE_MS: '60000' },
    })
    const [a, b] = [cluster.member('a'), cluster.member('b')]
    process.kill(b.process.pid, 'SIGSTOP')
    const order: string[] = []
    const hanging = Array.from({ length: 20 }, () =>
      fetch(`${a.url}/api?key=${keyOfB}`).then((response) => {
        order.push('b')
        return response
      }),
    )
    for (let index = 0; index < 20; index++) {
      expect(await post(`${a.url}/api`, { key: keyOfC, data: index })).to.have.property('status', 200)
      order.push('c')
    }
    for (const response of await Promise.all(hanging)) {
      expect(response.status).to.equal(503)
      expect(response.headers.get('retry-after')).to.equal('1')
      expect(await response.json()).to.include({ code: 'UNREACHABLE' })
    }
    expect(order.slice(0, 20)).to.deep.equal(Array(20).fill('c'))
    process.kill(b.process.pid, 'SIGCONT')
    await until(
      () => get(`${a.url}/api?key=${keyOfB}`),
      ({ status }) => status === 200,
    )
  })

  it('that is killed is reported by whoever it refuses, and replaced long before its lease ends', async () => {
    await using cluster = await ProcessCluster.start(ids, { uplink: { LEASE_MS: '60000' } })
    const { epoch } = await cluster.view()
    await cluster.member('b').process.kill()
    const answer = await post(`${cluster.member('a').url}/api`, { key: keyOfB, data: 1 })
    expect(answer.status).to.equal(200)
    expect(answer.body['node']).to.be.oneOf(['a', 'c'])
    const view = await cluster.view()
    expect(view.members.map(({ id }) => id)).to.deep.equal(['a', 'c'])
    expect(view.epoch).to.equal(epoch + 1)
  })

  it('that is killed while nobody needs it is out of the view when its lease ends', async () => {
    await using cluster = await ProcessCluster.start(ids, { uplink: { LEASE_MS: '2000' } })
    await cluster.member('b').process.kill()
    const view = await until(
      () => cluster.view(),
      ({ members }) => members.length === 2,
    )
    expect(view.members.map(({ id }) => id)).to.deep.equal(['a', 'c'])
  })

  it('that hangs for longer than its lease is left out, and is a member again when it wakes up', async () => {
    await using cluster = await ProcessCluster.start(ids, { uplink: { LEASE_MS: '2000' } })
    const { pid } = cluster.member('b').process
    process.kill(pid, 'SIGSTOP')
    // The view of the one that is asked: uplink knows of it a moment before.
    await until(
      () => get(`${cluster.member('a').url}/api/v1/cluster`),
      ({ body }) => (body['members'] as unknown[]).length === 2,
    )
    expect((await post(`${cluster.member('a').url}/api`, { key: keyOfB, data: 'new' })).status).to.equal(200)
    process.kill(pid, 'SIGCONT')
    await until(
      () => cluster.view(),
      ({ members }) => members.length === 3,
    )
    await until(
      () => post(`${cluster.member('c').url}/api`, { key: keyOfB, data: 'newer' }),
      ({ body }) => body['node'] === 'b',
    )
  })
})
