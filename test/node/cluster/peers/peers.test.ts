/** One connection a life of a member. */
import { duplexPair } from 'node:stream'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { Channel, type FrameRow } from '../../../../node/cluster/peers/channel.ts'
import type { Listening } from '../../../../node/cluster/peers/connection.ts'
import { failed, heard } from '../../../../node/cluster/peers/contact.ts'
import { Peers } from '../../../../node/cluster/peers/peers.ts'
import { EXECUTE_PATH } from '../../../../node/cluster/wire/execute.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import { type Clock, systemClock } from '../../../../shared/clock.ts'
import { FakeClock } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'

const b = { id: 'b', url: 'http://127.0.0.1:9', incarnation: 'b-1' }

describe('peers', () => {
  let listening: Listening | undefined
  const create = (clock: Clock = new FakeClock()) =>
    new Peers({
      clock,
      log: silent,
      metrics: createClusterMetrics(new Registry()),
      self: { id: 'a', url: 'http://a', incarnation: 'a-1' },
      stamps: new StampClock('a-1'),
      connect: (_, own) => {
        listening = own
        return {
          open: async () => {},
          post: async () => ({ status: 200, body: Buffer.of() }),
          close() {},
        }
      },
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

  const channel = (rows: readonly FrameRow[] = []) => {
    const [socket, other] = duplexPair()
    const options = { clock: systemClock, from: 'b', told() {}, questionBytesMax: 1000 }
    return {
      own: new Channel(socket, { ...options, rows }),
      other: new Channel(other, { ...options, rows: [] }),
    }
  }

  it('are asked on a channel that this life has opened, but for one that has failed to answer', () => {
    const peers = create()
    const { contact } = peers.of(b)
    const { own } = channel()
    expect(listening?.taken).to.equal(undefined)
    peers.channels.set('b-1', own)
    expect(listening?.taken).to.equal(own)
    failed(contact, 0, 'no answer')
    expect(listening?.taken).to.equal(undefined)
    heard(contact, 1)
    expect(listening?.taken).to.equal(own)
  })

  it('have their answers, when this member stops, also on a channel that it has opened', async () => {
    const peers = create(systemClock)
    peers.of(b)
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Buffer>()
    const row = {
      path: EXECUTE_PATH,
      summary: '',
      answer() {
        asked.resolve()
        return answer.promise
      },
    }
    const { own, other } = channel([row])
    listening?.opened.add(own)
    const asking = other.ask({ path: EXECUTE_PATH, body: Buffer.of(), timeoutMs: 5000 })
    await asked.promise
    const stopping = peers[Symbol.asyncDispose]()
    answer.resolve(Buffer.from('in the end'))
    expect(String((await asking).body)).to.equal('in the end')
    listening?.opened.delete(own)
    await stopping
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
