/** Slots that do not arrive: from when on that is told, and what is said to be the reason. */
import { expect } from 'chai'
import { type ArrivalsBench, following } from '../../../support/slot-arrivals.ts'
import { asOf } from '../../../support/slot-partners.ts'
import { absent, memberOf, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, AC, BA] = [slotOf('a', 'b'), slotOf('a', 'c'), slotOf('b', 'a')]

/** What is told after so many seconds. */
async function overdueAfter({ outstanding, clock }: ArrivalsBench, seconds: number) {
  outstanding.start()
  await clock.advance(1000 * seconds)
  outstanding.stop()
  return outstanding.overdue
}

describe('slots that are outstanding', () => {
  it('are told of after thirty seconds, with who does not answer, until they are here', async () => {
    const bench = await following(three, [AB, AC], ({ partners }) => {
      partners.refuses('b')
      partners.answers('c', { want: asOf(0) })
    })
    expect(await overdueAfter(bench, 31)).to.deep.equal([])
    expect(await overdueAfter(bench, 1)).to.deep.equal([
      { slots: 2, seconds: 31, reason: 'b may have them, and gives no answer' },
    ])
    expect(bench.told).to.deep.equal(['slots have been arriving for more than thirty seconds'])
    bench.partners.answers('b')
    expect(await overdueAfter(bench, 2)).to.deep.equal([])
    expect(bench.told.slice(1)).to.deep.equal(['no slot has been arriving for long'])
  })

  it('are told of with those that they wait for', async () => {
    const silent = absent(viewOf(1, ['a', 'b', 'c']), [], ['c'])
    const bench = await following(silent, [AC], ({ partners }) => partners.answers('b', { want: asOf(0) }))
    expect(bench.outstanding.waiting).to.deep.equal({ slots: 1, members: ['c'] })
    const [first] = await overdueAfter(bench, 32)
    expect(first?.reason).to.equal('they wait for c, which held them last')
  })

  it('are told of with the owner, where they are copies', async () => {
    const bench = await following(three, [BA])
    const [first] = await overdueAfter(bench, 32)
    expect(first?.reason).to.equal('b, which owns them, has not compared them')
  })

  it('are told of with whoever is giving them', async () => {
    const bench = await following(viewOf(1, ['a', memberOf('b')]), [AB], ({ partners }) =>
      partners.holds('b'),
    )
    bench.partners.of(memberOf('b')).contact.gaveAtMs = Infinity
    const [first] = await overdueAfter(bench, 32)
    expect(first?.reason).to.equal('b is asked for them, and has not given all')
  })

  it('are no longer, once they are no longer to be here', async () => {
    const bench = await following(three, [AB], ({ partners }) => {
      partners.refuses('b')
      partners.refuses('c')
    })
    expect(await overdueAfter(bench, 32)).to.have.length(1)
    await bench.follow(viewOf(2, ['b', 'c']))
    expect(await overdueAfter(bench, 1)).to.deep.equal([])
  })
})
