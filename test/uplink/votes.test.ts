/** What most of those that are there find: who has to go, who is let in, and what one alone cannot bring about. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Outcome } from '../../shared/probe.ts'
import { isLacking, isLetIn, isOutOfReach, type Report, votesOn, withVote } from '../../uplink/votes.ts'
import { member } from './registries.ts'

const all = ['a', 'b', 'c', 'd'].map((id) => member(id))
const [a, b, , d] = all as [ReturnType<typeof member>, ...ReturnType<typeof member>[]]
const reportOf = (incarnation: string, ...unreached: string[]): Report => ({
  incarnation,
  unreached: unreached.map((life) => ({ incarnation: life, reason: 'no answer' })),
  isLacking: false,
})
const outcomes = fc.constantFrom<Outcome>('here', 'replaced', 'refused', 'silent')
const looks = fc.record({
  own: outcomes,
  canJudge: fc.boolean(),
  others: fc.array(outcomes, { maxLength: 8 }),
})

describe('votes on a member', () => {
  it('are those of the others that are there: who has nothing to tell reaches it', () => {
    const reports = new Map([
      ['b', reportOf('b-1', 'a-1')],
      ['c', reportOf('c-1', 'd-1')],
    ])
    expect(votesOn(a, all, reports)).deep.equal({ reached: 2, unreached: 1 })
    const others = all.filter(({ id }) => id !== 'c')
    expect(votesOn(a, others, reports), 'c is not there').deep.equal({ reached: 1, unreached: 1 })
  })

  it('are about one life of it, and by one life of another', () => {
    expect(votesOn(a, all, new Map([['b', reportOf('b-1', 'a-0')]])).unreached).equal(0)
    expect(votesOn(a, all, new Map([['b', reportOf('b-0', 'a-1')]])).unreached).equal(0)
    const lacking = new Map([['b', { ...reportOf('b-1'), isLacking: true }]])
    expect(b && d && [b, d, member('b', 2)].map((one) => isLacking(one, lacking))).deep.equal([
      true,
      false,
      false,
    ])
  })

  it('are none by the member itself', () => {
    expect(votesOn(a, all, new Map([['a', reportOf('a-1', 'a-1')]]))).deep.equal({ reached: 3, unreached: 0 })
  })
})

describe('whether a member has to go', () => {
  it('is what most find, and never one alone', () => {
    const cases: [reached: number, unreached: number, isOut: boolean][] = [
      [0, 0, false],
      [0, 1, false],
      [1, 1, false],
      [0, 2, true],
      [1, 2, true],
      [2, 2, false],
      [2, 3, true],
    ]
    for (const [reached, unreached, isOut] of cases)
      expect(isOutOfReach({ reached, unreached }), `${reached} to ${unreached}`).equal(isOut)
  })

  it('is never brought about by a few who reach nobody', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.boolean(), (well, cutOff, isSeen) => {
        fc.pre(cutOff <= well)
        const votes = withVote({ reached: well, unreached: cutOff }, isSeen)
        if (isSeen || cutOff < well) expect(isOutOfReach(votes)).equal(false)
      }),
    )
  })

  it('is made no more likely by a vote that it is reached', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), (reached, unreached) => {
        const votes = { reached, unreached }
        if (!isOutOfReach(votes)) expect(isOutOfReach(withVote(votes, true))).equal(false)
        else expect(isOutOfReach(withVote(votes, false))).equal(true)
      }),
    )
  })
})

describe('whether one that wants to become a member is let in', () => {
  const cases: [what: string, looks: Parameters<typeof isLetIn>[0], isIn: boolean][] = [
    ['the first, whom uplink reaches', { own: 'here', canJudge: true, others: [] }, true],
    ['the first, where uplink reaches nobody', { own: 'refused', canJudge: false, others: [] }, true],
    [
      'one that uplink alone looks at, and reaches others',
      { own: 'silent', canJudge: true, others: [] },
      false,
    ],
    ['one that others reach, and uplink does not', { own: 'silent', canJudge: true, others: ['here'] }, true],
    ['one that nobody reaches', { own: 'silent', canJudge: false, others: ['silent'] }, false],
    [
      'one at the address of another',
      { own: 'replaced', canJudge: true, others: ['replaced', 'replaced'] },
      false,
    ],
    ['one that most do not reach', { own: 'here', canJudge: true, others: ['silent', 'refused'] }, false],
    ['one that half do not reach', { own: 'here', canJudge: true, others: ['silent'] }, true],
  ]
  for (const [what, found, isIn] of cases) it(`${what}: ${isIn}`, () => expect(isLetIn(found)).equal(isIn))

  it('is made no less likely by somebody else who reaches it', () => {
    fc.assert(
      fc.property(looks, (found) => {
        if (isLetIn(found)) expect(isLetIn({ ...found, others: [...found.others, 'here'] })).equal(true)
      }),
    )
  })

  it('does not depend on an uplink that reaches nobody, where members look', () => {
    fc.assert(
      fc.property(looks, (found) => {
        fc.pre(found.others.length > 0)
        expect(isLetIn({ ...found, canJudge: true })).equal(isLetIn({ ...found, canJudge: false }))
      }),
    )
  })
})
