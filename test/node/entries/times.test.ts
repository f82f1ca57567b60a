/** What the copies of a write that ends by itself make of their ends, and which times can be believed. */
import { expect } from 'chai'
import { type Entry, isNews, merge } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { isPossible, TICKS_PER_MS } from '../../../node/entries/stamp.ts'

describe('what ends by itself', () => {
  const value = { contentType: 'text/plain', body: 'stew' }
  const written = (endsAtMs: number): Entry => ({
    kind: 'register',
    stamp: { time: 1, origin: 'a' },
    value,
    endsAtMs,
  })
  const shown = (endsAtMs: number): Entry =>
    Reactions.of({ reaction: 'fire', user: 'Sam', time: 1, endsAtMs, isGone: false })
  const endOf = (entry: Entry | undefined) => {
    if (entry?.kind === 'reactions') return entry.find('fire', 'Sam')?.endsAtMs
    return entry?.kind === 'register' ? entry.endsAtMs : undefined
  }

  for (const [what, ending] of Object.entries({ value: written, presence: shown })) {
    it(`is not prolonged by being passed on: a ${what}`, () => {
      expect(endOf(merge(ending(5000), ending(9000)))).to.equal(5000)
      expect(endOf(merge(ending(9000), ending(5000)))).to.equal(5000)
      expect(isNews(ending(5000), ending(9000)), 'later').to.equal(false)
      expect(isNews(ending(9000), ending(5000)), 'earlier').to.equal(true)
    })

    it(`is no news where it ends a moment earlier: a ${what}`, () => {
      expect(isNews(ending(5999), ending(5000))).to.equal(false)
      expect(isNews(ending(Infinity), ending(5000)), 'at all').to.equal(true)
    })
  }
})

describe('a time that a write is said to be of', () => {
  const wallMs = 1_780_000_000_000
  const dayMs = 86_400_000

  it('may be up to a day ahead of the clock, as clocks differ, and any time before', () => {
    for (const ms of [0, 1, wallMs, wallMs + dayMs])
      expect(isPossible(ms * TICKS_PER_MS, wallMs), `${ms}`).to.equal(true)
  })

  it('cannot be beyond that, before all time, or no time', () => {
    for (const time of [
      (wallMs + dayMs) * TICKS_PER_MS + 1,
      1e300,
      Infinity,
      Number.NaN,
      -1,
      -1e300,
      -Infinity,
    ])
      expect(isPossible(time, wallMs), `${time}`).to.equal(false)
  })
})
