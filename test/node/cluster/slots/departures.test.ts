/** How a member lets go of slots that it holds no more: the owner is asked first, and its word is what counts. */
import { expect } from 'chai'
import { SLOTS } from '../../../../shared/placement.ts'
import { settled } from '../../../support/clock.ts'
import { departing, offer } from '../../../support/slot-departures.ts'
import { changeOf } from '../../../support/slot-shelf.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA, BC, CB] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'b')]
const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)
/** Slots of b that a has nothing to do with. */
const isOfB = three.rolesOf(memberOf('b')).map((role) => role === 'owner')
const isOfA = three.rolesOf(self).map((role) => role !== 'none')
const OF_B = ALL.filter((slot) => isOfB[slot] && !isOfA[slot])

describe('a slot that a member holds no more', () => {
  it('is offered to its owner, and no other slot is', async () => {
    const bench = await departing([AB, BA, BC, CB], ({ partners }) =>
      partners.answers('b', { offer: 'keep' }),
    )
    expect(bench.partners.log).to.deep.equal([
      { to: 'b', said: offer(BC) },
      { to: 'c', said: offer(CB) },
    ])
    expect(bench.departures.count).to.equal(1)
  })

  it('is let go when the owner needs it no more', async () => {
    const bench = await departing([BC], ({ partners }) => partners.holds('b'))
    expect([bench.has(BC), bench.departures.count]).to.deep.equal([true, 1])
    bench.partners.releases('b')
    await settled()
    expect([bench.has(BC), bench.asOf(BC), bench.departures.count]).to.deep.equal([false, 0, 0])
  })

  it('is sent when the owner wants it, and offered again as given', async () => {
    const bench = await departing([BC], ({ partners }) => partners.answers('b', { offer: ['send', 'drop'] }))
    await bench.clock.advance(0)
    expect(bench.partners.said('b')).to.deep.equal([offer(BC), { type: 'give', entries: [changeOf(BC)] }])
    expect(bench.has(BC)).to.equal(true)
    bench.partners.forget()
    await bench.clock.advance(250)
    expect(bench.partners.said('b')).to.deep.equal([offer(BC, true)])
    expect(bench.has(BC)).to.equal(false)
  })

  it('is offered with what it is worth, and whether it may have what no other copy has', async () => {
    const bench = await departing([BC], ({ partners, standings }) => {
      partners.answers('b', { offer: 'keep' })
      standings.claim(BC, { sinceTime: 1, lives: [] })
    })
    expect(bench.partners.said('b')).to.deep.equal([{ type: 'offer', slots: [[BC, 'va', false, 1, true]] }])
  })

  it('is given as far as it is claimed where the owner wants no more, and is let go then', async () => {
    const bench = await departing([BC], ({ partners, standings, store }) => {
      partners.answers('b', { offer: ['claim', 'drop'] })
      store.put(BC, 'vlate')
      standings.claim(BC, { sinceTime: 1, lives: [] })
    })
    await bench.clock.advance(250)
    const given = bench.partners.saidToAll('give').flatMap(({ said }) => said.entries.map(({ id }) => id))
    expect([given, bench.has(BC), bench.standings.of(BC).alone]).to.deep.equal([
      ['va', 'vlate'],
      false,
      undefined,
    ])
    const nothing = await departing([BC], ({ partners }) =>
      partners.answers('b', { offer: ['claim', 'drop'] }),
    )
    await nothing.clock.advance(250)
    expect([nothing.partners.said('b', 'give'), nothing.has(BC)]).to.deep.equal([[], false])
  })

  it('is not given as long as not all of it was taken', async () => {
    const bench = await departing([BC], ({ partners }) =>
      partners.answers('b', { offer: 'send', give: 'refused' }),
    )
    bench.partners.forget()
    await bench.clock.advance(250)
    expect(bench.partners.said('b', 'offer')).to.deep.equal([offer(BC)])
  })

  it('is offered as given when its owner has asked for it', async () => {
    const bench = await departing([BC], ({ partners }) => partners.answers('b', { offer: 'keep' }))
    bench.departures.given(BC, 'b-1')
    bench.partners.forget()
    await bench.clock.advance(250)
    expect(bench.partners.said('b')).to.deep.equal([offer(BC, true)])
  })

  it('stays when the owner is not sure yet, and is offered again after a pause', async () => {
    for (const answer of ['keep', 'refused'] as const) {
      const bench = await departing([BC], ({ partners }) =>
        partners.answers('b', { offer: [answer, 'drop'] }),
      )
      await bench.clock.advance(249)
      expect([bench.has(BC), bench.partners.said('b').length]).to.deep.equal([true, 1])
      await bench.clock.advance(1)
      expect([bench.has(BC), bench.partners.said('b').length]).to.deep.equal([false, 2])
    }
  })

  it('is offered again when the owner has not answered for two seconds', async () => {
    const bench = await departing([BC], ({ partners }) => partners.drops('b'))
    await bench.clock.advance(2249)
    expect([bench.has(BC), bench.partners.said('b').length]).to.deep.equal([true, 1])
    bench.partners.answers('b')
    await bench.clock.advance(1)
    expect([bench.has(BC), bench.partners.said('b').length]).to.deep.equal([false, 2])
  })

  it('is not offered any more once the member stops', async () => {
    const bench = await departing([BC], ({ partners }) => partners.answers('b', { offer: 'keep' }))
    bench.departures.stop()
    await bench.clock.advance(1000)
    expect(bench.partners.said('b').length).to.equal(1)
  })
})

