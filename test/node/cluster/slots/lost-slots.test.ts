/** What an owner makes of slots that nobody has all of, and the first member of all slots. */
import { expect } from 'chai'
import { ALL, ArrivalsBench, following, takingOver } from '../../../support/slot-arrivals.ts'
import { asOf } from '../../../support/slot-partners.ts'
import { absent, memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const BC = slotOf('b', 'c')
const ad = viewOf(2, ['a', 'd'])
/** One that b and c held, and a gets. */
const isNew = three.rolesOf(self).map((role, slot) => role === 'none' && ad.owns(self, slot))
const NEW = isNew.indexOf(true)

/** Nobody listens where they were. */
function dead(...ids: readonly string[]) {
  return ({ partners }: ArrivalsBench) => {
    for (const id of ids) partners.refuses(id)
  }
}

describe('a slot that nobody has all of', () => {
  const alone = viewOf(2, ['a'])
  const outcome = async (bench: ArrivalsBench, slot: number) => [
    bench.isHere(slot),
    bench.holdings.originOf(slot),
    await bench.lost(),
  ]

  it('is lost when nobody is left who held it: it begins anew, and is counted', async () => {
    const bench = await takingOver(BC, alone, dead('b', 'c'))
    expect(await outcome(bench, BC)).to.deep.equal([true, 'a-1~1', 1])
  })

  it('is asked of those who held it, though they were dropped: they may answer all the same', async () => {
    const bench = await takingOver(BC, alone, dead('b'))
    expect([bench.asked, ...(await outcome(bench, BC))]).to.deep.equal([['b', 'c'], true, 'a-1', 0])
  })

  it('is asked of whoever had it before those: one that was to get it may have been dropped before it did', async () => {
    const views = [viewOf(1, ['a', 'b'], 1), viewOf(2, ['a', 'd'], 1), viewOf(3, ['a'], 1)] as const
    const slot = ALL.findIndex(
      (one) => views[0].owns(memberOf('b'), one) && views[1].owns(memberOf('d'), one),
    )
    const bench = new ArrivalsBench()
    bench.partners.answers('b', { want: asOf(1) })
    bench.partners.answers('d', { want: asOf(0) })
    for (const view of views) await bench.follow(view, [slot])
    expect([...bench.asked, bench.isHere(slot)]).to.deep.equal(['d', 'b', 'b', true])
    await bench.clock.advance(60_000)
    await bench.follow(viewOf(4, ['a', 'e'], 1), [])
    await bench.follow(viewOf(5, ['a'], 1), ALL)
    expect(new Set(bench.asked), 'after a minute it is not').to.deep.equal(new Set(['d', 'b', 'e']))
    expect(bench.asked.slice(4)).to.not.include('b')
  })

  it('is lost though some of it is here, which is kept', async () => {
    const bench = await takingOver(BC, alone, (bench) => {
      dead('b', 'c')(bench)
      bench.store.put(BC, 'va')
    })
    expect(await outcome(bench, BC)).to.deep.equal([true, 'a-1~1', 1])
    expect(bench.store.digestOf(BC)).to.equal('va')
  })

  it('goes on as it was with a copy that had all by the view before', async () => {
    const bench = await takingOver(BC, alone, (bench) => {
      dead('b', 'c')(bench)
      bench.standings.restore({ slot: BC, asOf: 1, lapses: [] })
    })
    expect([...(await outcome(bench, BC)), bench.standings.of(BC).lapses]).to.deep.equal([true, 'a-1', 0, []])
  })

  it('has a lapse from then on: what was written since its last whole copy nobody here knows', async () => {
    const bench = await takingOver(BC, alone, dead('b', 'c'))
    expect(bench.standings.of(BC).lapses).to.deep.equal([{ from: 0, to: 2 }])
  })

  it('is lost with those of its holders who are not there, be it in another life', async () => {
    const again = ['b', 'c'].map((id) => memberOf(id, { incarnation: `${id}-2`, leaving: true }))
    for (const [others, lost] of [
      [again.slice(1), 1],
      [again, 0],
    ] as const) {
      const bench = await takingOver(BC, viewOf(2, ['a', ...others]), ({ partners }) => {
        for (const id of ['b', 'c']) partners.answers(id, { want: asOf(0) })
      })
      expect(await outcome(bench, BC)).to.deep.equal([true, 'a-1~1', lost])
    }
  })

  it('is not lost as long as one is left who says nothing, and is when that one is gone', async () => {
    const leaving = viewOf(2, ['a', memberOf('c', { leaving: true })])
    const bench = await takingOver(BC, leaving, dead('b', 'c'))
    await bench.clock.advance(60_000)
    expect([bench.isHere(BC), await bench.lost()]).to.deep.equal([false, 0])
    await bench.follow(viewOf(3, ['a']), [BC])
    expect([bench.isHere(BC), await bench.lost()]).to.deep.equal([true, 1])
  })

  it('goes on as it was when somebody had all of it by the view before', async () => {
    const bench = await takingOver(NEW, ad, (bench) => {
      dead('b', 'c')(bench)
      bench.partners.answers('d', { want: asOf(1) })
    })
    expect(await outcome(bench, NEW)).to.deep.equal([true, 'a-1', 0])
  })

  it('was that of those who held it when it was first missed, also after further views', async () => {
    const bench = await takingOver(NEW, ad, (bench) => {
      dead('b', 'c')(bench)
      bench.partners.holds('d')
    })
    expect(bench.isHere(NEW)).to.equal(false)
    dead('d')(bench)
    await bench.follow(viewOf(3, ['a']), [NEW])
    expect([bench.isHere(NEW), await bench.lost()]).to.deep.equal([true, 1])
  })
})

describe('a slot of a half that uplink has dropped, and takes in again', () => {
  it('waits for those who were absent: by the later epoch they have gone on', async () => {
    const back = viewOf(2, [memberOf('a', { since: 2 }), 'b', 'c'])
    const bench = await following(three, [])
    await bench.follow(absent(three, [], ['b', 'c']), [])
    await bench.follow(absent(back, [], ['b', 'c']), [BC])
    expect([bench.isHere(BC), bench.arrivals.awaitedFor(BC)]).to.deep.equal([false, ['b', 'c']])
    const own = slotOf('a', 'b')
    await bench.follow(absent(three, [], ['b', 'c']), [])
    await bench.follow(absent(viewOf(3, [memberOf('a', { since: 3 }), 'b', 'c']), [], ['b', 'c']), [own])
    expect(bench.arrivals.awaitedFor(own), 'though it held that itself').to.deep.equal(['b', 'c'])
    bench.partners.answers('b', { want: asOf(Infinity) })
    await bench.follow(viewOf(2, [memberOf('a', { since: 2 }), memberOf('b', { leaving: true })]), [BC])
    expect([bench.isHere(BC), await bench.lost()]).to.deep.equal([true, 0])
  })
})

describe('the first member of all', () => {
  it('has all slots at once, and none of them is lost', async () => {
    const bench = new ArrivalsBench()
    await bench.follow(viewOf(1, ['a']))
    expect([bench.holdings.missing, await bench.lost()]).to.deep.equal([[], 0])
  })
})
