/** What is said to the engine, worked out before anything is said. */
import { expect } from 'chai'
import fc from 'fast-check'
import { partsOf } from '../../node/redis/counters.ts'
import { hashSlotOf, placeOf } from '../../node/redis/places.ts'

const MOST = 2n ** 63n - 1n
const LEAST = -(2n ** 63n)

describe('what is said to the engine', () => {
  it('adds what is beyond 64 bits in parts that are not, and never more than was meant', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (by) => {
        const parts = partsOf(by).map(BigInt)
        expect(parts.every((part) => part >= LEAST && part <= MOST)).to.equal(true)
        const sum = parts.reduce((sum, part) => sum + part, 0n)
        // What two totals can be apart is added as it is; more leaves 64 bits from wherever it begins.
        if (by >= LEAST - MOST && by <= MOST - LEAST) expect(sum).to.equal(by)
        else expect(sum > MOST - LEAST || sum < LEAST - MOST).to.equal(true)
      }),
    )
  })

  it('has the slot in braces, whatever the key has', () => {
    expect(placeOf(7, 'v', '{a}b')).to.equal('larder:{7}:v:{a}b')
  })

  it('knows which slot of a cluster that is, as Redis does', () => {
    // By CLUSTER KEYSLOT.
    expect([0, 7, 8456, 16380].map(hashSlotOf)).to.deep.equal([13907, 1716, 7354, 2901])
  })
})
