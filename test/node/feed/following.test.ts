/** Members that go and come back: what those who watch have missed. */
import { expect } from 'chai'
import { Following } from '../../../node/feed/following.ts'
import type { Member } from '../../../shared/view.ts'
import type { FeedQuestion } from '../../../shared/watching.ts'
import { FakeClock, settled } from '../../support/clock.ts'

describe('those who are followed', () => {
  it('are a gap when they are gone, and again when they are back, and go on from where they were', async () => {
    const missed: string[] = []
    const asked: (number | undefined)[] = []
    const members = ['a', 'b'].map((id): Member => ({ id, url: `http://${id}`, incarnation: `${id}-1` }))
    const [a] = members as [Member, Member]
    const waiting = Promise.withResolvers<never>()
    const following = new Following({
      clock: new FakeClock(),
      ask: async ({ id }, question: FeedQuestion) => {
        const after = question.type === 'changes' ? question.after : undefined
        if (id === 'b') asked.push(after)
        if (after !== undefined) return await waiting.promise
        return { items: [], position: 7, hasMissed: false, isMore: false, isLast: false }
      },
      interests: () => [],
      onItem() {},
      onMissed: (reason) => missed.push(reason),
    })
    following.start({ members })
    await settled()
    following.follow({ members: [a] })
    following.follow({ members: [a] })
    expect(missed).to.deep.equal(['gone'])
    following.follow({ members })
    await settled()
    expect(missed).to.deep.equal(['gone', 'back'])
    expect(asked).to.deep.equal([undefined, 7, 7])
    following.stop()
  })
})
