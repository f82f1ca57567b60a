/** Bytes that arrive in pieces. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Collector } from '../../shared/collector.ts'
import { atOnce, LARGE_BYTES } from '../../shared/steps.ts'

describe('pieces that are collected', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 5000, minLength: 1 }).map((bytes) => Buffer.from(bytes)))

  it('are one afterwards, whether or not it was known how many would come', () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), fc.nat(60), (pieces, isKnown, times) => {
        const all = Array.from({ length: times }, () => pieces).flat()
        const whole = Buffer.concat(all)
        const collector = new Collector(isKnown ? whole.length : 0)
        for (const piece of all) collector.add(piece)
        expect(collector.bytes).to.equal(whole.length)
        expect(atOnce(collector.joined()).equals(whole)).to.equal(true)
      }),
      { numRuns: 50 },
    )
  })

  it('are moved a few at a time where they are many', () => {
    const collector = new Collector(0)
    for (let count = 0; count < 64; count++) collector.add(Buffer.alloc(64 * 1024, count))
    const joining = collector.joined()
    let steps = 1
    while (!joining.next().done) steps++
    expect(steps).to.be.above(15)
  })

  it('lie in memory of their own, which is given back at once when nobody wants them', () => {
    const collector = new Collector(LARGE_BYTES + 1)
    collector.add(Buffer.alloc(LARGE_BYTES + 1, 'x'))
    const { buffer } = atOnce(collector.joined())
    expect(buffer.byteLength).to.equal(LARGE_BYTES + 1)
    collector.drop()
    expect(buffer.byteLength).to.equal(0)
  })
})
