/** Of two members that tell of the same thing, nothing earlier is told after what was later. */
import { expect } from 'chai'
import { Recent } from '../../../node/feed/recent.ts'
import type { Told } from '../../../shared/watching.ts'

const there = {
  kind: 'value',
  key: 'a',
  contentType: 'a/b',
  body: '',
  stamp: { time: 1, origin: '' },
} as const
const gone = { kind: 'value', key: 'a', reason: 'expired' } as const
const counter = { kind: 'counter', key: 'a', value: '3' } as const

function newsOf(...all: readonly (readonly [told: Told, time: number])[]): boolean[] {
  const recent = new Recent()
  return all.map(([told, time]) => recent.isNews({ told, time }))
}

describe('what was told lately', () => {
  it('is told once, and nothing earlier after it', () => {
    expect(newsOf([there, 5], [there, 4], [there, 5], [there, 6])).to.deep.equal([true, false, false, true])
  })

  it('may end, and is not back after that by the same write', () => {
    expect(newsOf([there, 5], [gone, 5], [there, 5], [counter, 6])).to.deep.equal([true, true, false, true])
  })

  it('may be another total of the same last write, where two halves have met', () => {
    expect(newsOf([counter, 5], [{ ...counter, value: '7' }, 5], [counter, 4])).to.deep.equal([
      true,
      true,
      false,
    ])
  })

  it('is told where nobody knows when it was written', () => {
    expect(newsOf([there, 5], [gone, 0], [gone, 0])).to.deep.equal([true, true, true])
  })

  it('is told once more to those who have begun anew, and nothing earlier is', () => {
    const recent = new Recent()
    const item = (time: number) => ({ told: { kind: 'counter', key: 'a', reason: 'deleted' }, time }) as const
    for (const time of [1, 2]) expect(recent.isNews(item(time))).to.equal(true)
    recent.forgetTelling()
    expect([1, 2, 2].map((time) => recent.isNews(item(time)))).to.deep.equal([false, true, false])
  })
})
