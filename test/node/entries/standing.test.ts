/** Which copies those who have gone on with a slot can measure. */
import { expect } from 'chai'
import fc from 'fast-check'
import { isMeasured, joinLapses, type Lapse } from '../../../node/entries/standing.ts'

const lapse = fc
  .tuple(fc.nat(20), fc.integer({ min: 1, max: 20 }))
  .map(([from, length]): Lapse => ({ from, to: from + length }))
const lapses = fc.array(lapse, { maxLength: 12 }).map((all) => joinLapses([], all))

describe('lapses of two copies', () => {
  it('are told once each, however often they come', () => {
    const lapse = { from: 33, to: 37 }
    expect(joinLapses([lapse], [lapse, lapse])).to.deep.equal([lapse])
    expect(joinLapses([lapse, lapse], [])).to.deep.equal([lapse])
  })

  it('are those of both, in their order, and never more than a few', () => {
    fc.assert(
      fc.property(lapses, lapses, (one, other) => {
        const both = joinLapses(one, other)
        expect(joinLapses(other, one)).to.deep.equal(both)
        expect(joinLapses(both, both)).to.deep.equal(both)
        expect(both.length).to.be.at.most(8)
        expect(both.map(({ to }) => to)).to.deep.equal(both.map(({ to }) => to).sort((a, b) => a - b))
      }),
    )
  })

  it('measure no copy that those of one alone do not', () => {
    fc.assert(
      fc.property(lapses, lapses, fc.nat(45), (one, other, asOf) => {
        if (isMeasured(asOf, joinLapses(one, other)))
          expect([isMeasured(asOf, one), isMeasured(asOf, other)]).to.deep.equal([true, true])
      }),
    )
  })
})

describe('a copy', () => {
  it('is measured if it had all before a lapse began, or since it ended; not if that was in between', () => {
    const known = [{ from: 3, to: 5 }]
    expect([2, 3, 4, 5, 9, Infinity].map((asOf) => isMeasured(asOf, known))).to.deep.equal([
      ...[true, true, false, true, true, true],
    ])
    expect(isMeasured(0, [])).to.equal(true)
    expect(isMeasured(0, [{ from: 0, to: 5 }]), 'before which there was nothing').to.equal(false)
  })
})