describe('many slots that a member holds no more', () => {
  it('are offered 256 at a time, the next when those are answered', async () => {
    const bench = await departing(OF_B.slice(0, 300), ({ partners }) => partners.holds('b'))
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect(bench.partners.slotsSaid('b')).to.deep.equal([OF_B.slice(0, 256)])
    bench.partners.releases('b')
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([OF_B.slice(0, 256), OF_B.slice(256, 300)])
    expect(bench.departures.count).to.equal(0)
  })

  it('do not hold up each other: those that have to stay, the next; an owner that is silent, another', async () => {
    const kept = new Set(OF_B.slice(0, 256))
    const bench = await departing([...OF_B.slice(0, 300), CB], ({ partners }) => {
      partners.answers('b', { offer: (slot) => (kept.has(slot) ? 'keep' : 'drop') })
    })
    await bench.clock.advance(250)
    expect([bench.has(CB), bench.departures.count]).to.deep.equal([false, 256])
    const silent = await departing([BC, CB], ({ partners }) => partners.drops('b'))
    expect([silent.has(BC), silent.has(CB)]).to.deep.equal([true, false])
  })

  it('are judged one by one', async () => {
    const [one = BC, two = BC, other = BC] = OF_B
    const judge = (slot: number) => (slot === one ? 'drop' : slot === two ? 'send' : 'keep')
    const bench = await departing([one, two, other], ({ partners }) => {
      partners.answers('b', { offer: [judge, 'keep'] })
    })
    await bench.clock.advance(0)
    expect([one, two, other].map((slot) => bench.has(slot))).to.deep.equal([false, true, true])
    expect(bench.partners.slotsSaid('b', 'give')).to.deep.equal([[two]])
    const offered = [
      [two, 'va', true, 1, false],
      [other, 'va', false, 1, false],
    ]
    expect(bench.partners.said('b').at(-1)).to.deep.equal({ type: 'offer', slots: offered })
  })
})

describe('a slot that is being let go', () => {
  it('is known to be until all of it is gone, and is not offered by a view that comes meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const bench = await departing([BC], (bench) => {
      bench.dropping = promise
    })
    expect([bench.has(BC), bench.departures.isGoing(BC), bench.departures.count]).to.deep.equal([
      true,
      true,
      0,
    ])
    bench.partners.forget()
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect([bench.partners.log, bench.departures.count]).to.deep.equal([[], 0])
    resolve()
    await settled()
    expect([bench.has(BC), bench.departures.isGoing(BC)]).to.deep.equal([false, false])
  })
})
