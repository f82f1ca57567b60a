/** Which replicas are known to be whole, from one view to the next. */
import { expect } from 'chai'
import { Copies } from '../../../node/cluster/copies.ts'
import type { PlacedView } from '../../../node/cluster/placed-view.ts'
import { SLOTS } from '../../../shared/placement.ts'
import { FakeClock } from '../../support/clock.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../support/views.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]

describe('what an owner knows of its copies', () => {
  const start = (...views: readonly PlacedView[]) => {
    const clock = new FakeClock()
    const copies = new Copies(self, clock)
    let former: PlacedView | undefined
    for (const view of views) {
      copies.install(view, former)
      former = view
    }
    return { clock, copies }
  }
  const confirmAll = (copies: Copies, ...ids: readonly string[]) => {
    for (const id of ids)
      for (const slot of [...copies.doubtsOf(`${id}-1`).keys()]) copies.confirm(slot, `${id}-1`, copies.count)
  }
  const owned = three.rolesOf(self).filter((role) => role === 'owner').length

  it('is nothing at first: every replica of what it owns is in doubt, and no other', () => {
    const { copies } = start(three)
    expect(copies.short.slots).to.equal(owned)
    expect([copies.isSafe(AB), copies.isSafe(BA), copies.isSafe(BC)]).to.deep.equal([false, true, true])
    expect(copies.doubtsOf('b-1').size + copies.doubtsOf('c-1').size).to.equal(owned)
    expect(copies.doubtsOf('a-1').size).to.equal(0)
  })

  it('is what was confirmed, until there is a doubt', async () => {
    const { copies, clock } = start(three)
    confirmAll(copies, 'b', 'c')
    expect(copies.short).to.deep.equal({ slots: 0, seconds: 0 })
    copies.doubt(AB, 'b-1')
    await clock.advance(3000)
    copies.doubt(AB, 'b-1')
    expect(copies.short).to.deep.equal({ slots: 1, seconds: 3 })
    expect([copies.isSafe(AB), [...copies.doubtsOf('b-1').keys()]]).to.deep.equal([false, [AB]])
    copies.confirm(AB, 'b-1', copies.count)
    expect(copies.short).to.deep.equal({ slots: 0, seconds: 0 })
  })

  it('outlives a view for those who stay, and not for another life of one of them', () => {
    const { copies } = start(three)
    confirmAll(copies, 'b', 'c')
    copies.doubt(AB, 'b-1')
    const next = viewOf(2, ['a', 'b', memberOf('c', { incarnation: 'c-2' })])
    copies.install(next, three)
    expect([...copies.doubtsOf('b-1').keys()]).to.deep.equal([AB])
    expect(copies.doubtsOf('c-1').size).to.equal(0)
    expect(copies.doubtsOf('c-2').size).to.be.above(1000)
  })

  it('is that there are too few where there are fewer members than copies asked for', () => {
    expect(start(viewOf(1, ['a'])).copies.short.slots).to.equal(SLOTS)
    expect(start(viewOf(1, ['a'], 1)).copies.short.slots).to.equal(0)
    expect(start(viewOf(1, ['a', 'b'], 1)).copies.isSafe(AB)).to.equal(true)
  })
})
