/** How an owner sees to it that its replicas are whole: compare, give each other what is missing, and compare again. */
import { expect } from 'chai'
import type { PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { Doubts } from '../../../../node/cluster/slots/doubts.ts'
import { Holdings } from '../../../../node/cluster/slots/holdings.ts'
import { Repair } from '../../../../node/cluster/slots/repair.ts'
import { Replicator } from '../../../../node/cluster/slots/replicator.ts'
import { SlotSender } from '../../../../node/cluster/slots/sender.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { changeOf, countOf, current, metricsAndLog, SlotShelf } from '../../../support/slot-shelf.ts'
import { memberOf, self, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, AC, BA] = [slotOf('a', 'b'), slotOf('a', 'c'), slotOf('b', 'a')]
const ALL = Array.from({ length: SLOTS }, (_, slot) => slot)
const OWN = ALL.filter((slot) => three.owns(self, slot))
const WITH_B = OWN.filter((slot) => three.replicasOf(slot)[0]?.id === 'b')
const b = memberOf('b')

/** Member a, which has all of its slots. */
class Bench {
  readonly clock = new FakeClock()
  readonly partners = new SlotPartners(this.clock)
  readonly store = new SlotShelf()
  readonly metrics = metricsAndLog().metrics
  readonly memory = { isFull: false }
  readonly doubts = new Doubts(self, this.clock)
  readonly holdings: Holdings
  readonly repair: Repair

  constructor() {
    const { clock, partners: peers, doubts, store, memory, metrics } = this
    const onMissed = () => {}
    const ignored = { onWanted: () => {}, onComplete: () => {} }
    const holdings = new Holdings({ self, clock, currency: current, ...ignored })
    const views = { placed: three, after: async () => three }
    const replicator = new Replicator({ ...metricsAndLog(), self, clock, views, doubts, peers, onMissed })
    const sender = new SlotSender({ clock, metrics, store, peers })
    const shared = { ...metricsAndLog(), metrics, clock, holdings, doubts, store, memory, peers }
    this.holdings = holdings
    this.repair = new Repair({ ...shared, replicator, sender })
  }

  /** With nothing in doubt but these slots, and nothing missing but those. */
  async follow(
    placed: PlacedView,
    doubted: readonly number[],
    missing: readonly number[] = [],
  ): Promise<void> {
    this.holdings.install(placed, undefined)
    for (const slot of ALL) if (!missing.includes(slot)) this.holdings.complete(slot)
    this.doubts.install(placed, undefined)
    const isDoubted = new Set(doubted)
    for (const { incarnation } of placed.members)
      for (const slot of [...this.doubts.doubtsOf(incarnation).keys()])
        if (!isDoubted.has(slot)) this.doubts.confirm(slot, incarnation, this.doubts.count)
    this.repair.install(placed)
    await settled()
  }

  doubtsOf(id: string): number[] {
    return [...this.doubts.doubtsOf(`${id}-1`).keys()]
  }
}

async function doubting(slots: readonly number[], prepare = (_: Bench) => {}) {
  const bench = new Bench()
  prepare(bench)
  await bench.follow(three, slots)
  return bench
}

function check(slot: number, digest: string, isStrict: boolean) {
  return { type: 'check', checks: [[slot, digest]], isFull: false, isStrict }
}

describe('a replica in doubt', () => {
  it('is compared, and confirmed when it has the same', async () => {
    const bench = await doubting([AB, AC], ({ partners, store }) => {
      partners.holds('b')
      store.put(AB, 'va', 'vb')
    })
    expect(bench.partners.log).to.deep.equal([
      { to: 'b', said: check(AB, 'va,vb', true) },
      { to: 'c', said: check(AC, '', true) },
    ])
    expect([bench.doubtsOf('b'), bench.doubtsOf('c')]).to.deep.equal([[AB], []])
    bench.partners.releases('b')
    await settled()
    expect([bench.doubtsOf('b'), bench.partners.log.length]).to.deep.equal([[], 2])
  })

  it('is told when the memory here is full', async () => {
    const bench = await doubting([AB], ({ memory }) => Object.assign(memory, { isFull: true }))
    expect(bench.partners.said('b')).to.deep.equal([{ ...check(AB, '', true), isFull: true }])
  })

  it('gives what it has and is given what it lacks when it differs, and is compared again', async () => {
    const bench = await doubting([AB], ({ partners, store }) => {
      partners.answers('b', { check: ['differs', 'same'] })
      store.put(AB, 'va')
    })
    await bench.clock.advance(0)
    expect(bench.partners.said('b')).to.deep.equal([
      check(AB, 'va', true),
      { type: 'want', slots: [[AB, 'va']] },
      { type: 'give', entries: [changeOf(AB)] },
      check(AB, 'va', false),
    ])
    expect([bench.doubtsOf('b'), await countOf(bench.metrics.mendedSlots)]).to.deep.equal([[], 1])
  })

  it('stays in doubt as long as it differs, or refuses, and is compared again after a pause', async () => {
    for (const answer of ['differs', 'refused'] as const) {
      const bench = await doubting([AB], ({ partners }) => partners.answers('b', { check: answer }))
      await bench.clock.advance(249)
      const compared = bench.partners.said('b', 'check').length
      bench.partners.answers('b', { check: 'same' })
      expect(bench.doubtsOf('b')).to.deep.equal([AB])
      await bench.clock.advance(1)
      expect([bench.doubtsOf('b'), bench.partners.said('b', 'check').length]).to.deep.equal([
        [],
        compared + 1,
      ])
    }
  })

  it('is compared 512 slots at a time, and mended 256 at a time', async () => {
    const bench = await doubting(WITH_B.slice(0, 600), ({ partners }) =>
      partners.answers('b', { check: 'differs' }),
    )
    expect(bench.partners.slotsSaid('b', 'check')[0]).to.deep.equal(WITH_B.slice(0, 512))
    const mended = [WITH_B.slice(0, 256), WITH_B.slice(256, 512)]
    expect(bench.partners.slotsSaid('b', 'want')).to.deep.equal(mended)
    await bench.clock.advance(250)
    expect(bench.partners.slotsSaid('b', 'check').at(3)).to.deep.equal(WITH_B.slice(512, 600))
  })

  it('that comes into doubt while it is compared is not confirmed by that', async () => {
    const bench = await doubting([AB], ({ partners }) => partners.holds('b'))
    bench.doubts.doubt(AB, 'b-1')
    bench.partners.releases('b')
    await settled()
    expect(bench.doubtsOf('b')).to.deep.equal([AB])
    await bench.clock.advance(250)
    expect(bench.doubtsOf('b')).to.deep.equal([])
  })

  it('is not compared before all of the slot is here', async () => {
    const bench = new Bench()
    await bench.follow(three, [AB], [AB])
    expect(bench.partners.log).to.deep.equal([])
    bench.holdings.complete(AB)
    bench.repair.wakeSoon()
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[AB]])
  })
})

