/** What a holder of slots answers where whole slots are meant: what it has, what it lacks, what may go. */
import { expect } from 'chai'
import type { SlotMessage, Wanted } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { verbsOf } from '../../../../node/entries/kinds.ts'
import type { Lapse } from '../../../../node/entries/standing.ts'
import { settled } from '../../../support/clock.ts'
import { valueIn } from '../../../support/entries.ts'
import { slotOf, three, viewOf } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]
/** That of nobody's. */
const OTHER = 'another'
/** What is told is for this one. */
const MIRROR = 'b-1 4'

/** Asked for by an owner that has nothing of them. */
function want(...slots: readonly number[]) {
  return wanted(slots.map((slot) => [slot, OTHER, 0]))
}

function wanted(slots: readonly Wanted[], isAnyway = false): SlotMessage {
  return { type: 'want', slots, isAnyway, mirror: MIRROR }
}

/** What is answered of a copy that is not given. */
function kept(asOf: number) {
  return { asOf, lapses: [], how: 'kept' }
}

function mirrored(asOf: number) {
  return { asOf, lapses: [], how: 'mirrored' }
}

function givesTo(holder: Holder, answer: 'merged' | 'refused' | 'keep') {
  for (const id of ['b', 'c']) holder.peers.answers(id, { give: answer, offer: answer })
}

function given(holder: Holder): { to: string; entries: readonly SlotEntry[]; mirror: string | undefined }[] {
  return holder.peers.saidToAll('give').map(({ to, said: { entries, mirror } }) => ({ to, entries, mirror }))
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

  it('says as of which view it has all of them, and gives none that is not whole', async () => {
    const holder = new Holder(viewOf(9, ['a', 'b', 'c']))
    givesTo(holder, 'merged')
    holder.hold(valueIn(BA, 'x'))
    holder.memory.merge(BC, 'vy', valueIn(BC, 'y').entry)
    holder.standings.restore({ slot: BC, asOf: 7, lapses: [] })
    const answers = holder.hear('b-1', want(BA, BC, AB))
    await holder.clock.advance(0)
    expect(await answers).to.deep.equal([mirrored(Infinity), kept(7), 'refused'])
    expect(given(holder).flatMap(({ entries }) => entries.map(({ id }) => id))).to.deep.equal(['vx'])
  })

  it('gives at once what was all there was by the view before, as nothing can have been acknowledged since', async () => {
    const holder = new Holder(viewOf(9, ['a', 'b', 'c']))
    givesTo(holder, 'merged')
    holder.memory.merge(BC, 'vy', valueIn(BC, 'y').entry)
    holder.standings.restore({ slot: BC, asOf: 8, lapses: [] })
    const answers = holder.hear('b-1', want(BC))
    await holder.clock.advance(0)
    expect(await answers).to.deep.equal([mirrored(8)])
    expect(given(holder).length).to.equal(1)
  })

  it('gives at once, of a copy that it keeps, what only that may have', async () => {
    const holder = new Holder(viewOf(9, ['a', 'b', 'c']))
    const [old, claimed] = [valueIn(BC, 'old', { atMs: 1 }), valueIn(BC, 'claimed', { atMs: 5 })]
    for (const { slot, id, entry } of [old, claimed]) holder.memory.merge(slot, id, entry)
    const { sinceTime, lives } = verbsOf(claimed.entry).claim(claimed.entry)
    holder.standings.restore({ slot: BC, asOf: 6, lapses: [], alone: { sinceTime, lives } })
    givesTo(holder, 'merged')
    const answers = holder.hear('b-1', want(BC))
    await holder.clock.advance(0)
    expect(await answers).to.deep.equal([kept(6)])
    expect(given(holder)).to.deep.equal([{ to: 'b', entries: [claimed], mirror: undefined }])
  })

  it('gives whatever it has where anything will do', async () => {
    const holder = new Holder()
    givesTo(holder, 'merged')
    holder.memory.merge(BA, 'vx', valueIn(BA, 'x').entry)
    expect(await holder.hear('b-1', wanted([[BA, OTHER, 0]], true))).to.deep.equal([
      { asOf: 0, lapses: [], how: 'merged' },
    ])
    expect(given(holder)).to.deep.equal([{ to: 'b', entries: [valueIn(BA, 'x')], mirror: undefined }])
  })

  it('gives what differs before it answers', async () => {
    const holder = new Holder()
    const [x, y] = [valueIn(BA, 'x'), valueIn(BC, 'y')]
    holder.hold(x, y)
    holder.peers.holds('b', 'give')
    let isAnswered = false
    const answers = holder.hear('b-1', want(BA, BC)).finally(() => {
      isAnswered = true
    })
    await settled()
    expect([given(holder), isAnswered]).to.deep.equal([[{ to: 'b', entries: [x, y], mirror: MIRROR }], false])
    holder.peers.releases('b')
    await holder.clock.advance(0)
    expect(await answers).to.deep.equal([mirrored(Infinity), mirrored(Infinity)])
  })

  it('gives nothing of what is the same, or not there', async () => {
    const holder = new Holder()
    holder.hold(valueIn(BA, 'x'))
    holder.holdings.complete(BC)
    givesTo(holder, 'merged')
    const slots = [[BA, holder.memory.slots.digestOf(BA), 0] as const, [BC, OTHER, 0] as const]
    expect(await holder.hear('b-1', wanted(slots))).to.deep.equal([
      { asOf: Infinity, lapses: [], how: 'same' },
      mirrored(Infinity),
    ])
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
    const [answer] = await holder.hear('b-1', wanted([[BA, OTHER, 0]], true))
    expect(answer).to.deep.include({ asOf: 0 })
  })

  it('has its copy mirrored where it measures that of the owner, and merged where it does not', async () => {
    const holder = new Holder()
    holder.memory.merge(BA, 'vx', valueIn(BA, 'x').entry)
    givesTo(holder, 'merged')
    const how = async (asOf: number, theirs: number, lapses: readonly Lapse[] = []) => {
      holder.standings.restore({ slot: BA, asOf, lapses })
      holder.peers.forget()
      const [answer] = await holder.hear('b-1', wanted([[BA, OTHER, theirs]], true))
      const [one] = given(holder)
      expect(one?.mirror === MIRROR).to.equal(typeof answer === 'object' && answer.how === 'mirrored')
      return typeof answer === 'object' ? answer.how : answer
    }
    expect(await how(Infinity, 3), 'whole').to.equal('mirrored')
    expect(await how(5, 3), 'newer').to.equal('mirrored')
    expect(await how(5, 5), 'as new').to.equal('merged')
    expect(await how(5, 6), 'older').to.equal('merged')
    const lapse = [{ from: 3, to: 5 }]
    expect(await how(Infinity, 3, lapse), 'before a lapse').to.equal('mirrored')
    expect(await how(Infinity, 4, lapse), 'in a lapse').to.equal('merged')
    expect(await how(Infinity, 5, lapse), 'after a lapse').to.equal('mirrored')
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
    expect([await several, await single]).to.deep.equal([[mirrored(Infinity), kept(0)], [mirrored(Infinity)]])
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
    const answers = holder.hear('b-1', wanted([[BC, OTHER, 0]], true), { epoch: 2 })
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
