/** How an owner fetches slots that it has not: whom it asks, in which order, and for how long. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { ALL, following, takingOver } from '../../../support/slot-arrivals.ts'
import { asOf } from '../../../support/slot-partners.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]
const holdersOf = (slot: number) =>
  three
    .holdersOf(slot)
    .map(({ id }) => id)
    .join('')

describe('a slot that its owner has not', () => {
  it('is asked of the others in the order in which they would hold it, and then for whatever they have', async () => {
    const five = viewOf(1, ['a', 'b', 'c', 'd', 'e'])
    for (const slot of ALL.filter((slot) => five.owns(self, slot)).slice(0, 5)) {
      const bench = await following(five, [slot], ({ partners }) => {
        for (const id of ['b', 'c', 'd', 'e']) partners.answers(id, { want: asOf(0) })
      })
      const inOrder = five.ranked(slot).map(({ id }) => id)
      expect(['a', ...bench.asked]).to.deep.equal([...inOrder, ...inOrder.slice(1)])
      expect(bench.isHere(slot)).to.equal(true)
    }
  })

  it('is asked first of who is leaving, where that one would hold it', async () => {
    const bench = await following(viewOf(1, ['a', memberOf('b', { leaving: true }), 'c']), [BA])
    expect(bench.asked).to.deep.equal(['b'])
  })

  it('is asked with what is here of it, so that only the rest is given', async () => {
    const bench = await following(three, [AB], ({ store }) => store.put(AB, 'va', 'vb'))
    const want = { type: 'want', slots: [[AB, 'va,vb', 0]], isAnyway: false, mirror: 'a-1 1' }
    expect(bench.partners.said('b')).to.deep.equal([want])
  })

  it('is here once somebody has had all of it, and nobody else is asked', async () => {
    const bench = await following(three, [AB], ({ partners }) => partners.holds('b'))
    expect(bench.isHere(AB)).to.equal(false)
    bench.partners.releases('b')
    await settled()
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([true, ['b']])
  })

  it('is asked of the next after one that has not all of it, or sees another owner', async () => {
    for (const answer of [asOf(7), 'refused'] as const) {
      const bench = await following(three, [AB], ({ partners }) => partners.answers('b', { want: answer }))
      expect([bench.isHere(AB), bench.asked]).to.deep.equal([true, ['b', 'c']])
    }
  })

  it('is asked for in batches of 128, one at a time of each member, and every slot once', async () => {
    const bench = await following(three, undefined, ({ partners }) => partners.holds('b'))
    const mine = ALL.filter((slot) => three.owns(self, slot))
    expect(bench.partners.slotsSaid('b').map(({ length }) => length)).to.deep.equal([128])
    bench.partners.releases('b')
    await settled()
    const batches = [...bench.partners.slotsSaid('b'), ...bench.partners.slotsSaid('c')]
    expect(Math.max(...batches.map(({ length }) => length))).to.equal(128)
    expect(batches).to.have.lengthOf.below(mine.length / 128 + 2)
    expect(batches.flat().sort((one, other) => one - other)).to.deep.equal(mine)
    expect(bench.holdings.missing).to.deep.equal([])
  })
})

describe('a command that waits for a slot', () => {
  it('has it asked for at once and alone, before the batches that come first, and not again with them', async () => {
    const bench = await following(three, undefined, ({ partners }) => partners.holds('b'))
    const first = bench.partners.slotsSaid('b').flat()
    const next = ALL.filter((slot) => slot > Math.max(...first) && holdersOf(slot) === 'ab').slice(0, 128)
    const [wanted = AB, ...others] = next
    bench.partners.forget()
    const arrival = bench.holdings.arrival(wanted, bench.clock.now() + 1000)
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[wanted]])
    bench.partners.releasesOldest('b')
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[wanted], others])
    bench.partners.releases('b')
    await arrival
  })

  it('has nothing asked twice that is asked for already', async () => {
    const bench = await following(three, [AB], ({ partners }) => partners.holds('b'))
    bench.arrivals.want(AB)
    bench.arrivals.want(BC)
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[AB]])
  })
})

describe('slots that nobody has answered for', () => {
  it('are asked for again in batches, first those that commands wait for, by an order that is found out once', async () => {
    let ranked = 0
    const watched = viewOf(1, ['a', 'b', 'c'])
    const rank = watched.ranked.bind(watched)
    watched.ranked = (slot) => {
      ranked++
      return rank(slot)
    }
    const bench = await following(watched, undefined, ({ partners }) => {
      partners.refuses('b')
      partners.refuses('c')
    })
    const mine = bench.holdings.missing
    const wanted = mine.slice(-3)
    for (const slot of wanted) bench.holdings.arrival(slot, bench.clock.now() + 1000).catch(() => {})
    await settled()
    bench.partners.forget()
    await bench.clock.advance(200)
    const asked = [...bench.partners.slotsSaid('b'), ...bench.partners.slotsSaid('c')]
    expect(asked.flatMap((slots) => slots.filter((slot) => wanted.includes(slot))).sort()).to.deep.equal(
      [...wanted, ...wanted].sort(),
    )
    // Not among the first that come, but by themselves.
    for (const slots of asked)
      expect([0, slots.length]).to.include(slots.filter((slot) => wanted.includes(slot)).length)
    await bench.clock.advance(2000)
    expect(ranked).to.equal(mine.length)
  })

  it('are not asked for while what was here of them is being let go', async () => {
    const bench = await following(three, [AB], ({ going }) => going.add(AB))
    expect(bench.asked).to.deep.equal([])
    bench.arrivals.want(AB)
    await bench.clock.advance(600)
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([false, []])
    bench.going.delete(AB)
    await bench.clock.advance(200)
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([true, ['b']])
  })
})

describe('a member that does not answer when asked for slots', () => {
  it('is passed over, also with what else it was to be asked for', async () => {
    const bench = await following(three, undefined, ({ partners }) => partners.refuses('b'))
    expect(bench.partners.slotsSaid('b').map(({ length }) => length)).to.deep.equal([128])
    expect(bench.holdings.missing).to.deep.equal([])
  })

  it('is asked again every 200 ms where nobody else has all, without end', async () => {
    const bench = await following(three, [AB], ({ partners }) => {
      partners.refuses('b')
      partners.answers('c', { want: asOf(7) })
    })
    expect(bench.asked).to.deep.equal(['b', 'c'])
    await bench.clock.advance(199)
    expect(bench.asked).to.deep.equal(['b', 'c'])
    await bench.clock.advance(1)
    expect(bench.asked).to.deep.equal(['b', 'c', 'b', 'c'])
    await bench.clock.advance(600_000)
    expect([bench.isHere(AB), bench.asked.length > 6000]).to.deep.equal([false, true])
    bench.partners.answers('b')
    await bench.clock.advance(200)
    expect(bench.isHere(AB)).to.equal(true)
  })

  it('is not asked for again once this member has stopped, nor is one that was asked for by then', async () => {
    for (const isAsked of [false, true]) {
      const bench = await following(three, [AB], ({ partners }) => {
        if (isAsked) partners.drops('b')
        else partners.refuses('b')
        partners.refuses('c')
      })
      bench.arrivals.stop()
      await bench.clock.advance(600_000)
      expect([bench.isHere(AB), bench.asked]).to.deep.equal([false, ['b', 'c']])
    }
  })

  it('is one that was asked like any other when it answers after all', async () => {
    const bench = await following(three, [AB], ({ partners }) => {
      partners.refuses('b')
      partners.answers('c', { want: asOf(7) })
    })
    bench.partners.answers('b', { want: asOf(6) })
    await bench.clock.advance(200)
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([true, ['b', 'c', 'b', 'c', 'c']])
  })

  it('is waited for as long as it goes on giving, and no longer than a second or so after that', async () => {
    const bench = await following(three, [AB], ({ partners }) => partners.drops('b'))
    for (let times = 0; times < 20; times++) {
      await bench.clock.advance(500)
      bench.partners.of(memberOf('b')).contact.gaveAtMs = bench.clock.now()
    }
    await bench.clock.advance(900)
    expect(bench.asked).to.deep.equal(['b'])
    await bench.clock.advance(1100)
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([true, ['b', 'c']])
  })
})

describe('a new view', () => {
  it('begins anew at once, and what is answered to the questions of the old one changes nothing', async () => {
    const bench = await following(three, [AB], ({ partners }) => partners.holds('b'))
    await bench.follow(viewOf(2, ['a', 'b']))
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[AB], [AB]])
    bench.partners.releasesOldest('b')
    await settled()
    expect([bench.isHere(AB), bench.asked]).to.deep.equal([false, ['b', 'b']])
    bench.partners.releasesOldest('b')
    await settled()
    expect(bench.isHere(AB)).to.equal(true)
  })

  it('in which the owner is leaving has the next one ask nobody but that one, for whatever it has', async () => {
    const leaving = viewOf(2, ['a', memberOf('b', { leaving: true }), 'c'])
    const willing = await takingOver(BA, leaving, ({ partners }) => partners.answers('b', { want: asOf(1) }))
    expect([willing.isHere(BA), willing.asked]).to.deep.equal([true, ['b']])
    const want = { type: 'want', slots: [[BA, '', 1]], isAnyway: true, mirror: 'a-1 1' }
    expect(willing.partners.said('b')).to.deep.equal([want])
    expect([willing.holdings.originOf(BA), willing.standings.of(BA).lapses]).to.deep.equal(['a-1', []])
  })

  it('has whoever is leaving asked for whatever it has of those alone that it owned', async () => {
    const leaving = viewOf(2, ['a', memberOf('b', { leaving: true }), 'c'])
    const bench = await following(three, [])
    bench.standings.fallBehind(AB, 1)
    await bench.follow(leaving, [BA, AB])
    const asked = bench.partners
      .saidToAll('want')
      .map(({ to, said }) => [to, said.isAnyway, ...said.slots.map(([slot]) => slot)])
    expect(asked).to.have.deep.members([
      ['b', true, BA],
      ['b', false, AB],
    ])
  })

  it('in which the owner that was leaving is gone ends the waiting for it', async () => {
    const leaving = viewOf(2, ['a', memberOf('b', { leaving: true }), 'c'])
    const bench = await takingOver(BA, leaving, ({ partners }) => partners.refuses('b'))
    await bench.clock.advance(60_000)
    expect([bench.isHere(BA), ...new Set(bench.asked)]).to.deep.equal([false, 'b'])
    await bench.follow(viewOf(3, ['a', 'c']), [BA])
    expect([bench.isHere(BA), bench.holdings.originOf(BA), await bench.lost()]).to.deep.equal([
      true,
      'a-1',
      0,
    ])
  })
})
