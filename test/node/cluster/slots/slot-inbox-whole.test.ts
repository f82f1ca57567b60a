/** What a holder of slots answers where whole slots are meant: what it has, what it lacks, what may go. */
import { expect } from 'chai'
import type { SlotDigest } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { settled } from '../../../support/clock.ts'
import { valueIn } from '../../../support/entries.ts'
import { slotOf, three } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA, BC, CA] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'a')]
/** That of nobody's. */
const OTHER = 'another'

function want(...slots: readonly number[]) {
  return { type: 'want', slots: slots.map((slot): SlotDigest => [slot, OTHER]) } as const
}

function givesTo(holder: Holder, answer: 'merged' | 'refused' | 'keep') {
  for (const id of ['b', 'c']) holder.peers.answers(id, { give: answer, offer: answer })
}

function given(holder: Holder): { to: string; entries: readonly SlotEntry[] }[] {
  return holder.peers.saidToAll('give').map(({ to, said }) => ({ to, entries: said.entries }))
}

describe('a holder that is asked for slots', () => {
  it('refuses everybody but their owner, and gives nothing', async () => {
    const holder = new Holder()
    holder.hold(valueIn(BA, 'x'), valueIn(AB, 'y'))
    givesTo(holder, 'merged')
    expect(await holder.hear('c-1', want(BA, AB))).to.deep.equal(['refused', 'refused'])
    expect(await holder.hear('b-2', want(BA))).to.deep.equal(['refused'])
    expect(given(holder)).to.deep.equal([])
  })

  it('says whether it has all of them, or had when it held them', async () => {
    const holder = new Holder()
    givesTo(holder, 'merged')
    expect(await holder.hear('b-1', want(BA, BC))).to.deep.equal(['unready', 'unready'])
    holder.holdings.complete(BA)
    holder.holdings.complete(BC)
    expect(await holder.hear('b-1', want(BA, BC, AB))).to.deep.equal(['complete', 'former', 'refused'])
  })

  it('gives what differs before it answers, be it whole or not', async () => {
    const holder = new Holder()
    const [x, y] = [valueIn(BA, 'x'), valueIn(BC, 'y')]
    holder.hold(x)
    holder.memory.merge(BC, y.id, y.entry)
    holder.peers.holds('b', 'give')
    let isAnswered = false
    const answers = holder.hear('b-1', want(BA, BC)).finally(() => {
      isAnswered = true
    })
    await settled()
    const ids = given(holder).map(({ to, entries }) => [to, ...entries.map(({ id }) => id)])
    expect([ids, isAnswered]).to.deep.equal([[['b', 'vx', 'vy']], false])
    holder.peers.releases('b')
    await holder.clock.advance(0)
    expect(await answers).to.deep.equal(['complete', 'unready'])
  })

  it('gives nothing of what is the same, or not there', async () => {
    const holder = new Holder()
    holder.hold(valueIn(BA, 'x'))
    holder.holdings.complete(BC)
    givesTo(holder, 'merged')
    const slots = [[BA, holder.memory.slots.digestOf(BA)] as const, [BC, OTHER] as const]
    expect(await holder.hear('b-1', { type: 'want', slots })).to.deep.equal(['complete', 'former'])
    expect(given(holder)).to.deep.equal([])
  })

  it('says of a slot what it was worth when it was asked', async () => {
    const holder = new Holder()
    holder.memory.merge(BA, 'vx', valueIn(BA, 'x').entry)
    const give = () => {
      holder.holdings.complete(BA)
      return 'merged' as const
    }
    holder.peers.answers('b', { give })
    expect(await holder.hear('b-1', want(BA))).to.deep.equal(['unready'])
  })

  it('has nothing to say of any of them where what it gives is not taken', async () => {
    const holder = new Holder()
    holder.hold(valueIn(BA, 'x'))
    holder.holdings.complete(BC)
    givesTo(holder, 'refused')
    expect(await holder.hear('b-1', want(BC, BA))).to.deep.equal(['refused', 'refused'])
  })

  it('hurries where it is asked for a single one, since a command waits for it', async () => {
    const holder = new Holder()
    const body = 'x'.repeat(300 * 2 ** 10)
    holder.hold(valueIn(BA, 'x', { body }), valueIn(BA, 'y', { body }))
    const takesInFortyMs = () => holder.clock.every(40, () => holder.peers.releasesOldest('b'))
    const asked = () => given(holder).length
    holder.peers.holds('b', 'give')
    const taking = takesInFortyMs()
    const several = holder.hear('b-1', want(BA, BC))
    await holder.clock.advance(79)
    expect(asked(), 'with a rest').to.equal(1)
    await holder.clock.advance(1000)
    taking.cancel()
    takesInFortyMs()
    const single = holder.hear('b-1', want(BA))
    await holder.clock.advance(79)
    expect(asked() - 2, 'without').to.equal(2)
    await holder.clock.advance(1)
    expect([await several, await single]).to.deep.equal([['complete', 'unready'], ['complete']])
  })
})

describe('a slot that was given to its owner', () => {
  /** Whether the next offer of a slot that is to be handed over says that all of it was given. */
  const isOfferedAsGiven = async (answer: 'merged' | 'refused') => {
    const holder = new Holder()
    holder.hold(valueIn(BC, 'x'))
    givesTo(holder, 'keep')
    holder.current.install({ ...three.view, epoch: 2 })
    await holder.clock.advance(0)
    givesTo(holder, answer)
    const answers = holder.hear('b-1', want(BC), { epoch: 2 })
    await holder.clock.advance(0)
    await answers
    await holder.clock.advance(250)
    return holder.peers.saidToAll('offer').flatMap(({ said }) => said.slots.map(([, , isGiven]) => isGiven))
  }

  it('is known to be there when it is offered', async () => {
    expect(await isOfferedAsGiven('merged')).to.deep.equal([false, true])
  })

  it('is not where it was not taken', async () => {
    expect(await isOfferedAsGiven('refused')).to.deep.equal([false, false])
  })
})

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
  const offer = async (holder: Holder, slot: number, digest: string, isGiven = false) =>
    (await holder.hear('c-1', { type: 'offer', slots: [[slot, digest, isGiven]] })).join()
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
    expect(await offer(holder, AB, OTHER, true), 'given, in doubt').to.equal('keep')
  })

  it('wants what differs, unless it was given all of it before', async () => {
    expect(await offer(safe(), AB, OTHER)).to.equal('send')
    expect(await offer(safe(), AB, OTHER, true)).to.equal('drop')
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
