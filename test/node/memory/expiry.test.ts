/** The calendar of what ends, held against the plainest way to do the same. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Expiry } from '../../../node/memory/expiry.ts'

const step = fc.oneof(
  fc.record({ act: fc.constant('add' as const), item: fc.nat(20), atMs: fc.nat(20_000) }),
  fc.record({ act: fc.constant('remove' as const), item: fc.nat(20) }),
  fc.record({
    act: fc.constant('take' as const),
    nowMs: fc.nat(30_000),
    most: fc.integer({ min: 1, max: 5 }),
  }),
)

describe('expiry', () => {
  it('gives back every item once its second is over, and none before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const expiry = new Expiry<number>()
        const expected = new Map<number, number>()
        for (const step of steps) {
          if (step.act === 'take') {
            const due = [...expected].filter(
              ([, atMs]) => Math.floor(atMs / 1000) < Math.floor(step.nowMs / 1000),
            )
            const taken = expiry.takeDue(step.nowMs, step.most)
            expect(taken).to.have.length(Math.min(step.most, due.length))
            for (const item of taken) {
              expect(due.map(([item]) => item)).to.include(item)
              expected.delete(item)
            }
            continue
          }
          const atMs = expected.get(step.item)
          if (atMs !== undefined) expiry.remove(step.item, atMs)
          expected.delete(step.item)
          if (step.act === 'add') {
            expiry.add(step.item, step.atMs)
            expected.set(step.item, step.atMs)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not walk through the years between two items', () => {
    const expiry = new Expiry<string>()
    const year = 365 * 86_400_000
    expiry.add('soon', 1000)
    expiry.add('late', 300 * year)
    expect(expiry.takeDue(301 * year, 10)).to.deep.equal(['soon', 'late'])
  })

  it('never gives back what does not end', () => {
    const expiry = new Expiry<string>()
    expiry.add('forever', Infinity)
    expect(expiry.takeDue(Number.MAX_SAFE_INTEGER, 10)).to.deep.equal([])
  })
})
