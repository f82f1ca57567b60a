/** What the copy of a member is worth beside those of others, as its member goes by one view after the other. */
import { expect } from 'chai'
import { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import type { Member } from '../../../../shared/view.ts'
import { HoldingsBench } from '../../../support/slot-holdings.ts'
import { absent, memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA] = [slotOf('a', 'b'), slotOf('b', 'a')]
const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)

describe('what the copy of a member is worth', () => {
  const asOf = (bench: HoldingsBench, ...slots: readonly number[]) =>
    slots.map((slot) => bench.standings.of(slot).asOf)

  it('is all as of the view in force, as long as its member stays and holds it', () => {
    const four = viewOf(2, ['a', 'b', 'c', 'd'])
    const bench = new HoldingsBench(three, four, viewOf(3, ['a', 'b', 'c']))
    const [before, after] = [three, four].map((view) => view.rolesOf(self))
    const held = ALL.filter((slot) => before?.[slot] !== 'none' && after?.[slot] !== 'none')
    expect([held.length > 5000, ...new Set(asOf(bench, ...held))]).to.deep.equal([true, Infinity])
    const back = ALL.filter((slot) => before?.[slot] !== 'none' && after?.[slot] === 'none')
    expect([back.length > 1000, ...new Set(asOf(bench, ...back))], 'it was away').to.deep.equal([true, 1])
  })

  it('is what it was by the last view before its member left, or was away', () => {
    const leaving = new HoldingsBench(three, viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']))
    expect(asOf(leaving, AB, BA)).to.deep.equal([1, 1])
    const away = new HoldingsBench(three, viewOf(5, [memberOf('a', { since: 4 }), 'b', 'c']))
    expect(asOf(away, AB, BA)).to.deep.equal([1, 1])
    away.follow(viewOf(6, ['a', 'b', 'c']))
    expect(asOf(away, AB, BA), 'and views alone make it no better').to.deep.equal([1, 1])
  })

  it('is what it was where others may have owned the slot in views that were missed', () => {
    const bench = new HoldingsBench(three, viewOf(3, ['a', 'b', memberOf('c', { incarnation: 'c-2' })]))
    expect(asOf(bench, AB, BA)).to.deep.equal([1, Infinity])
  })

  it('is all but what the owner may have taken in last that is leaving, and all once that one is gone', () => {
    const bench = new HoldingsBench(three, viewOf(2, ['a', memberOf('b', { leaving: true }), 'c']))
    expect([...asOf(bench, BA), bench.holdings.formerOwnerOf(BA)?.id]).to.deep.equal([1, 'b'])
    bench.follow(viewOf(3, ['a', 'c']))
    expect([...asOf(bench, BA), bench.holdings.formerOwnerOf(BA)]).to.deep.equal([Infinity, undefined])
  })

  it('is what it was when its member began to stand still', () => {
    const bench = new HoldingsBench(three)
    bench.holdings.doubtAll(three)
    expect(asOf(bench, AB, BA)).to.deep.equal([1, 1])
    bench.holdings.complete(AB)
    expect(asOf(bench, AB, BA)).to.deep.equal([Infinity, 1])
  })

  it('says nothing of what was held before, once it is told that it knows nothing of that, in whatever view', () => {
    const [slot, lapses] = [slotOf('a', 'b'), [{ from: 0, to: 50 }]]
    const forked = (epoch: number, since: number, ...others: readonly Member[]) => {
      const { view } = viewOf(epoch, [memberOf('a', { since }), 'b', 'c', ...others])
      return new PlacedView({ ...view, forked: 50 })
    }
    const told = new HoldingsBench(three, forked(50, 1), forked(51, 1), forked(52, 1))
    const missed = new HoldingsBench(three, forked(53, 50, memberOf('d')))
    for (const { standings, holdings } of [told, missed]) {
      expect(standings.of(slot), 'and is not the latest').to.deep.include({ asOf: 48, lapses })
      expect(holdings.isOwn(slot)).to.equal(false)
    }
    const dropped = new HoldingsBench(three, forked(52, 51))
    expect(dropped.standings.of(slot), 'it was dropped meanwhile').to.deep.include({ asOf: 48, lapses })
    for (const bench of [
      new HoldingsBench(forked(51, 1)),
      new HoldingsBench(viewOf(2, ['b']), forked(52, 51)),
    ])
      expect(bench.standings.of(slot).lapses, 'it has come since').to.deep.equal([])
  })

  it('is to be compared where it was the owner that others could not be told by, until it has been', () => {
    const bench = new HoldingsBench(three)
    const apart = absent(three, ['b', 'c'])
    bench.follow(apart)
    expect(bench.holdings.roleOf(BA)).to.equal('owner')
    bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect([bench.holdings.isComplete(BA), bench.holdings.lacking.includes(BA)]).to.deep.equal([true, true])
    bench.holdings.complete(BA)
    expect(bench.holdings.lacking.includes(BA)).to.equal(false)
  })
})
