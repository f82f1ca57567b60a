/** Rates, percentiles and how soon all will be whole, from what members count. */
import { expect } from 'chai'
import { Pace, quantile } from '../../../shared/page/app/pace.js'
import { cluster, member, told } from './situations.ts'

const look = (seconds: number, measures: object, other: object = {}) =>
  cluster([member('n1', { status: told('n1', measures), ...other })], { seconds })

describe('page: pace', () => {
  it('tells nothing of what happened before the first look', () => {
    const pace = new Pace()
    pace.add(look(0, { requests: 1000, hits: 5, misses: 5 }))
    expect(pace.samples.at(-1)).include({ requests: null, hits: null, p50: null })
  })

  it('is what has grown since the look before, a second', () => {
    const pace = new Pace()
    pace.add(look(0, { requests: 1000, errors: 0, hits: 0, misses: 0, evictions: 7 }))
    pace.add(look(2, { requests: 1100, errors: 3, hits: 9, misses: 1, evictions: 7 }))
    expect(pace.samples.at(-1)).include({ requests: 50, errors: 1.5, hits: 90, evictions: 0 })
    expect(pace.failing).closeTo(0.03, 1e-9)
  })

  it('compares no life with another, and says nothing of the time while somebody was away', () => {
    const pace = new Pace()
    pace.add(look(0, { requests: 1000 }))
    pace.add(look(1, { requests: 5 }, { incarnation: 'n1-2' }))
    expect(pace.samples.at(-1)?.requests).equal(null)
    pace.add(look(2, { requests: 15 }, { incarnation: 'n1-2' }))
    expect(pace.samples.at(-1)?.requests).equal(10)
  })

  it('begins anew where the clock of who tells it is set back', () => {
    const pace = new Pace()
    pace.add(look(100, { requests: 1000 }))
    pace.add(look(50, { requests: 1010 }))
    expect(pace.samples).length(1)
  })

  it('knows how soon all is whole, from how fast it has become so', () => {
    const pace = new Pace()
    expect(pace.wholeInSeconds).equal(undefined)
    for (const [seconds, short] of [0, 8000, 7000, 6000].entries())
      pace.add(look(seconds, { slots_short: short }))
    expect(pace.wholeInSeconds).closeTo(6, 1e-9)
    for (let seconds = 4; seconds < 20; seconds++) pace.add(look(seconds, { slots_short: 6000 }))
    expect(pace.wholeInSeconds, 'it does not go on').equal(undefined)
  })

  it('tells what each member did lately, and how many requests a second it had', () => {
    const pace = new Pace()
    for (let seconds = 0; seconds < 20; seconds++)
      pace.add(look(seconds, { requests: 10 * seconds, memory_full: seconds, lost_slots: 1 }))
    const lately = pace.lately(look(19, {})).get('n1')
    expect(lately).include({ memoryFull: 10, lostSlots: 0 })
    expect(lately?.perSecond).closeTo(10, 1e-9)
  })

  it('keeps a quarter of an hour', () => {
    const pace = new Pace()
    for (let seconds = 0; seconds < 1000; seconds++) pace.add(look(seconds, {}))
    expect(pace.samples).length(900)
  })
})

describe('page: how long requests took', () => {
  it('is read off the buckets, evenly within each', () => {
    const took: [number | null, number][] = [
      [0.001, 50],
      [0.01, 90],
      [1, 100],
      [null, 100],
    ]
    expect(quantile(took, 0.5)).closeTo(1, 1e-9)
    expect(quantile(took, 0.7)).closeTo(5.5, 1e-9)
    expect(quantile(took, 0.99)).closeTo(901, 1e-9)
  })

  it('is no more than the last end, and nothing where nobody asked', () => {
    expect(
      quantile(
        [
          [1, 0],
          [null, 5],
        ],
        0.5,
      ),
    ).equal(1000)
    expect(
      quantile(
        [
          [1, 0],
          [null, 0],
        ],
        0.5,
      ),
    ).equal(null)
    expect(quantile([], 0.5)).equal(null)
  })
})
