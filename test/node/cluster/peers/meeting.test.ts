/** Two members that meet: which format they agree on, and what becomes of calls while they cannot. */
import { expect } from 'chai'
import type { PeerResponse } from '../../../../node/cluster/peers/connection.ts'
import { settled } from '../../../support/clock.ts'
import { answering, failing, introducing, Partner } from './partner.ts'

describe('a meeting', () => {
  let partner: Partner
  beforeEach(() => {
    partner = new Partner()
  })

  it('comes before everything else, once for all that waits, and says what this member speaks', async () => {
    const introductions: unknown[] = []
    partner.meets = ({ body, type }) => {
      introductions.push(JSON.parse(String(body)), type)
      return introducing([4, 3])
    }
    const reads = await Promise.all([partner.read(), partner.peer.ping(1000), partner.peer.keep()])
    expect(reads[0]).to.equal('missing')
    expect(await partner.read()).to.equal('missing')
    expect(partner.meetings).to.equal(1)
    expect(introductions).to.deep.equal([
      { id: 'a', incarnation: 'a-1', version: '1.2.3', formats: [4, 3] },
      'application/json',
    ])
    expect(new Set(partner.heard)).to.deep.equal(new Set([4]))
  })

  it('agrees on the best format that both speak', async () => {
    partner.meets = () => introducing([9, 3])
    expect(await partner.read()).to.equal('missing')
    expect(partner.heard).to.deep.equal([3])
  })

  it('with another life than the one that is meant is none: whatever it has to say is not from that one', async () => {
    partner.meets = () => answering(200, { id: 'b', incarnation: 'b-2', version: '9.0.0', formats: [4, 3] })
    expect(await partner.read()).to.equal('REFUSED 503')
    expect([partner.heard, partner.strangers]).to.deep.equal([[], []])
  })

  it('with one that knows of none is in the former format', async () => {
    partner.meets = () => answering(404, { code: 'NO_SUCH_PATH' })
    expect(await partner.read()).to.equal('missing')
    expect(partner.heard).to.deep.equal([3])
    expect(partner.strangers).to.deep.equal([])
  })

  it('with one that has no format in common says nothing more to it, and names it once', async () => {
    partner.meets = () => introducing([9])
    expect([await partner.read(), await partner.read()]).to.deep.equal(['UNREACHABLE 503', 'UNREACHABLE 503'])
    // Of slots it says nothing at all: not that it has none.
    const asking = partner.peer.ask({ type: 'want', slots: [], isAnyway: false }, 100)
    expect(await asking.catch(({ code }) => code)).to.equal('UNREACHABLE')
    expect([partner.meetings, partner.heard]).to.deep.equal([1, []])
    expect(partner.strangers).to.have.lengthOf(1)
    expect(partner.strangers[0]).to.deep.include({
      peer: 'b',
      version: '9.0.0',
      formats: [9],
      ownFormats: [4, 3],
    })
    expect(await partner.counted('larder_not_understood_total')).to.equal(3)
    expect(partner.peer.contact.met).to.deep.equal({ version: '9.0.0', formats: [9] })
    expect(partner.peer.contact.misunderstood?.reason).to.equal(
      'it speaks none of the formats of this member',
    )
  })

  it('that takes long costs each call its own deadline, and is still the only one', async () => {
    const { promise, resolve } = Promise.withResolvers<PeerResponse>()
    partner.meets = () => promise
    const [short, long] = [partner.read(100), partner.read(1900)]
    const asking = partner.peer.ping(100).catch(({ code }) => code)
    await partner.clock.advance(100)
    expect(await Promise.race([short, long])).to.equal('UNREACHABLE 503')
    expect(await asking).to.equal('UNREACHABLE')
    resolve(introducing([4]))
    expect(await long).to.equal('missing')
    expect(partner.meetings).to.equal(1)
  })

  it('is tried anew by the next call where there was no connection', async () => {
    partner.meets = failing('ECONNREFUSED')
    expect(await partner.read()).to.equal('REFUSED 503')
    expect(partner.refused).to.deep.equal(['b'])
    partner.meets = failing('ECONNRESET')
    expect(await partner.read()).to.equal('UNREACHABLE 503')
    partner.meets = () => introducing([4])
    expect(await partner.read()).to.equal('missing')
    expect(partner.meetings).to.equal(3)
    expect(partner.strangers).to.deep.equal([])
  })

  const rubbish: readonly (readonly [what: string, answer: PeerResponse])[] = [
    ['no JSON', answering(200, 'hello')],
    ['of nobody', answering(200, { formats: [4] })],
    ['of no format', introducing([])],
    ['the page of somebody else', answering(404, '<p>not here</p>')],
    ['that the question is none', answering(400, { code: 'BAD_REQUEST' })],
  ]
  for (const [what, answer] of rubbish) {
    it(`that is answered ${what} makes a stranger, until it is answered well`, async () => {
      partner.meets = () => answer
      expect(await partner.read()).to.equal('UNREACHABLE 503')
      expect(partner.strangers[0]).to.include({ peer: 'b', version: 'unknown' })
      expect(partner.peer.contact.misunderstood).not.to.equal(undefined)
      partner.meets = () => introducing([4])
      expect(await partner.read()).to.equal('missing')
      expect(partner.peer.contact.misunderstood).to.equal(undefined)
      expect(partner.strangers.map(({ msg }) => msg)).to.deep.equal([
        'a member is not understood: upgrade one of the two',
        'a member is understood again',
      ])
    })
  }

  it('that is refused for another reason makes no stranger', async () => {
    for (const [status, code] of [
      [401, 'UNAUTHORIZED'],
      [503, 'NOT_READY'],
    ] as const) {
      partner.meets = () => answering(status, { code })
      expect(await partner.read()).to.match(/ 503$/)
    }
    expect(partner.strangers).to.deep.equal([])
  })

  it('is sought with everyone of a view but oneself', async () => {
    partner.peers.keep([
      { id: 'a', url: 'http://a', incarnation: 'a-1' },
      { id: 'b', url: 'http://b', incarnation: 'b-1', since: 1 },
    ])
    await settled()
    expect(partner.meetings).to.equal(1)
    expect([...partner.peers].map(({ member }) => member.id)).to.deep.equal(['b'])
  })
})
