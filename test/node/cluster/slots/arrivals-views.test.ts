/** An owner that fetches slots, and what another view makes of that. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { ArrivalsBench } from '../../../support/slot-arrivals.ts'
import { countedTurns } from '../../../support/turns.ts'
import { three, viewOf } from '../../../support/views.ts'

describe('slots that another view gives to others while their digests are worked out', () => {
  it('are not asked for', async () => {
    const bench = new ArrivalsBench({ turns: countedTurns(1) })
    await bench.follow(three)
    await bench.follow(viewOf(2, ['b', 'c']), [])
    for (let turn = 0; turn < 200; turn++) await settled()
    expect(bench.asked).to.deep.equal([])
  })
})
