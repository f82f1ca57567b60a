/** Cached responses when members come, hear of events elsewhere, or are cut off. */
import { expect } from 'chai'
import { Cluster, ownerOf } from '../../support/cluster.ts'
import { freePorts } from '../../support/ports.ts'
import { Tether } from '../../support/tether.ts'
import { until } from '../../support/until.ts'
import { getFor, OBJECT_EVENTS, TestUpstream } from '../../support/upstream.ts'

describe('cached responses in a cluster that changes', () => {
  it('that refresh are fetched anew by their owner, whoever asked first', async () => {
    await using upstream = await TestUpstream.start()
    const ROUTES_FILE = await upstream.contract({ events: { ...OBJECT_EVENTS, action: 'refresh' } })
    await using cluster = await Cluster.start({ ids: ['a', 'b'], node: { ROUTES_FILE } })
    for (let id = 0; id < 8; id++) await getFor('acme', `${cluster.url('a')}/server/object(${id})/header`)
    for (let id = 0; id < 8; id++)
      await fetch(`${cluster.url('b')}/api/v1/events`, json({ type: 'object.update', objectid: id }))
    await upstream.called(16)
    for (const { headers } of upstream.calls) expect(headers.authorization).to.equal('Bearer t')
    for (let id = 0; id < 8; id++) {
      const path = `/server/object(${id})/header`
      const hit = await until(
        () => getFor('acme', `${cluster.url('b')}${path}`),
        ({ cacheStatus }) => cacheStatus.startsWith('Larder; hit'),
      )
      expect(Number((JSON.parse(hit.text) as { number: number }).number)).to.be.above(8)
    }
    expect(upstream.calls).to.have.length(16)
  })

  it('still answer who waits while a member joins, and are not stored where they no longer belong', async () => {
    await using upstream = await TestUpstream.start()
    await using cluster = await Cluster.start({
      ids: ['a'],
      node: { ROUTES_FILE: await upstream.contract() },
    })
    upstream.hold()
    const paths = Array.from({ length: 20 }, (_, id) => `/server/object(${id})/header`)
    const waiting = paths.map((path) => getFor('acme', `${cluster.url('a')}${path}`))
    await upstream.holds(20)
    await cluster.join('b')
    await cluster.settle()
    upstream.release()
    for (const { status } of await Promise.all(waiting)) expect(status).to.equal(200)
    for (const path of paths) {
      const number = async (id: string) =>
        JSON.parse((await getFor('acme', `${cluster.url(id)}${path}`)).text).number
      const [told, isMoved] = [await number('b'), ownerOf(path, ['a', 'b']) === 'b']
      expect([told > 20, await number('a')]).to.deep.equal([isMoved, told])
    }
  })

  it('are UNREACHABLE behind a member that is cut off, and other members go on', async () => {
    await using upstream = await TestUpstream.start()
    const node = { ROUTES_FILE: await upstream.contract({ timeout_ms: 1000 }), PEER_TIMEOUT_MS: '1000' }
    // Before a lease is over: then it would be left out.
    await using cluster = await Cluster.start({ ids: ['a'], node, uplink: { LEASE_MS: '60000' } })
    const [port] = await freePorts(1)
    await using tether = await Tether.to(port)
    await cluster.join('b', { PORT: String(port), ADVERTISE_URL: tether.url })
    await cluster.settle()
    tether.cut()
    const paths = Array.from({ length: 10 }, (_, id) => `/server/object(${id})/header`)
    for (const path of paths) {
      const { status, text } = await getFor('acme', `${cluster.url('a')}${path}`)
      if (ownerOf(path, ['a', 'b']) === 'a') expect(status).to.equal(200)
      else expect([status, JSON.parse(text).code]).to.deep.equal([503, 'UNREACHABLE'])
    }
  })
})

function json(value: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
