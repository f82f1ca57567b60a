/** One connection a life of a member. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { Peers } from '../../../../node/cluster/peers/peers.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'

const b = { id: 'b', url: 'http://127.0.0.1:9', incarnation: 'b-1' }

describe('peers', () => {
  const create = () =>
    new Peers({
      clock: new FakeClock(),
      log: silent,
      metrics: createClusterMetrics(new Registry()),
      self: { id: 'a', url: 'http://a', incarnation: 'a-1' },
      stamps: new StampClock('a-1'),
      connect: () => ({
        open: async () => {},
        post: async () => ({ status: 200, body: Buffer.of() }),
        close() {},
      }),
      view: () => undefined,
      learn() {},
      isParting: () => false,
      onRefused() {},
    })

  it('are the same for the same life of a member, and new for another or at another address', () => {
    const peers = create()
    const peer = peers.of(b)
    expect(peers.of({ ...b })).to.equal(peer)
    expect(peers.of({ ...b, incarnation: 'b-2' })).to.not.equal(peer)
    expect(peers.of({ ...b, url: 'http://127.0.0.1:10' })).to.not.equal(peer)
  })

  it('are found by the life of their member, as long as it is that life', () => {
    const peers = create()
    expect(peers.find('b-1')).to.equal(undefined)
    const peer = peers.of(b)
    expect(peers.find('b-1')).to.equal(peer)
    const next = peers.of({ ...b, incarnation: 'b-2' })
    expect([peers.find('b-1'), peers.find('b-2')]).to.deep.equal([undefined, next])
    peers.retain([])
    expect(peers.find('b-2')).to.equal(undefined)
  })

  it('are let go when they leave the view', () => {
    const peers = create()
    const peer = peers.of(b)
    peers.retain([])
    expect([...peers]).to.deep.equal([])
    expect(peers.of(b)).to.not.equal(peer)
  })
})
