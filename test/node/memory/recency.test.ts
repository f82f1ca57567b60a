/** The order of use, held against an array. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Linked, Recency } from '../../../node/memory/recency.ts'

interface Item extends Linked {
  readonly name: number
}

describe('recency', () => {
  it('keeps the order of use through every mix of steps', () => {
    const step = fc.record({ act: fc.constantFrom('touch', 'remove'), name: fc.nat(6) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const recency = new Recency<Item>()
        const items = Array.from(
          { length: 7 },
          (_, name): Item => ({ name, older: undefined, newer: undefined }),
        )
        let expected: number[] = []
        for (const { act, name } of steps) {
          const item = items[name]
          if (item === undefined) continue
          const rest = expected.filter((other) => other !== name)
          const isIn = expected.includes(name)
          if (act === 'touch') {
            if (isIn) recency.touch(item)
            else recency.add(item)
            expected = [...rest, name]
          } else if (isIn) {
            recency.remove(item)
            expected = rest
          }
          expect(recency.oldest?.name).to.equal(expected[0])
        }
        const drained: number[] = []
        for (let oldest = recency.oldest; oldest !== undefined; oldest = recency.oldest) {
          drained.push(oldest.name)
          recency.remove(oldest)
        }
        expect(drained).to.deep.equal(expected)
      }),
      { numRuns: 500 },
    )
  })
})
