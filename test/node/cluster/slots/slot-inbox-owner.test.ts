/** What an owner answers to those who may lack something of a slot, or may have more of it than it has. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { valueIn } from '../../../support/entries.ts'
import { slotOf } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA, BC, CA] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'a')]
/** That of nobody's. */
const OTHER = 'another'

describe('an owner whose replica may lack something', () => {
  it('doubts it, and compares at once', async () => {
    const holder = new Holder()
    holder.holdings.complete(AB)
    holder.trustAll()
    expect(await holder.hear('b-1', { type: 'lack', slots: [AB] })).to.deep.equal(['keep'])
    expect([holder.doubts.isSafe(AB), [...holder.doubts.doubtsOf('b-1').keys()]]).to.deep.equal([false, [AB]])
    await settled()
    expect(holder.peers.saidToAll('check').map(({ to }) => to)).to.deep.equal(['b'])
    expect(holder.peers.slotsSaid('b', 'check')).to.deep.equal([[AB]])
  })

  it('refuses where it does not own the slot, or has not all of it, or does not know the member', async () => {
    const holder = new Holder()
    holder.holdings.complete(BA)
    holder.trustAll()
    const lack = { type: 'lack', slots: [AB, BA] } as const
    expect(await holder.hear('b-1', lack)).to.deep.equal(['refused', 'refused'])
    holder.holdings.complete(AB)
    expect(await holder.hear('d-1', lack)).to.deep.equal(['refused', 'refused'])
    expect(await holder.hear('b-1', lack)).to.deep.equal(['keep', 'refused'])
  })
})

describe('an owner that is offered a slot', () => {
  const x = valueIn(AB, 'x')
  const offer = async (
    holder: Holder,
    slot: number,
    digest: string,
    { isGiven = false, asOf = 5, hasClaim = false } = {},
  ) => (await holder.hear('c-1', { type: 'offer', slots: [[slot, digest, isGiven, asOf, hasClaim]] })).join()
  const safe = () => {
    const holder = new Holder()
    holder.hold(x)
    holder.trustAll()
    return holder
  }

  it('refuses where it is none', async () => {
    const holder = safe()
    holder.holdings.complete(BA)
    for (const slot of [BA, CA, BC]) expect(await offer(holder, slot, OTHER)).to.equal('refused')
  })

  it('has it kept as long as it has not all of it itself, or a replica may lack something', async () => {
    const holder = new Holder()
    holder.memory.merge(AB, x.id, x.entry)
    const digest = holder.memory.slots.digestOf(AB)
    holder.trustAll()
    expect(await offer(holder, AB, digest), 'not whole').to.equal('keep')
    holder.holdings.complete(AB)
    holder.doubts.doubt(AB, 'b-1')
    expect(await offer(holder, AB, digest), 'in doubt').to.equal('keep')
    expect(await offer(holder, AB, OTHER, { isGiven: true }), 'given, in doubt').to.equal('keep')
  })

  it('wants nothing of a copy that it measures, and that claims nothing', async () => {
    expect(await offer(safe(), AB, OTHER)).to.equal('drop')
  })

  it('wants what is claimed of such a copy, unless it was given that before', async () => {
    expect(await offer(safe(), AB, OTHER, { hasClaim: true })).to.equal('claim')
    expect(await offer(safe(), AB, OTHER, { hasClaim: true, isGiven: true })).to.equal('drop')
  })

  it('wants all of a copy of a time that it knows nothing of', async () => {
    const holder = safe()
    holder.standings.learnLapses(AB, [{ from: 3, to: 6 }])
    expect(await offer(holder, AB, OTHER)).to.equal('send')
    expect(await offer(holder, AB, OTHER, { hasClaim: true })).to.equal('send')
    expect(await offer(holder, AB, OTHER, { isGiven: true })).to.equal('drop')
    expect(await offer(holder, AB, OTHER, { asOf: 3 }), 'as of a time before').to.equal('drop')
    expect(await offer(holder, AB, OTHER, { asOf: 6 }), 'as of a time after').to.equal('drop')
  })

  it('lets go of what it and its replicas have', async () => {
    const holder = safe()
    expect(await offer(holder, AB, holder.memory.slots.digestOf(AB))).to.equal('drop')
  })

  it('answers nothing to an offer of nothing, by which it is asked whether it is there', async () => {
    const { answers } = await safe().receive('c-1', { type: 'offer', slots: [] })
    expect(answers).to.deep.equal([[]])
  })
})
