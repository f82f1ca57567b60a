/** The clocks of two members: how far they are from each other, and times that one does not believe. */
import { expect } from 'chai'
import type { PeerResponse, Posted } from '../../../../node/cluster/peers/connection.ts'
import { decodeRequest, encodeResponse } from '../../../../node/cluster/wire/execute.ts'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import { nowBy } from '../../../../node/cluster/wire/times.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { answering, Partner } from './partner.ts'

const DAY_MS = 86_400_000
const OUT_OF_STEP = 'the clocks of two members differ by more than a second: keep them in step'
const IN_STEP = 'the clocks of two members are in step again'

describe('the clock of another member', () => {
  let partner: Partner
  beforeEach(() => {
    partner = new Partner()
  })

  /** It answers reads in so much time, with a clock that is so far ahead. */
  const answerIn = (tookMs: number, aheadMs: number, time = 1) => {
    partner.answers = async ({ body }: Posted): Promise<PeerResponse> => {
      const { commands } = decodeRequest(body, nowBy(partner.clock))
      await partner.clock.advance(tookMs / 2)
      const there = { nowMs: 5, wallMs: partner.clock.wall() + aheadMs }
      const results = commands.map(() => partner.result)
      const frame = encodeResponse({ format: CURRENT, epoch: 1, time, results }, there)
      await partner.clock.advance(tookMs / 2)
      return { status: 200, body: frame }
    }
  }
  const clockTold = () =>
    partner.told.filter(({ msg }) => String(msg).includes('clocks of two')).map(({ msg }) => msg)

  it('is known from what it answers, however long the way is', async () => {
    expect(partner.peer.contact.aheadMs).to.equal(undefined)
    answerIn(400, -3_600_000)
    await partner.read()
    expect(partner.peer.contact.aheadMs).to.equal(-3_600_000)
  })

  it('is warned of once where it is more than a second off, until it is in step again', async () => {
    for (const aheadMs of [0, 900, 1500, 2000, 900, 1500, 40, 0]) {
      answerIn(20, aheadMs)
      await partner.read()
    }
    expect(clockTold()).to.deep.equal([OUT_OF_STEP, IN_STEP])
    expect(partner.told.find(({ msg }) => msg === OUT_OF_STEP)).to.include({ peer: 'b', aheadSeconds: 1.5 })
  })

  it('is not judged by an answer that took so long that nobody knows when it was given', async () => {
    answerIn(900, 3_600_000)
    await partner.read()
    expect([partner.peer.contact.aheadMs, clockTold()]).to.deep.equal([undefined, []])
  })

  const deaf = () => partner.told.filter(({ msg }) => String(msg).includes('do not hear each other'))

  it('that is more than a day ahead is not believed, and both say why', async () => {
    answerIn(2, 2 * DAY_MS, (partner.clock.wall() + 2 * DAY_MS) * TICKS_PER_MS)
    expect([await partner.read(), await partner.read()]).to.deep.equal(['UNREACHABLE 503', 'UNREACHABLE 503'])
    expect(deaf()).to.have.lengthOf(1)
    expect(deaf()[0]).to.include({ peer: 'b', level: 50 })
    expect(deaf()[0]?.['reason']).to.include('more than a day beyond the clock of this member')
    expect(await partner.counted('larder_not_understood_total')).to.equal(2)

    partner = new Partner()
    partner.answers = () => answering(409, { code: 'IMPOSSIBLE' })
    expect(await partner.read()).to.equal('UNREACHABLE 503')
    expect(deaf()[0]).to.include({ reason: 'it does not believe the times that this member tells' })
  })

  it('is heard again once it is right', async () => {
    answerIn(2, 2 * DAY_MS, 1e300)
    await partner.read()
    answerIn(2, 0)
    expect(await partner.read()).to.equal('missing')
    expect(partner.told.at(-1)).to.include({ msg: 'a member is understood again' })
  })
})
