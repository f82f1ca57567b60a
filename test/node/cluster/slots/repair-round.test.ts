/** How what nobody knows to be missing is found: all slots are compared now and then, and a replica says what it lacks. */
import { expect } from 'chai'
import { check, doubting, OWN, RepairBench } from '../../../support/slot-repair.ts'
import { countOf } from '../../../support/slot-shelf.ts'
import { memberOf, slotOf, viewOf } from '../../../support/views.ts'

const [AB, AC, BA] = [slotOf('a', 'b'), slotOf('a', 'c'), slotOf('b', 'a')]
const b = memberOf('b')

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
      const isMended = () => partners.said('b', 'mirror').length > 0
      partners.answers('b', { check: (slot) => (slot === AB && !isMended() ? 'differs' : 'same') })
    })
    bench.repair.start()
    const isCompared = () => bench.partners.slotsSaid('b', 'check').flat().includes(AB)
    for (let second = 0; second < 60 && !isCompared(); second++) await bench.clock.advance(1000)
    expect(bench.partners.slotsSaid('b', 'mirror')).to.deep.equal([[AB]])
    expect([bench.doubtsOf('b'), await countOf(bench.metrics.mendedSlots)]).to.deep.equal([[], 1])
  })

  it('leaves to others what is in doubt, and sees within a second to doubts that nobody has told of', async () => {
    const bench = await doubting([])
    bench.partners.drops('b')
    bench.doubts.doubt(AB, 'b-1')
    bench.repair.start()
    await bench.clock.advance(1000)
    expect(bench.partners.said('b', 'check')).to.deep.include(check(AB, '', true))
    await bench.clock.advance(60_000)
    const round = bench.partners.said('b').filter((said) => said.type === 'check' && !said.isStrict)
    expect(round.length).to.be.above(50)
    expect(round.some((said) => said.type === 'check' && said.checks.some(([slot]) => slot === AB))).to.equal(
      false,
    )
  })

  it('leaves out who is passed over, makes nothing of who does not answer, and ends', async () => {
    const bench = await doubting([], ({ partners }) => {
      partners.of(b).contact.isPassedOver = true
      partners.refuses('c')
    })
    bench.repair.start()
    await bench.clock.advance(60_000)
    expect([bench.partners.said('b'), bench.doubtsOf('c')]).to.deep.equal([[], []])
    bench.doubts.doubt(AC, 'c-1')
    await bench.clock.advance(1000)
    bench.repair.stop()
    bench.partners.forget()
    await bench.clock.advance(60_000)
    expect(bench.partners.log).to.deep.equal([])
  })
})

describe('a replica that may not have all of a slot', () => {
  it('tells the owner so, with every view and every second, whatever the answer is', async () => {
    const bench = new RepairBench()
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
