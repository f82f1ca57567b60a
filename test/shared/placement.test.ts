/** Keys and slots: known vectors, and the laws that hold for every key. */
import { expect } from 'chai'
import fc from 'fast-check'
import { integerOf, integerTextOf, SLOTS, slotOf } from '../../shared/placement.ts'

describe('a key', () => {
  for (const [key, integer] of [
    ['1', 1n],
    ['aa', 24_929n],
    ['aaa', 6_381_921n],
    ['abcd', 1_633_837_924n],
    ['01', 1n],
    ['0', 0n],
    ['-7', -7n],
    ['12abc', 0x3132616263n],
    ['1.5', 0x312e35n],
    [' 1', 0x2031n],
    ['é', 0xc3a9n],
    ['-', 0x2dn],
    ['', 0n],
    ['99999999999999999999999999', 99_999_999_999_999_999_999_999_999n],
  ] as const) {
    it(`${JSON.stringify(key)} is the integer ${integer}`, () => {
      expect(integerOf(key)).to.equal(integer)
    })
  }

  it('is told as its integer, however that is found', () => {
    const short = fc.string({ unit: 'binary', maxLength: 10 })
    fc.assert(
      fc.property(fc.oneof(short, fc.bigInt().map(String)), (key) => {
        expect(integerTextOf(key)).to.equal(String(integerOf(key)))
      }),
      { numRuns: 2000 },
    )
  })

  it('has the slot of its integer, though the integer is never built', () => {
    const decimal = fc.bigInt().map(String)
    const zeros = fc
      .tuple(fc.constantFrom('', '-', '+'), fc.nat(20), fc.nat())
      .map(([sign, n, i]) => sign + '0'.repeat(n) + i)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), decimal, zeros), (key) => {
        const remainder = integerOf(key) % BigInt(SLOTS)
        expect(slotOf(key)).to.equal(Number((remainder + BigInt(SLOTS)) % BigInt(SLOTS)))
      }),
      { numRuns: 2000 },
    )
  })

  it('of 100 kB has a slot in a moment', () => {
    expect(slotOf('x'.repeat(100_000))).to.be.within(0, SLOTS - 1)
    expect(slotOf('9'.repeat(100_000))).to.be.within(0, SLOTS - 1)
  })
})