describe('a replica that was passed over', () => {
  it('is asked whether it answers, and takes changes again before anything is compared', async () => {
    const bench = await doubting([AB], ({ partners }) => {
      partners.of(b).contact.isPassedOver = true
      partners.holds('b')
    })
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[]])
    expect(bench.partners.of(b).contact.isPassedOver).to.equal(true)
    bench.partners.releasesOldest('b')
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[], [AB]])
    expect([bench.partners.of(b).contact.isPassedOver, bench.doubtsOf('b')]).to.deep.equal([false, [AB]])
  })

  it('is asked again as long as it says nothing', async () => {
    const bench = await doubting([AB], ({ partners }) => {
      partners.of(b).contact.isPassedOver = true
      partners.drops('b')
    })
    await bench.clock.advance(2249)
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[]])
    await bench.clock.advance(1)
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[], []])
    expect(bench.partners.of(b).contact.isPassedOver).to.equal(true)
  })
})

describe('the round of all slots', () => {
  it('compares each within a minute, some every second, though nothing is in doubt', async () => {
    const bench = await doubting([])
    bench.repair.start()
    await bench.clock.advance(30_000)
    const compared = () =>
      new Set([...bench.partners.slotsSaid('b'), ...bench.partners.slotsSaid('c')].flat())
    expect(compared().size).to.be.within(OWN.length * 0.4, OWN.length * 0.6)
    await bench.clock.advance(30_000)
    expect([...compared()].sort((one, other) => one - other)).to.deep.equal(OWN)
    expect(bench.partners.log.every(({ said }) => said.type === 'check' && !said.isStrict)).to.equal(true)
  })

  it('mends what differs', async () => {
    const bench = await doubting([], ({ partners }) => {
      const isMended = () => partners.said('b', 'want').length > 0
      partners.answers('b', { check: (slot) => (slot === AB && !isMended() ? 'differs' : 'same') })
    })
    bench.repair.start()
    await bench.clock.advance(60_000)
    expect(bench.partners.slotsSaid('b', 'want')).to.deep.equal([[AB]])
    expect([bench.doubtsOf('b'), await countOf(bench.metrics.mendedSlots)]).to.deep.equal([[], 1])
  })

  it('leaves out who is passed over, makes nothing of who does not answer, and ends', async () => {
    const bench = await doubting([], ({ partners }) => {
      partners.of(b).contact.isPassedOver = true
      partners.refuses('c')
    })
    bench.repair.start()
    await bench.clock.advance(60_000)
    expect([bench.partners.said('b'), bench.doubtsOf('c')]).to.deep.equal([[], []])
    bench.repair.stop()
    bench.partners.forget()
    await bench.clock.advance(60_000)
    expect(bench.partners.log).to.deep.equal([])
  })
})

describe('a replica that may not have all of a slot', () => {
  it('tells the owner so, with every view and every second, whatever the answer is', async () => {
    const bench = new Bench()
    bench.partners.refuses('b')
    await bench.follow(viewOf(1, ['a', 'b', 'c']), [], [BA])
    const lack = { type: 'lack', slots: [BA] }
    expect(bench.partners.log).to.deep.equal([{ to: 'b', said: lack }])
    bench.repair.start()
    await bench.clock.advance(1000)
    expect(bench.partners.said('b', 'lack')).to.deep.equal([lack, lack])
    bench.holdings.complete(BA)
    await bench.clock.advance(1000)
    expect(bench.partners.said('b', 'lack').length).to.equal(2)
  })
})
