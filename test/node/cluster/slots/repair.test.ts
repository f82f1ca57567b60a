/** How an owner sees to it that a replica is whole: compare, give each other what is missing, and compare again. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { check, doubting, MIRROR, OWN, RepairBench } from '../../../support/slot-repair.ts'
import { changeOf, countOf } from '../../../support/slot-shelf.ts'
import { absent, memberOf, slotOf, three } from '../../../support/views.ts'

const [AB, AC] = [slotOf('a', 'b'), slotOf('a', 'c')]
const WITH_B = OWN.filter((slot) => three.replicasOf(slot)[0]?.id === 'b')
const b = memberOf('b')

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

  it('becomes a mirror of the owner when it differs, and is compared again', async () => {
    const bench = await doubting([AB], ({ partners, store }) => {
      partners.answers('b', { check: ['differs', 'same'] })
      store.put(AB, 'va')
    })
    await bench.clock.advance(0)
    expect(bench.partners.said('b')).to.deep.equal([
      check(AB, 'va', true),
      { type: 'mirror', slots: [[AB, 'va', [], false]], mirror: MIRROR },
      { type: 'give', entries: [changeOf(AB)], mirror: MIRROR },
      { type: 'mirrored', slots: [AB], mirror: MIRROR },
      check(AB, 'va', false),
    ])
    expect([bench.doubtsOf('b'), await countOf(bench.metrics.mendedSlots)]).to.deep.equal([[], 1])
  })

  it('gives what it has and is given what it lacks, each to be merged, where it had all by its own account', async () => {
    const worth = { asOf: Infinity, lapses: [], how: 'merged' } as const
    // By the former format a replica tells what its copy is worth.
    for (const answer of ['merge', worth] as const) {
      const bench = await doubting([AB], ({ partners, store }) => {
        partners.answers('b', { check: ['differs', 'same'], mirror: answer })
        store.put(AB, 'va')
      })
      await bench.clock.advance(0)
      expect(bench.partners.said('b').slice(2)).to.deep.equal([
        { type: 'give', entries: [changeOf(AB)] },
        check(AB, 'va', false),
      ])
      expect(bench.doubtsOf('b')).to.deep.equal([])
    }
  })

  it('is told which time nobody knows of, and whether it has missed something', async () => {
    const bench = await doubting([], ({ partners, standings }) => {
      partners.answers('b', { check: ['differs', 'same'] })
      standings.learnLapses(AB, [{ from: 2, to: 3 }])
    })
    bench.doubts.miss(AB, 'b-1')
    bench.repair.wake(b)
    await settled()
    expect(bench.partners.said('b', 'mirror')).to.deep.equal([
      { type: 'mirror', slots: [[AB, '', [{ from: 2, to: 3 }], true]], mirror: MIRROR },
    ])
  })

  it('is told to let nothing go where it did not become a mirror', async () => {
    for (const answer of ['same', 'refused'] as const) {
      const bench = await doubting([AB], ({ partners, store }) => {
        partners.answers('b', { check: ['differs', 'same'], mirror: answer })
        store.put(AB, 'va')
      })
      await bench.clock.advance(0)
      expect(bench.partners.said('b', 'give').concat(bench.partners.said('b', 'mirrored'))).to.deep.equal([])
    }
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
    expect(bench.partners.slotsSaid('b', 'mirror')).to.deep.equal(mended)
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
    const bench = new RepairBench()
    await bench.follow(three, [AB], [AB])
    expect(bench.partners.log).to.deep.equal([])
    bench.holdings.complete(AB)
    bench.repair.wakeSoon()
    await settled()
    expect(bench.partners.slotsSaid('b')).to.deep.equal([[AB]])
  })
})

describe('what only the owner had', () => {
  const claim = { sinceTime: 1, lives: [] }

  it('is shared once all of its replicas have the same', async () => {
    const bench = await doubting([AB], ({ partners, standings }) => {
      partners.holds('b')
      standings.claim(AB, claim)
    })
    expect(bench.standings.of(AB).alone).to.deep.equal(claim)
    bench.partners.releases('b')
    await settled()
    expect(bench.standings.of(AB).alone).to.equal(undefined)
  })

  it('is not, as long as one may lack it, or others are taken for absent', async () => {
    const one = new RepairBench()
    one.standings.claim(AB, claim)
    one.partners.answers('b', { check: 'differs' })
    await one.follow(three, [AB])
    expect(one.standings.of(AB).alone).to.deep.equal(claim)
    const other = new RepairBench()
    other.standings.claim(AB, claim)
    await other.follow(absent(three, ['c']), [AB])
    expect([other.doubtsOf('b'), other.standings.of(AB).alone]).to.deep.equal([[], claim])
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
