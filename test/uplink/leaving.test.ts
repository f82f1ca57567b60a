/** The registry as pure logic: members that are leaving, and what changes from one registry to another. */
import { expect } from 'chai'
import fc from 'fast-check'
import { adopt, changes, join, leave, memberOf, type Registry } from '../../uplink/registry.ts'
import { anyRegistry, anyStep, leaving, member, registered, type Step } from './registries.ts'

describe('registry: leaving', () => {
  const before = registered(member('a'), member('b'))
  const marked = join(before, leaving(member('a')), member('a', 1, 1))

  it('a member that is leaving stays, with a mark, since when it was there, as a new epoch', () => {
    expect(marked).deep.equal({
      epoch: 3,
      copies: 0,
      members: [leaving(member('a', 1, 1)), member('b', 1, 2)],
    })
  })

  it('nothing that this life asks takes the mark back', () => {
    expect(join(marked, member('a'), memberOf(marked, 'a'))).equal(marked)
    expect(join(marked, leaving(member('a')), memberOf(marked, 'a'))).equal(marked)
    const moved = { ...member('a'), url: 'http://elsewhere:4000' }
    expect(memberOf(join(marked, moved, memberOf(marked, 'a')), 'a')?.leaving).equal(true)
    fc.assert(
      fc.property(anyRegistry, anyStep, (one, step) => {
        const other = step(one)
        for (const { id, incarnation } of one.members.filter((each) => each.leaving)) {
          const now = memberOf(other, id)
          expect(now?.incarnation === incarnation && !now.leaving).equal(false)
        }
      }),
    )
  })

  it('another life is a member like all others', () => {
    const again = join(marked, member('a', 2), memberOf(marked, 'a'))
    expect(again).deep.equal({ epoch: 4, copies: 0, members: [member('a', 2, 4), member('b', 1, 2)] })
  })

  it('the mark is adopted, wherever it is known', () => {
    const told = { epoch: 7, members: [leaving(member('a')), leaving(member('b'))] }
    const adopted = adopt(registered(member('a', 1), member('c')), told)
    expect(adopted.members).deep.equal([leaving(member('a', 1, 1)), leaving(member('b')), member('c', 1, 2)])
    const here = adopt(marked, { epoch: 7, members: [member('a')] })
    expect(memberOf(here, 'a')?.leaving).equal(true)
    const restarted = adopt(registered(member('a', 2)), told)
    expect(memberOf(restarted, 'a')).deep.equal(member('a', 2, 1))
  })
})

describe('registry: what has changed', () => {
  const now = registered(member('a'), member('b'), member('c'))
  const whatOf = (before: Registry, after: Registry) =>
    changes(before, after).map((change) => `${change.member.id} ${change.what}`)

  it('tells who has come, gone, come again, and is leaving', () => {
    const steps: Step[] = [
      (one) => leave(one, 'a', 'a-1'),
      (one) => join(one, member('b', 2), memberOf(one, 'b')),
      (one) => join(one, leaving(member('c')), memberOf(one, 'c')),
      (one) => join(one, member('d'), undefined),
    ]
    const after = steps.reduce((made, step) => step(made), now)
    expect(whatOf(now, after)).deep.equal(['a gone', 'b rejoined', 'c leaving', 'd joined'])
    expect(whatOf(after, after)).deep.equal([])
  })

  it('tells of a life that was away for a moment', () => {
    expect(whatOf(now, join(leave(now, 'a', 'a-1'), member('a'), undefined))).deep.equal(['a rejoined'])
  })
})
