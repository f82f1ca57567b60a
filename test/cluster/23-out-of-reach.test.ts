/** A member that others cannot reach: kept out, or left out, told why, and back once it is reached; nobody else suffers. */
import { expect } from 'chai'
import { z } from 'zod'
import { PeerRecord } from '../../shared/view.ts'
import { Cluster, get, keysOf, post } from '../support/cluster.ts'
import { Relay } from '../support/relay.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']
const LEASE = { LEASE_MS: '2000' }

describe('a member that others cannot reach', function () {
  this.timeout(60_000)

  const fill = async (cluster: Cluster, keys: readonly string[]) => {
    for (const key of keys)
      expect((await post(`${cluster.url('a')}/api`, { key, data: key })).status).to.equal(200)
  }
  /** Which of these are not answered, or not rightly. */
  const wrong = async (cluster: Cluster, keys: readonly string[], at: readonly string[] = ids) => {
    const answers = await Promise.all(
      keys.map(async (key, index) => {
        const { status, body } = await get(`${cluster.url(at[index % at.length] ?? '')}/api?key=${key}`)
        return status === 200 && body['data'] === key ? undefined : `${key}: ${status} ${body['code']}`
      }),
    )
    return answers.filter((answer) => answer !== undefined)
  }
  const readiness = (cluster: Cluster, id: string) => get(`${cluster.url(id)}/readyz`)
  const everybody = Array.from({ length: 60 }, (_, index) => `dish:${index}`)

  it('is kept out where its address never answers, or is that of another, and is told so', async () => {
    await using cluster = await Cluster.start({ ids, uplink: LEASE })
    await fill(cluster, everybody)
    const { epoch } = await cluster.viewOf('a')
    await using hole = await Relay.start(0)
    hole.isOpen = () => false
    await cluster.join('silent', { ADVERTISE_URL: hole.url })
    await cluster.join('copied', { ADVERTISE_URL: cluster.url('b') })
    for (const [id, finding] of [
      ['silent', 'others gets no good answer'],
      ['copied', 'others finds another life there'],
    ] as const) {
      const { body } = await until(
        () => readiness(cluster, id),
        ({ body }) => String(body['detail']).includes('kept out'),
      )
      expect(body['detail']).to.include(`Most do not reach ${id}`).and.include(finding)
    }
    expect(await wrong(cluster, everybody)).to.deep.equal([])
    expect((await cluster.viewOf('a')).epoch).to.equal(epoch)
  })

  it('is left out when it falls silent, serves through the others meanwhile, and is back when it answers', async () => {
    await using cluster = await Cluster.start({ ids, uplink: LEASE })
    const node = await cluster.join('d', { PORT: '0', ADVERTISE_URL: await Relay.reserve() })
    await using relay = await Relay.at(node.member.url, node.port)
    await cluster.settle()
    const all = [...ids, 'd']
    const keys = [...keysOf('d', all, 20), ...everybody]
    await fill(cluster, keys)
    const { epoch } = await cluster.viewOf('a')
    relay.isOpen = () => false
    const left = await until(
      () => cluster.viewOf('a'),
      ({ members }) => members.length === 3,
      20_000,
    )
    expect(left.epoch, 'one change of the view').to.equal(epoch + 1)
    const refused = await until(
      () => readiness(cluster, 'd'),
      ({ status }) => status === 503,
    )
    expect(refused.body['detail']).to.match(/^It is kept out of the cluster: .*do not reach/)
    await until(
      () => wrong(cluster, keys),
      (missed) => missed.length === 0,
      20_000,
    )
    // It reaches the others still: what it is asked it asks them.
    expect(await wrong(cluster, everybody, ['d'])).to.deep.equal([])
    relay.isOpen = () => true
    const back = await until(
      () => cluster.viewOf('a'),
      ({ members }) => members.length === 4,
      40_000,
    )
    expect(back.epoch).to.equal(epoch + 2)
    await cluster.settle()
    expect(await wrong(cluster, keys, all)).to.deep.equal([])
  })

  it('stays where only one of the others cannot, and what members know of each other says which', async () => {
    await using cluster = await Cluster.start({ ids, uplink: LEASE })
    const node = await cluster.join('d', { PORT: '0', ADVERTISE_URL: await Relay.reserve() })
    await using relay = await Relay.at(node.member.url, node.port)
    await cluster.settle()
    const { epoch } = await cluster.viewOf('a')
    relay.isOpen = (head) => !head.includes('larder-member: a\r\n')
    const knownBy = async (id: string) => {
      const { body } = await get(`${cluster.url(id)}/api/v1/cluster`)
      const record = z
        .array(PeerRecord)
        .parse(body['peers'])
        .find((peer) => peer.id === 'd')
      if (record === undefined) throw new Error(`${id} knows nothing of d`)
      return record
    }
    const known = await until(
      () => knownBy('a'),
      ({ reachable }) => !reachable,
    )
    expect(known)
      .to.include({ id: 'd', reachable: false, understood: true })
      .and.include.keys('since', 'last_seen')
    expect(known.reason).to.be.a('string').and.not.include('it answers')
    const shown = async () => (await fetch(`${cluster.uplink.url}/api/v1/status`)).text()
    await until(shown, (text) => text.includes('"reachable":false'))
    // Uplink has weighed it by then, and would have left it out.
    const looks = relay.count
    await until(
      async () => relay.count,
      (count) => count > looks + 12,
      30_000,
    )
    expect((await cluster.viewOf('b')).epoch).to.equal(epoch)
    expect(await knownBy('b')).to.include({ reachable: true, reason: 'it answers' })
  })
})
