/** How a member lets go of slots that it holds no more: the owner is asked first, and its word is what counts. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { Departures } from '../../../../node/cluster/slots/departures.ts'
import { Holdings } from '../../../../node/cluster/slots/holdings.ts'
import { SlotSender } from '../../../../node/cluster/slots/sender.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { changeOf, current, metricsAndLog, SlotShelf } from '../../../support/slot-shelf.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, BA, BC, CB] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'b')]
const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)
/** Slots of b that a has nothing to do with. */
const isOfB = three.rolesOf(memberOf('b')).map((role) => role === 'owner')
const isOfA = three.rolesOf(self).map((role) => role !== 'none')
const OF_B = ALL.filter((slot) => isOfB[slot] && !isOfA[slot])

/** Member a, which has all of these slots on its shelf. */
class Bench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly holdings: Holdings
  readonly departures: Departures
  #placed: PlacedView | undefined

  constructor(...slots: readonly number[]) {
    const { clock, partners: peers, store } = this
    const ignored = { onWanted: () => {}, onComplete: () => {} }
    const holdings = new Holdings({ self, clock, currency: current, ...ignored })
    const sender = new SlotSender({ ...metricsAndLog(), clock, store, peers })
    const drop = (gone: readonly number[]) => store.drop(gone)
    this.holdings = holdings
    this.departures = new Departures({ self, clock, holdings, sender, store, peers, drop })
    for (const slot of slots) {
      store.put(slot, 'va')
      holdings.complete(slot)
    }
  }

  async follow(placed: PlacedView): Promise<void> {
    this.holdings.install(placed, this.#placed)
    this.departures.install(placed)
    this.#placed = placed
    await settled()
  }

  has(slot: number): boolean {
    return this.store.holds(slot)
  }
}

async function departing(slots: readonly number[], prepare = (_: Bench) => {}) {
  const bench = new Bench(...slots)
  prepare(bench)
  await bench.follow(three)
  return bench
}

function offer(slot: number, isGiven = false) {
  return { type: 'offer', slots: [[slot, 'va', isGiven]] }
}

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
    expect([bench.has(BC), bench.holdings.isComplete(BC), bench.departures.count]).to.deep.equal([
      false,
      false,
      0,
    ])
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
      [two, 'va', true],
      [other, 'va', false],
    ]
    expect(bench.partners.said('b').at(-1)).to.deep.equal({ type: 'offer', slots: offered })
  })
})

describe('a member that lets go of slots', () => {
  it('offers all that it has when it is leaving', async () => {
    const bench = await departing([AB, BA, BC])
    bench.partners.forget()
    await bench.follow(viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']))
    expect(bench.partners.slotsSaid('b').flat()).to.have.members([AB, BA])
  })

  it('keeps everything while it is not in the view, and while nobody is there to take it', async () => {
    for (const view of [viewOf(1, ['b', 'c']), viewOf(1, [memberOf('a', { leaving: true })])]) {
      const bench = new Bench(AB, BC)
      await bench.follow(view)
      expect([bench.partners.log, bench.departures.count, bench.has(BC)]).to.deep.equal([[], 0, true])
    }
  })

  it('offers to the owner of a new view, as given only if it was given to that one', async () => {
    const bench = await departing([BC], ({ partners }) => {
      partners.answers('b', { offer: ['send', 'keep'] })
      partners.answers('c', { offer: 'keep' })
    })
    await bench.clock.advance(0)
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    await bench.clock.advance(250)
    expect(bench.partners.said('b').at(-1)).to.deep.equal(offer(BC, true))
    await bench.follow(viewOf(3, ['a', memberOf('b', { leaving: true }), 'c', 'd']))
    expect(bench.partners.said('c').concat(bench.partners.said('d'))).to.deep.equal([offer(BC)])
  })

  it('does not let go of what has become its own by the time of the answer', async () => {
    const bench = await departing([BC], ({ partners }) => partners.holds('b'))
    await bench.follow(viewOf(2, ['a']))
    bench.partners.releases('b')
    await settled()
    expect([bench.holdings.roleOf(BC), bench.has(BC)]).to.deep.equal(['owner', true])
  })

  it('has not all of a slot any more of which nothing is left', async () => {
    const bench = await departing([BC], ({ partners }) => partners.answers('b', { offer: 'keep' }))
    bench.store.drop([BC])
    expect(bench.holdings.isComplete(BC)).to.equal(true)
    await bench.follow(viewOf(2, ['a', 'b', 'c']))
    expect(bench.holdings.isComplete(BC)).to.equal(false)
  })
})
