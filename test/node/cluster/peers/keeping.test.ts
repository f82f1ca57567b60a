/** The ways to other members: open before anything is said on them, and opened again when they are lost. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { freePorts } from '../../../support/ports.ts'
import { until } from '../../../support/until.ts'
import { memberOf } from '../../../support/views.ts'
import { connectionTo, Echo, failureOf } from './echo.ts'
import { failing, Partner } from './partner.ts'

describe('the ways to a member', () => {
  it('are open once that was asked for, and stay the same ones when they are used', async () => {
    await using echo = await Echo.start()
    using connection = connectionTo(echo.http.port)
    await connection.open()
    expect([echo.channels, echo.open]).to.deep.equal([1, 1])
    await Promise.all([connection.open(), connection.ask('a')])
    expect(echo.channels).to.equal(1)
  })

  it('carry what is asked while they are being opened', async () => {
    await using echo = await Echo.start()
    using connection = connectionTo(echo.http.port)
    const opening = connection.open()
    expect(String((await connection.ask('a')).body)).to.equal('a')
    await opening
    expect(echo.channels).to.equal(1)
  })

  it('are opened anew after they were lost', async () => {
    await using echo = await Echo.start()
    using connection = connectionTo(echo.http.port)
    await connection.open()
    echo.hangUp()
    await until(
      async () => {
        await connection.open()
        return [echo.channels, echo.open]
      },
      ([channels, open]) => channels === 2 && open === 1,
    )
  })

  it('fail to open as a question fails to be asked', async () => {
    const [port] = await freePorts(1)
    using connection = connectionTo(port)
    expect((await failureOf(connection.open())).code).to.equal('ECONNREFUSED')
  })
})

describe('members of a view', () => {
  const view = [memberOf('a'), memberOf('b')]

  it('have their ways opened when it arrives, and looked after each second until they leave it', async () => {
    const partner = new Partner()
    partner.peers.keep(view)
    await settled()
    expect([partner.meetings, partner.opened, partner.heard]).to.deep.equal([1, 1, []])
    await partner.clock.advance(3000)
    expect([partner.meetings, partner.opened]).to.deep.equal([1, 4])
    partner.peers.retain([])
    await partner.clock.advance(3000)
    expect(partner.opened).to.equal(4)
  })

  it('are reported, and the log tells of it, when one has met and refuses a connection later', async () => {
    const partner = new Partner()
    partner.peers.keep(view)
    await settled()
    partner.opens = async () => {
      throw Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' })
    }
    await partner.clock.advance(2000)
    expect(partner.refused).to.deep.equal(['b', 'b'])
    expect(partner.told.map(({ msg }) => msg)).to.deep.equal(['a peer fails'])
    expect(await partner.counted('larder_forward_failures_total')).to.equal(2)
  })

  it('are no trouble when they answer no more while this member leaves', async () => {
    const partner = new Partner()
    partner.peers.keep(view)
    await settled()
    partner.isParting = true
    partner.opens = async () => {
      throw Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' })
    }
    await partner.clock.advance(1000)
    expect(partner.told.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [30, 'a peer does not answer any more, as one of the two leaves'],
    ])
  })

  it('count as tried whatever came of it, and not before', async () => {
    for (const answer of [undefined, failing('ECONNREFUSED'), failing('EAI_AGAIN')]) {
      const partner = new Partner()
      const held = Promise.withResolvers<void>()
      const meets = answer ?? partner.meets
      partner.meets = async (posted) => {
        await held.promise
        return await meets(posted)
      }
      partner.peers.keep(view)
      await settled()
      expect(partner.peers.untried(view).map(({ id }) => id)).to.deep.equal(['b'])
      held.resolve()
      await settled()
      expect(partner.peers.untried(view)).to.deep.equal([])
    }
  })

  it('have none opened that were met when they had left it', async () => {
    const partner = new Partner()
    const held = Promise.withResolvers<void>()
    const { meets } = partner
    partner.meets = async (posted) => {
      await held.promise
      return await meets(posted)
    }
    partner.peers.keep(view)
    partner.peers.retain([])
    await settled()
    held.resolve()
    await settled()
    expect([partner.meetings, partner.opened]).to.deep.equal([1, 0])
  })

  it('that do not answer are tried once at a time', async () => {
    const partner = new Partner()
    partner.meets = () => new Promise(() => {})
    partner.peers.keep(view)
    await partner.clock.advance(5000)
    expect(partner.meetings).to.equal(1)
  })
})
