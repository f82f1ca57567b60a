/** The slots of two members, with two members in memory: what moves arrives whole, and what one takes in the other has. */
import { expect } from 'chai'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { countIn, tombstoneIn, valueIn } from '../../../support/entries.ts'
import { SlotPartners } from '../../../support/slot-partners.ts'
import { self, three, viewOf } from '../../../support/views.ts'
import { Pair, SlotHolder } from './pair.ts'

const alone = viewOf(1, ['a'], 1)
const both = viewOf(2, ['a', 'b'], 1)
const copied = viewOf(1, ['a', 'b'])
const MOVES = firstSlot((slot) => both.ownerOf(slot)?.id === 'b')
const STAYS = firstSlot((slot) => both.ownerOf(slot)?.id === 'a')
/** Owned by a, of which b has a copy. */
const OWN = firstSlot((slot) => copied.ownerOf(slot)?.id === 'a')

function firstSlot(isMeant: (slot: number) => boolean): number {
  return Array.from({ length: SLOTS }, (_, slot) => slot).findIndex(isMeant)
}

/** Two members, each with a copy of everything, and everything in order. */
async function settledPair({ bytesMax = Infinity } = {}): Promise<Pair> {
  const pair = new Pair({ bytesMax })
  for (const { current } of [pair.a, pair.b]) current.install(copied.view)
  for (const holder of [pair.a, pair.b]) holder.completeAll()
  await pair.clock.advance(2000)
  expect([pair.a, pair.b].map(({ slots }) => slots.doubts.short.slots)).to.deep.equal([0, 0])
  return pair
}

describe('a slot that moves to another member', () => {
  const entries = [
    ...Array.from({ length: 300 }, (_, index) => valueIn(MOVES, `key${index}`)),
    countIn(MOVES, 'visits', 7),
    tombstoneIn(MOVES, 'gone'),
  ]
  const start = async () => {
    const pair = new Pair()
    await pair.follow(alone)
    pair.a.hold(...entries, valueIn(STAYS, 'other'))
    return { pair, digest: pair.a.memory.slots.digestOf(MOVES) }
  }

  it('arrives whole, and is let go where it was, with nothing else', async () => {
    const { pair, digest } = await start()
    await pair.follow(both)
    expect(pair.b.memory.slots.digestOf(MOVES)).to.equal(digest)
    expect([pair.a, pair.b].map(({ slots }) => slots.holdings.isOwn(MOVES))).to.deep.equal([false, true])
    expect([MOVES, STAYS].map((slot) => pair.a.memory.slots.holds(slot))).to.deep.equal([false, true])
    await pair.clock.advance(2000)
    expect([pair.a.dropped, pair.a.slots.departures.count]).to.deep.equal([[MOVES], 0])
    pair.stop()
  })

  it('stays where it was as long as it has not arrived', async () => {
    const { pair, digest } = await start()
    pair.cut.add('give')
    await pair.follow(both)
    expect(pair.a.memory.slots.digestOf(MOVES)).to.equal(digest)
    expect([pair.a.dropped.includes(MOVES), pair.b.slots.holdings.isOwn(MOVES)]).to.deep.equal([false, false])
    pair.cut.clear()
    await pair.clock.advance(2000)
    expect(pair.b.memory.slots.digestOf(MOVES)).to.equal(digest)
    expect([pair.a.slots.departures.count, pair.a.dropped.includes(MOVES)]).to.deep.equal([0, true])
    pair.stop()
  })

  it('is kept by its new owner, on disk too', async () => {
    const { pair } = await start()
    await pair.follow(both)
    expect(new Set(pair.b.noted.map(({ id }) => id))).to.deep.equal(new Set(entries.map(({ id }) => id)))
    pair.stop()
  })
})

describe('a member that follows a view', () => {
  const five = viewOf(2, ['a', 'b', 'c', 'd', 'e'])
  const back = viewOf(3, ['a', 'b', 'c'])
  const [inThree, inFive] = [three.rolesOf(self), five.rolesOf(self)]
  /** Is whole by the first view, goes by the others, and is answered nothing. */
  const follow = async (...views: readonly (typeof five)[]) => {
    const clock = new FakeClock()
    const peers = new SlotPartners(clock)
    for (const { id } of five.members) peers.drops(id)
    const holder = new SlotHolder(self, { clock, peers })
    holder.current.install(three.view)
    holder.completeAll()
    const lost = firstSlot((slot) => inThree[slot] === 'owner' && inFive[slot] === 'none')
    holder.hold(valueIn(lost, 'x'))
    for (const { view } of views) {
      await settled()
      peers.forget()
      holder.current.install(view)
    }
    await settled()
    holder.slots.stop()
    return { peers, lost }
  }

  it('offers by that very view what it holds no more, and compares the new copies of what it owns', async () => {
    const { peers, lost } = await follow(five)
    const offered = peers.saidToAll('offer').flatMap(({ said }) => said.slots.map(([slot]) => slot))
    const isLost = (slot: number) => inThree[slot] !== 'none' && inFive[slot] === 'none'
    expect([offered.includes(lost), offered.every(isLost)]).to.deep.equal([true, true])
    const compared = peers.slotsSaid('d', 'check').flat()
    const isNew = (slot: number) => inFive[slot] === 'owner' && five.replicasOf(slot)[0]?.id === 'd'
    expect([compared.length > 0, compared.every(isNew)]).to.deep.equal([true, true])
  })

  it('wants by that very view what it owns and has not, and lets its copies be compared', async () => {
    const { peers } = await follow(five, back)
    const isRegained = (slot: number) => inFive[slot] === 'none' && inThree[slot] !== 'none'
    const wanted = peers.saidToAll('want').flatMap(({ said }) => said.slots.map(([slot]) => slot))
    expect([wanted.length > 0, wanted.every(isRegained)]).to.deep.equal([true, true])
    const lacked = new Set(peers.saidToAll('lack').flatMap(({ said }) => said.slots))
    const copies = inThree.flatMap((role, slot) => (role === 'replica' && isRegained(slot) ? slot : []))
    expect(lacked).to.deep.equal(new Set(copies))
  })
})

