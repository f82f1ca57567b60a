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

  it('have told everything once they have said so, though it is not told to all yet', async () => {
    const missed: string[] = []
    const told = Promise.withResolvers<void>()
    const [a, b] = ['a', 'b'].map((id): Member => ({ id, url: `http://${id}`, incarnation: `${id}-1` })) as [
      Member,
      Member,
    ]
    const item = { at: 8, time: 1, told: { kind: 'counter', key: 'k', value: '1' } } as const
    const waiting = Promise.withResolvers<never>()
    const following = new Following({
      clock: new FakeClock(),
      ask: async ({ id }, question: FeedQuestion) => {
        const isFirst = question.type === 'changes' && question.after === undefined
        if (!isFirst && id === 'a') return await waiting.promise
        const end = { hasMissed: false, isMore: false, isLast: !isFirst }
        return isFirst ? { items: [], position: 7, ...end } : { items: [item], position: 8, ...end }
      },
      interests: () => [],
      onItem: () => told.promise,
      onMissed: (reason) => missed.push(reason),
    })
    following.start({ members: [a, b] })
    await settled()
    following.follow({ members: [a] })
    expect(following.coversOthers(new Map([['b-1', 7]]))).to.equal(true)
    told.resolve()
    await settled()
    expect(missed).to.deep.equal([])
    expect(following.coversOthers(new Map([['b-1', 8]]))).to.equal(true)
    expect([...following.vector.keys()]).to.deep.equal(['a-1'])
    following.stop()
  })
})
