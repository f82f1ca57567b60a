/** What many hold of something together: whoever holds most loses it where it is too much. */
import { expect } from 'chai'
import { Portions } from '../../shared/portions.ts'

describe('portions', () => {
  it('are as large as anybody likes while there is room, and then whoever holds most loses his', () => {
    const lost: string[] = []
    const portions = new Portions<string>({ most: 100, lose: (one) => lost.push(one) })
    for (const [one, amount] of [
      ['a', 40],
      ['b', 50],
      ['a', 50],
    ] as const)
      portions.set(one, amount)
    expect([portions.total, lost]).to.deep.equal([100, []])
    portions.set('c', 60)
    expect([portions.total, lost]).to.deep.equal([100, ['c']])
    portions.set('b', 0)
    portions.set('c', 1)
    expect([portions.total, lost]).to.deep.equal([51, ['c']])
  })
})
