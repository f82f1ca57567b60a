/** What has happened, as far as it is remembered. */
import { expect } from 'chai'
import { Journal } from '../../../shared/page/page.ts'
import { FakeClock } from '../../support/clock.ts'

describe('page: the journal', () => {
  it('keeps the last fifty, the newest first, with their time', async () => {
    const clock = new FakeClock()
    const journal = new Journal(clock)
    for (let epoch = 1; epoch <= 60; epoch++) {
      journal.note({ epoch, id: 'a', what: 'joined' })
      await clock.advance(1)
    }
    expect(journal.newestFirst.map(({ epoch }) => epoch)).deep.equal(
      Array.from({ length: 50 }, (_, index) => 60 - index),
    )
    const at = new Date(clock.wall() - 1).toISOString()
    expect(journal.told[0]).deep.equal({ at, epoch: 60, id: 'a', what: 'joined' })
  })
})
