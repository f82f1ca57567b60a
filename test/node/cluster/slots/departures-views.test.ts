/** What a member lets go of as it goes by one view after the other, and whom it hands that over to. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { DeparturesBench, departing, offer } from '../../../support/slot-departures.ts'
import { memberOf, slotOf, viewOf } from '../../../support/views.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]

describe('a member that lets go of slots', () => {
  it('offers all that it has when it is leaving', async () => {
    const bench = await departing([AB, BA, BC])
    bench.partners.forget()
    await bench.follow(viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']))
    expect(bench.partners.slotsSaid('b').flat()).to.have.members([AB, BA])
  })

  it('keeps everything while it is not in the view, and while nobody is there to take it', async () => {
    for (const view of [viewOf(1, ['b', 'c']), viewOf(1, [memberOf('a', { leaving: true })])]) {
      const bench = new DeparturesBench(AB, BC)
      await bench.follow(view)
      expect([bench.partners.log, bench.departures.count, bench.has(BC)]).to.deep.equal([[], 0, true])
    }
  })

  it('offers to the owner of a new view, as given only if it was given to that one', async () => {
    const bench = await departing([BC], ({ partners }) => {
      partners.answers('b', { offer: ['send', 'keep'] })
      partners.answers('c', { offer: 'keep' })
    })
    await bench.clock.advance(0)
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    await bench.clock.advance(250)
    expect(bench.partners.said('b').at(-1)).to.deep.equal(offer(BC, true))
    await bench.follow(viewOf(3, ['a', memberOf('b', { leaving: true }), 'c', 'd']))
    expect(bench.partners.said('c').concat(bench.partners.said('d'))).to.deep.equal([offer(BC)])
  })

  it('does not let go of what has become its own by the time of the answer', async () => {
    const bench = await departing([BC], ({ partners }) => partners.holds('b'))
    await bench.follow(viewOf(2, ['a']))
    bench.partners.releases('b')
    await settled()
    expect([bench.holdings.roleOf(BC), bench.has(BC)]).to.deep.equal(['owner', true])
  })

  it('offers what has nothing in it too when it is leaving: else it would pass for lost', async () => {
    const bench = await departing([BC], ({ partners, store }) => {
      partners.answers('b', { offer: ['keep', 'keep', 'drop'] })
      store.drop([BC])
    })
    bench.partners.forget()
    await bench.follow(viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']))
    expect(bench.partners.slotsSaid('b').flat()).to.include(BC)
  })

  it('lets go of a slot of which nothing is left: what its copy was worth is no more, nor on disk', async () => {
    const bench = await departing([BC], ({ partners }) => partners.answers('b', { offer: 'keep' }))
    bench.store.drop([BC])
    expect([bench.asOf(BC), bench.dropped]).to.deep.equal([1, []])
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect([bench.asOf(BC), bench.dropped]).to.deep.equal([0, [BC]])
  })
})
