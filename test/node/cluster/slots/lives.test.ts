/** Whose life is over, so that what it has counted can be counted on by others. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { Lives } from '../../../../node/cluster/slots/lives.ts'
import { CURRENT, FORMER } from '../../../../node/cluster/wire/calls.ts'
import { markOf, newIncarnation } from '../../../../shared/incarnation.ts'
import type { Member } from '../../../../shared/view.ts'
import { absent, viewOf } from '../../../support/views.ts'

const FIRST = newIncarnation('b')

function member(id: string, change: Partial<Member> = {}): Member {
  const incarnation = newIncarnation(id)
  return { id, url: `http://${id}`, incarnation, since: 1, formats: [CURRENT, FORMER], ...change }
}

describe('a life of a member', () => {
  const [self, b, c] = [member('a'), member('b'), member('c')]
  const through = (...views: readonly PlacedView[]) => {
    const lives = new Lives(self, { isLone: false })
    for (const [index, view] of views.entries()) lives.install(view, views[index - 1])
    return lives
  }
  const all = viewOf(1, [self, b, c])

  it('is told from those of others by its name', () => {
    expect(newIncarnation('b')).to.not.equal(FIRST)
    expect([FIRST.startsWith(markOf('b')), FIRST.startsWith(markOf('a'))]).to.deep.equal([true, false])
  })

  it('is over once the member lives another one, and not before', () => {
    expect(through(all).isOver(FIRST)).to.equal(true)
    expect(through(all).isOver(`${FIRST}~2`), 'in a slot that began anew').to.equal(true)
    expect(through(all).isOver(b.incarnation)).to.equal(false)
    expect(through(all).isOver(`${b.incarnation}~1`)).to.equal(false)
    expect(through(viewOf(1, [self, c])).isOver(FIRST), 'it may still be somewhere').to.equal(false)
    expect(through(all).isOver('numbers-1'), 'of whomever').to.equal(false)
  })

  it('is not known to be over while somebody is away who may have counted beside it', () => {
    const withoutC = viewOf(2, [self, b])
    expect(through(all, withoutC).isOver(FIRST)).to.equal(false)
    expect(through(all, withoutC, viewOf(3, [self, b, c])).isOver(FIRST), 'c is back').to.equal(true)
    const given = viewOf(3, [self, b], 2, ['c'])
    expect(through(all, withoutC, given).isOver(FIRST), 'c is given up').to.equal(true)
    const leaving = viewOf(2, [self, b, { ...c, leaving: true }])
    expect(through(all, leaving, viewOf(3, [self, b])).isOver(FIRST), 'c has left').to.equal(true)
    expect(through(absent(all, ['c'])).isOver(FIRST)).to.equal(false)
  })

  it('goes on for members of the former format, who know of nothing else', () => {
    const old = viewOf(1, [self, b, member('c', { formats: [FORMER] })])
    const older = viewOf(1, [self, b, { id: 'c', url: 'http://c', incarnation: 'c-1' }])
    expect([through(old).isOver(FIRST), through(older).isOver(FIRST)]).to.deep.equal([false, false])
  })

  it('is over with its process where there is nobody else', () => {
    const lone = new Lives(self, { isLone: true })
    expect([lone.isOver(self.incarnation), lone.isOver('any')]).to.deep.equal([false, true])
  })
})
