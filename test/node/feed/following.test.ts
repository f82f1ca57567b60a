/** Up to where those who are followed have told everything. */
import { expect } from 'chai'
import { Following } from '../../../node/feed/following.ts'
import type { FeedAnswer, FeedItem } from '../../../shared/watching.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { self } from '../../support/views.ts'

const there = (at: number): FeedItem => ({
  at,
  time: at,
  told: { kind: 'counter', key: `k${at}`, value: '1' },
})

describe('those who are followed', () => {
  it('have not told what came before an item, as it may have come again and be told behind it', async () => {
    const life = self.incarnation
    const answer = { hasMissed: false, isMore: false, isLast: false }
    const answers: FeedAnswer[] = [
      { ...answer, items: [], position: 5 },
      { ...answer, items: [there(8)], position: 8, isMore: true },
      { ...answer, items: [there(9), there(12)], position: 14 },
    ]
    const told: number[] = []
    let { promise, resolve } = Promise.withResolvers<void>()
    const following = new Following({
      clock: new FakeClock(),
      ask: () => Promise.resolve(answers.shift() ?? new Promise<never>(() => {})),
      interests: () => [],
      *onItem(_, { at }) {
        told.push(at)
        yield
      },
      async take(steps) {
        while (!steps.next().done) await promise
      },
      onMissed() {},
    })
    following.start([self])
    const isSettled = () => following.isSettled(new Map([[life, 7]]))
    for (const at of [8, 9, 12]) {
      await settled()
      expect([told.at(-1), isSettled()]).to.deep.equal([at, false])
      const release = resolve
      ;({ promise, resolve } = Promise.withResolvers<void>())
      release()
    }
    await settled()
    expect([isSettled(), following.vector.get(life)]).to.deep.equal([true, 14])
    following.stop()
  })
})
