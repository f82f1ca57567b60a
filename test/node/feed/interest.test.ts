/** Who is told of what. */
import { expect } from 'chai'
import fc from 'fast-check'
import { isCovered, toldTo } from '../../../node/feed/interest.ts'
import { Interests } from '../../../node/feed/interests.ts'
import { type Interest, type Told, WATCHED } from '../../../shared/watching.ts'

const keys = fc.stringMatching(/^[ab]{1,3}$/)
const kinds = fc.subarray([...WATCHED], { minLength: 1 })
const interests: fc.Arbitrary<Interest> = fc.oneof(
  fc.record({ prefix: fc.stringMatching(/^[ab]{0,2}$/), kinds }),
  fc.record({ prefix: fc.constant(''), key: keys, kinds }),
)
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ kind: fc.constant('counter' as const), key: keys, value: fc.constant('1') }),
  fc.record({
    kind: fc.constantFrom('value' as const, 'counter' as const),
    key: keys,
    reason: fc.constant('deleted' as const),
  }),
  fc.record({
    kind: fc.constant('reaction' as const),
    key: keys,
    user: fc.constant('Sam'),
    reaction: fc.constant('fire'),
    count: fc.constant(1),
  }),
)

describe('an interest', () => {
  it('that is covered by others is told nothing that these are not told', () => {
    fc.assert(
      fc.property(fc.array(interests), interests, told, (wide, narrow, one) => {
        if (!isCovered(wide, narrow) || toldTo(narrow, one) === undefined) return
        expect(wide.some((interest) => toldTo(interest, one) !== undefined)).to.equal(true)
      }),
    )
  })

  it('in counters alone is told where there is none any more, whichever of the two it was', () => {
    const interest: Interest = { prefix: '', kinds: ['counter'] }
    const gone = { kind: 'value', key: 'a', reason: 'deleted' } as const
    expect(toldTo(interest, gone)).to.deep.equal({ ...gone, kind: 'counter' })
    expect(toldTo({ prefix: '', kinds: ['reaction'] }, gone)).to.equal(undefined)
    expect(toldTo({ prefix: 'b', kinds: [...WATCHED] }, gone)).to.equal(undefined)
  })
})

describe('the interests of all who watch', () => {
  it('are looked at only where the key begins so, however many there are', () => {
    const held = new Interests<number>()
    let looks = 0
    for (let index = 0; index < 10_000; index++) {
      const interest: Interest = {
        prefix: `${index}:`,
        get kinds() {
          looks++
          return WATCHED
        },
      }
      held.add(interest, index)
    }
    looks = 0
    const told = [...held.for({ kind: 'counter', key: '77:soup', value: '1' })]
    expect(told.map(({ all }) => [...all])).to.deep.equal([[77]])
    expect(looks).to.equal(1)
  })

  it('lead to just those who have them, and ask for all that these need', () => {
    fc.assert(
      fc.property(fc.array(interests, { maxLength: 80 }), fc.nat(80), told, (all, gone, one) => {
        const held = new Interests<number>()
        for (const [index, interest] of all.entries()) held.add(interest, index)
        for (const [index, interest] of all.slice(0, gone).entries()) held.remove(interest, index)
        const meant = all.flatMap((interest, index) =>
          index >= gone && toldTo(interest, one) !== undefined ? [index] : [],
        )
        expect([...held.for(one)].flatMap((group) => [...group.all]).sort((a, b) => a - b)).to.deep.equal(
          meant,
        )
        if (meant.length > 0)
          expect(held.asked.some((interest) => toldTo(interest, one) !== undefined)).to.equal(true)
      }),
    )
  })
})
