/** Which replicas are known to be whole, from one view to the next. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { Doubts } from '../../../../node/cluster/slots/doubts.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { FakeClock } from '../../../support/clock.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]

describe('what an owner knows of its copies', () => {
  const start = (...views: readonly PlacedView[]) => {
    const clock = new FakeClock()
    const doubts = new Doubts(self, clock)
    let former: PlacedView | undefined
    for (const view of views) {
      doubts.install(view, former)
      former = view
    }
    return { clock, doubts }
  }
  const confirmAll = (doubts: Doubts, ...ids: readonly string[]) => {
    for (const id of ids)
      for (const slot of [...doubts.doubtsOf(`${id}-1`).keys()]) doubts.confirm(slot, `${id}-1`, doubts.count)
  }
  const owned = three.rolesOf(self).filter((role) => role === 'owner').length

  it('is nothing at first: every replica of what it owns is in doubt, and no other', () => {
    const { doubts } = start(three)
    expect(doubts.short.slots).to.equal(owned)
    expect([doubts.isSafe(AB), doubts.isSafe(BA), doubts.isSafe(BC)]).to.deep.equal([false, true, true])
    expect(doubts.doubtsOf('b-1').size + doubts.doubtsOf('c-1').size).to.equal(owned)
    expect(doubts.doubtsOf('a-1').size).to.equal(0)
  })

  it('is what was confirmed, until there is a doubt', async () => {
    const { doubts, clock } = start(three)
    confirmAll(doubts, 'b', 'c')
    expect(doubts.short).to.deep.equal({ slots: 0, seconds: 0 })
    doubts.doubt(AB, 'b-1')
    await clock.advance(3000)
    doubts.doubt(AB, 'b-1')
    expect(doubts.short).to.deep.equal({ slots: 1, seconds: 3 })
    expect([doubts.isSafe(AB), [...doubts.doubtsOf('b-1').keys()]]).to.deep.equal([false, [AB]])
    doubts.confirm(AB, 'b-1', doubts.count)
    expect(doubts.short).to.deep.equal({ slots: 0, seconds: 0 })
  })

  it('is of one that has missed something that it surely has not all, until it is confirmed or is another life', () => {
    const { doubts } = start(three)
    confirmAll(doubts, 'b', 'c')
    doubts.doubt(AB, 'b-1')
    expect(doubts.hasMissed(AB, 'b-1')).to.equal(false)
    doubts.miss(AB, 'b-1')
    doubts.miss(AB, 'c-1')
    expect([doubts.isSafe(AB), doubts.hasMissed(AB, 'b-1'), doubts.hasMissed(AB, 'c-1')]).to.deep.equal([
      false,
      true,
      false,
    ])
    doubts.install(viewOf(2, ['a', 'b', 'c']), three)
    expect(doubts.hasMissed(AB, 'b-1'), 'in the next view').to.equal(true)
    doubts.confirm(AB, 'b-1', doubts.count)
    expect(doubts.hasMissed(AB, 'b-1')).to.equal(false)
  })

  it('outlives a view for those who stay, and not for another life of one of them', () => {
    const { doubts } = start(three)
    confirmAll(doubts, 'b', 'c')
    doubts.doubt(AB, 'b-1')
    const next = viewOf(2, ['a', 'b', memberOf('c', { incarnation: 'c-2' })])
    doubts.install(next, three)
    expect([...doubts.doubtsOf('b-1').keys()]).to.deep.equal([AB])
    expect(doubts.doubtsOf('c-1').size).to.equal(0)
    expect(doubts.doubtsOf('c-2').size).to.be.above(1000)
  })

  it('is nothing of the copies that a later view asks for, until they are there', () => {
    const { doubts } = start(viewOf(1, ['a', 'b', 'c'], 1))
    expect(doubts.short.slots).to.equal(0)
    doubts.install(three, viewOf(1, ['a', 'b', 'c'], 1))
    expect(doubts.short.slots).to.equal(owned)
    confirmAll(doubts, 'b', 'c')
    expect(doubts.short.slots).to.equal(0)
  })

  it('is that there are too few where there are fewer members than copies asked for', () => {
    expect(start(viewOf(1, ['a'])).doubts.short.slots).to.equal(SLOTS)
    expect(start(viewOf(1, ['a'], 1)).doubts.short.slots).to.equal(0)
    expect(start(viewOf(1, ['a', 'b'], 1)).doubts.isSafe(AB)).to.equal(true)
  })
})