describe('an owner that has just got all of a slot', () => {
  it('tells its replicas what had come to it alone', async () => {
    const pair = await settledPair()
    const [old, news] = [valueIn(OWN, 'old'), valueIn(OWN, 'news')]
    for (const holder of [pair.a, pair.b]) holder.hold(old)
    pair.cut.add('want')
    pair.a.slots.doubtAll(copied)
    await pair.clock.advance(1000)
    const message = { type: 'give', entries: [news] } as const
    await pair.a.slots.receive({ format: CURRENT, epoch: 1, time: 0, from: 'c-1', message })
    await pair.clock.advance(1000)
    expect([pair.a, pair.b].map((holder) => holder.entryOf(news) !== undefined)).to.deep.equal([true, false])
    pair.cut.clear()
    await pair.clock.advance(2000)
    expect(pair.b.entryOf(news)).to.deep.equal(news.entry)
    expect([pair.a.slots.holdings.isOwn(OWN), pair.a.slots.doubts.isSafe(OWN)]).to.deep.equal([true, true])
    pair.stop()
  })
})

describe('a member that stood still', () => {
  it('serves nothing of its own before it has fetched all of it anew', async () => {
    const pair = await settledPair()
    const [old, later] = [valueIn(OWN, 'x', { atMs: 1 }), valueIn(OWN, 'x', { atMs: 2, body: '"later"' })]
    pair.a.hold(old)
    pair.b.hold(later)
    const { owned } = pair.a.slots.holdings.counts
    pair.a.slots.doubtAll(copied)
    expect(pair.a.slots.holdings.missing).to.have.lengthOf(owned)
    await pair.clock.advance(2000)
    expect(pair.a.entryOf(old)).to.deep.equal(later.entry)
    expect(pair.a.slots.holdings.missing).to.deep.equal([])
    pair.stop()
  })
})

describe('what the memory budget claims', () => {
  const body = 'x'.repeat(6000)
  const [first, second] = [valueIn(OWN, 'first', { body }), valueIn(OWN, 'second', { body })]

  it('ends with the other holder too', async () => {
    const pair = await settledPair({ bytesMax: 10_000 })
    for (const holder of [pair.a, pair.b]) holder.hold(first)
    pair.a.hold(second)
    await settled()
    expect(pair.a.entryOf(first), 'the owner').to.equal(undefined)
    expect(pair.b.entryOf(first), 'the replica').to.deep.include({ endsAtMs: pair.clock.now() })
    expect(pair.b.entryOf(first)).to.not.have.property('value')
    pair.stop()
  })

  it('is no business of the others where it is no owner that let it go', async () => {
    const pair = await settledPair({ bytesMax: 10_000 })
    for (const holder of [pair.a, pair.b]) holder.hold(first)
    pair.told.length = 0
    pair.b.hold(second)
    await settled()
    expect([pair.a, pair.b].map((holder) => holder.entryOf(first) !== undefined)).to.deep.equal([true, false])
    expect(pair.told).to.deep.equal([])
    pair.stop()
  })
})

describe('what is taken in from another holder', () => {
  it('is told the keeper with what it has led to, once', () => {
    const { a } = new Pair()
    const [one, other] = [countIn(OWN, 'x', 3), { ...countIn(OWN, 'x', 0), entry: tally('y-1', 4n) }]
    expect([one, other, other].map((entry) => a.slots.takeIn(entry))).to.deep.equal([[one], [other], []])
    expect(a.noted.map(({ id, entry }) => [id, entry])).to.deep.equal([
      [one.id, one.entry],
      [other.id, other.entry],
    ])
    const tallies = { 'x-1': { added: 3n, taken: 0n }, 'y-1': { added: 4n, taken: 0n } }
    expect(a.noted.at(-1)?.state).to.deep.equal({ kind: 'counter', tallies })
  })

  it('is earlier than whatever is written here from now on, be it known here or not', () => {
    const { a } = new Pair()
    const value = valueIn(OWN, 'x', { atMs: 5_000_000_000 })
    a.hold(value)
    expect(a.slots.takeIn(value)).to.deep.equal([])
    expect(a.slots.moment(OWN).stamp().time).to.be.above(5_000_000_000 * TICKS_PER_MS)
  })
})

function tally(origin: string, added: bigint) {
  return { kind: 'counter', tallies: { [origin]: { added, taken: 0n } } } as const
}
