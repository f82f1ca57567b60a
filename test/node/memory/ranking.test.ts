/** The order of contents, held against an array that is sorted anew each time. */
import { expect } from 'chai'
import fc from 'fast-check'
import { mergeActivity } from '../../../node/entries/activity.ts'
import { type Ranked, Ranking } from '../../../node/memory/ranking.ts'
import { allOf } from '../../support/turns.ts'

function byUsers(a: Ranked, b: Ranked): number {
  return b.users - a.users || (a.id < b.id ? -1 : 1)
}

const everyone = () => true
const isLong = ({ id }: Ranked) => id.length > 3

const NAMES = ['rStew', 'rSoup', 'r', 'r__proto__', 'r\0', 'r\u{1f525}', 'r\uffff', 'rstew'] as const

describe('a ranking', () => {
  it('has the most engaged first through every mix of steps, and nobody where nobody is', () => {
    const step = fc.record({ id: fc.constantFrom(...NAMES), users: fc.nat(4), limit: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ranking = new Ranking<Ranked>()
        const ranked = new Map<string, Ranked>()
        for (const { id, users, limit } of steps) {
          const former = ranked.get(id)
          if (former) ranking.remove(former)
          const item = { id, users }
          ranked.set(id, item)
          ranking.add(item)
          const expected = [...ranked.values()].filter((one) => one.users > 0).sort(byUsers)
          expect(allOf(ranking.first(limit, everyone))).to.deep.equal(expected.slice(0, limit))
          const named = expected.filter(isLong)
          expect(allOf(ranking.first(limit, isLong))).to.deep.equal(named.slice(0, limit))
        }
        for (const item of ranked.values()) ranking.remove(item)
        expect(allOf(ranking.first(100, everyone))).to.deep.equal([])
      }),
    )
  })

  it('is not changed by taking out what it does not have', () => {
    const ranking = new Ranking<Ranked>()
    ranking.add({ id: 'rStew', users: 2 })
    for (const item of [
      { id: 'rStew', users: 1 },
      { id: 'rSoup', users: 2 },
    ])
      ranking.remove(item)
    expect(allOf(ranking.first(10, everyone))).to.deep.equal([{ id: 'rStew', users: 2 }])
  })
})

describe('rankings of several members', () => {
  const activity = fc.record({
    content: fc.constantFrom(...NAMES),
    users: fc.nat({ max: 4 }),
    counts: fc.constant({ fire: 1 }),
  })
  const contents = fc.uniqueArray(activity, { selector: ({ content }) => content })

  it('are one list as if one member had everything, in whatever order they come', () => {
    fc.assert(
      fc.property(contents, fc.nat(3), fc.integer({ min: 1, max: 9 }), (all, split, limit) => {
        const inOrder = [...all].sort((a, b) => b.users - a.users || (a.content < b.content ? -1 : 1))
        const shares = [0, 1, 2].map((member) =>
          inOrder.filter((_, index) => (index * (split + 1)) % 3 === member).slice(0, limit),
        )
        expect(mergeActivity(shares, limit)).to.deep.equal(inOrder.slice(0, limit))
        expect(mergeActivity(shares.toReversed(), limit)).to.deep.equal(inOrder.slice(0, limit))
      }),
    )
  })
})
