/** What is asked of one user's reaction, and what it changes. */
import { expect } from 'chai'
import { applyToReactions, REACTIONS } from '../../../node/entries/engage.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { StampClock } from '../../../node/entries/stamp.ts'

describe('a reaction', () => {
  const stamps = new StampClock('a')
  const moment = { nowMs: 1000, origin: 'a', stamp: () => stamps.next(1000) }
  const ask = (
    reactions: Reactions,
    type: 'reaction.add' | 'reaction.remove',
    { ttlMs, isCertain = true }: { ttlMs?: number | undefined; isCertain?: boolean } = {},
  ) => {
    const command = { type, key: 'Stew', user: 'Sam', reaction: 'fire', ...(ttlMs && { ttlMs }) } as const
    const { change } = applyToReactions(reactions, command, { ...moment, isCertain, isOver: () => false })
    if (change) REACTIONS.merge(reactions, change)
    return change !== undefined
  }

  it('counts once where it is there already, and changes nothing when it is removed where it is not', () => {
    const reactions = new Reactions()
    expect(ask(reactions, 'reaction.remove')).to.equal(false)
    expect(ask(reactions, 'reaction.add')).to.equal(true)
    expect(ask(reactions, 'reaction.add')).to.equal(true) // Elsewhere it may have gone meanwhile.
    expect(reactions.counts()).to.deep.equal({ fire: 1 })
    expect(ask(reactions, 'reaction.remove')).to.equal(true)
    expect(ask(reactions, 'reaction.remove')).to.equal(false)
    expect(ask(reactions, 'reaction.add')).to.equal(true)
    expect(reactions.counts()).to.deep.equal({ fire: 1 })
  })

  it('that is removed where it may only be elsewhere leaves a trace, which removes it there', () => {
    const [here, elsewhere] = [new Reactions(), new Reactions()]
    ask(elsewhere, 'reaction.add')
    expect(ask(here, 'reaction.remove', { isCertain: false })).to.equal(true)
    REACTIONS.merge(elsewhere, here)
    expect(elsewhere.counts()).to.deep.equal({})
  })

  it('lasts as long as it was last told to, shorter or longer, and for good without a time', () => {
    const reactions = new Reactions()
    for (const [ttlMs, endsAtMs] of [
      [50, 1050],
      [20, 1020],
      [90, 1090],
      [undefined, Infinity],
      [10, 1010],
    ] as const) {
      ask(reactions, 'reaction.add', { ttlMs })
      expect(reactions.find('fire', 'Sam')).to.include({ endsAtMs })
      expect(reactions.dueAtMs(5)).to.equal(endsAtMs)
      expect(reactions.users).to.equal(1)
    }
    reactions.settle(1010, 1)
    expect(reactions.counts()).to.deep.equal({})
  })

  it('of the last user who has gone looks as if nobody had ever been there', () => {
    const reactions = new Reactions()
    const read = (type: 'reaction.count' | 'reaction.users') =>
      applyToReactions(reactions, { type, key: 'Stew', limit: 10 } as const, {
        ...moment,
        isCertain: true,
        isOver: () => false,
      })
    ask(reactions, 'reaction.remove', { isCertain: false })
    expect(reactions.isEmpty).to.equal(false)
    expect(read('reaction.count').outcome).to.deep.equal({ type: 'missing' })
    ask(reactions, 'reaction.add')
    reactions.put({ reaction: 'like', user: 'Sam', time: 1, endsAtMs: 1000, isGone: true })
    expect(read('reaction.count').outcome).to.deep.equal({ type: 'counts', counts: { fire: 1 } })
    ask(reactions, 'reaction.remove')
    for (const type of ['reaction.count', 'reaction.users'] as const)
      expect(read(type).outcome).to.deep.equal({ type: 'missing' })
  })
})
