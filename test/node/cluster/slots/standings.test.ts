/** What a copy is worth: as of which view it had all, what those who went on know nothing of, and what only it may have. */
import { expect } from 'chai'
import { Standings } from '../../../../node/cluster/slots/standings.ts'
import type { Standing } from '../../../../node/entries/standing.ts'

const SLOT = 7

/** Standings, and all that was kept of them. */
function start(stand = (_: Standing): Promise<void> | undefined => undefined) {
  const kept: Standing[] = []
  const standings = new Standings({
    stand(standing) {
      kept.push(standing)
      return stand(standing)
    },
  })
  return { standings, kept }
}

describe('the standing of a copy', () => {
  it('is nothing at first', () => {
    const { standings, kept } = start()
    expect(standings.of(SLOT)).to.deep.equal({ slot: SLOT, asOf: 0, lapses: [], alone: undefined })
    expect([standings.isWhole(SLOT), kept]).to.deep.equal([false, []])
  })

  it('is all once it is complete, and that of the view by which it was when it falls behind', () => {
    const { standings, kept } = start()
    standings.complete(SLOT)
    expect([standings.isWhole(SLOT), standings.isWhole(SLOT + 1)]).to.deep.equal([true, false])
    standings.fallBehind(SLOT, 5)
    standings.fallBehind(SLOT, 9)
    expect([standings.isWhole(SLOT), standings.of(SLOT).asOf]).to.deep.equal([false, 5])
    expect(
      kept.map(({ asOf }) => asOf),
      'each once',
    ).to.deep.equal([Infinity, 5])
  })

  it('is what the disk knows of it, which is not told that again', () => {
    const { standings, kept } = start()
    const known = {
      slot: SLOT,
      asOf: 4,
      lapses: [{ from: 1, to: 2 }],
      alone: { sinceTime: 3, lives: ['a-1'] },
    }
    standings.restore(known)
    expect([standings.of(SLOT), kept]).to.deep.equal([known, []])
  })

  it('becomes as good as that of another, and never worse', () => {
    const { standings } = start()
    const [one, other] = [
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]
    standings.becomeAs(SLOT, { asOf: 4, lapses: [one] })
    expect(standings.of(SLOT)).to.deep.include({ asOf: 4, lapses: [one] })
    standings.becomeAs(SLOT, { asOf: 3, lapses: [other] })
    expect(standings.of(SLOT)).to.deep.include({ asOf: 4, lapses: [one] })
    standings.becomeAs(SLOT, { asOf: 4, lapses: [other] })
    expect(standings.of(SLOT)).to.deep.include({ asOf: 4, lapses: [one, other] })
    standings.becomeAs(SLOT, { asOf: 6, lapses: [] })
    expect(standings.of(SLOT)).to.deep.include({ asOf: 6, lapses: [] })
  })

  it('has a lapse when the slot goes on without what was written since, and none where nothing was', () => {
    const { standings } = start()
    standings.restore({ slot: SLOT, asOf: 4, lapses: [] })
    standings.goOn(SLOT, 9, 4)
    expect(standings.of(SLOT).lapses).to.deep.equal([])
    standings.goOn(SLOT, 9, 8)
    expect(standings.of(SLOT).lapses).to.deep.equal([{ from: 4, to: 9 }])
  })

  it('has the lapses of the copy that it becomes like, which is kept though it is worth no more by that', () => {
    const { standings, kept } = start()
    const [one, other] = [
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]
    standings.learnLapses(SLOT, [])
    expect(kept, 'there is nothing to be kept').to.deep.equal([])
    standings.complete(SLOT)
    standings.learnLapses(SLOT, [one])
    expect(kept.at(-1)).to.deep.include({ asOf: Infinity, lapses: [one] })
    standings.becomeAs(SLOT, { asOf: Infinity, lapses: [other] })
    expect(kept.at(-1)).to.deep.include({ asOf: Infinity, lapses: [one, other] })
    standings.learnLapses(SLOT, [])
    expect(kept.at(-1)).to.deep.include({ asOf: Infinity, lapses: [] })
  })

  it('is nothing any more once the slot is let go', () => {
    const { standings } = start()
    standings.complete(SLOT)
    standings.learnLapses(SLOT, [{ from: 1, to: 2 }])
    standings.claim(SLOT, { sinceTime: 3, lives: [] })
    standings.forget(SLOT)
    expect(standings.of(SLOT)).to.deep.equal({ slot: SLOT, asOf: 0, lapses: [], alone: undefined })
  })
})

describe('what only one copy may have', () => {
  it('is claimed from the earliest on, and by all lives', () => {
    const { standings, kept } = start()
    standings.claim(SLOT, { sinceTime: 5, lives: ['a-1'] })
    standings.claim(SLOT, { sinceTime: 9, lives: ['b-1'] })
    standings.claim(SLOT, { sinceTime: 3, lives: [] })
    const alone = { sinceTime: 3, lives: ['a-1', 'b-1'] }
    expect([standings.of(SLOT).alone, kept.at(-1)?.alone]).to.deep.equal([alone, alone])
  })

  it('may be acknowledged once the claim is kept, and at once where it is covered', async () => {
    const writing = Promise.withResolvers<void>()
    const { standings, kept } = start(() => writing.promise)
    expect(standings.claim(SLOT, { sinceTime: 5, lives: ['a-1'] })).to.equal(writing.promise)
    expect(standings.claim(SLOT, { sinceTime: 6, lives: ['a-1'] })).to.equal(undefined)
    expect(kept).to.have.lengthOf(1)
  })

  it('is shared once others have it, which is kept too', () => {
    const { standings, kept } = start()
    standings.share(SLOT)
    expect(kept).to.deep.equal([])
    standings.claim(SLOT, { sinceTime: 5, lives: [] })
    standings.share(SLOT)
    expect([standings.of(SLOT).alone, kept.at(-1)?.alone]).to.deep.equal([undefined, undefined])
    expect(kept).to.have.lengthOf(2)
  })

  it('outlives what the copy is worth', () => {
    const { standings } = start()
    standings.claim(SLOT, { sinceTime: 5, lives: [] })
    standings.complete(SLOT)
    standings.fallBehind(SLOT, 3)
    standings.becomeAs(SLOT, { asOf: 4, lapses: [] })
    expect(standings.of(SLOT).alone).to.deep.equal({ sinceTime: 5, lives: [] })
  })
})
