/** What a replica does that is to become a mirror of the owner: what only it may have it gives first, the rest it lets go. */
import { expect } from 'chai'
import type { SlotAnswer } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import type { Lapse } from '../../../../node/entries/standing.ts'
import { countIn, tombstoneIn, valueIn } from '../../../support/entries.ts'
import { absent, slotOf, three } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA, BC] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c')]
/** That of nobody's. */
const OTHER = 'another'
const MIRROR = 'b-1 4'
const [x, y, z] = [
  valueIn(BA, 'x', { atMs: 1 }),
  valueIn(BA, 'y', { atMs: 2 }),
  valueIn(BA, 'z', { atMs: 3 }),
]

interface Asked {
  readonly slot?: number
  readonly digest?: string
  readonly lapses?: readonly Lapse[]
  readonly hasMissed?: boolean
  readonly from?: string
}

async function mirror(
  holder: Holder,
  { slot = BA, digest = OTHER, lapses = [], hasMissed = false, from = 'b-1' }: Asked = {},
): Promise<SlotAnswer | undefined> {
  const answers = holder.hear(from, {
    type: 'mirror',
    slots: [[slot, digest, lapses, hasMissed]],
    mirror: MIRROR,
  })
  await holder.clock.advance(0)
  const [answer] = await answers
  return answer
}

function give(holder: Holder, ...entries: readonly SlotEntry[]) {
  return holder.hear('b-1', { type: 'give', entries, mirror: MIRROR })
}

function end(holder: Holder, slot = BA) {
  return holder.hear('b-1', { type: 'mirrored', slots: [slot], mirror: MIRROR })
}

/** A replica with x and y, which were all by an earlier view. */
function stale(): Holder {
  const holder = new Holder()
  for (const { slot, id, entry } of [x, y]) holder.memory.merge(slot, id, entry)
  holder.standings.restore({ slot: BA, asOf: 5, lapses: [] })
  holder.peers.answers('b', { give: 'merged' })
  return holder
}

function given(holder: Holder): SlotEntry[] {
  const all = holder.peers.saidToAll('give').flatMap(({ said }) => said.entries)
  return all.sort((one, other) => (one.id < other.id ? -1 : 1))
}

describe('a replica that is to become a mirror', () => {
  it('refuses everybody but the owner, and where it is none', async () => {
    const holder = stale()
    expect(await mirror(holder, { from: 'c-1' })).to.equal('refused')
    expect(await mirror(holder, { from: 'b-2' })).to.equal('refused')
    expect(await mirror(holder, { slot: AB })).to.equal('refused')
    expect(await mirror(holder, { slot: BC })).to.equal('refused')
  })

  it('is whole where it has the same', async () => {
    const holder = stale()
    expect(await mirror(holder, { digest: holder.memory.slots.digestOf(BA) })).to.equal('same')
    expect(holder.holdings.isComplete(BA)).to.equal(true)
  })

  it('is one where it is old, and gives nothing that it does not claim', async () => {
    const holder = stale()
    expect([await mirror(holder), given(holder)]).to.deep.equal(['mirror', []])
  })

  it('gives first what it claims, and only then answers', async () => {
    const holder = stale()
    holder.standings.claim(BA, { sinceTime: y.entry.stamp.time, lives: [] })
    expect([await mirror(holder), given(holder)]).to.deep.equal(['mirror', [y]])
  })

  it('is none where its copy is of a time that the owner knows nothing of, and gives all of it', async () => {
    const holder = stale()
    expect(await mirror(holder, { lapses: [{ from: 3, to: 6 }] })).to.equal('merge')
    expect([given(holder), holder.standings.of(BA).lapses]).to.deep.equal([[x, y], [{ from: 3, to: 6 }]])
  })

  it('is none where it had all by its own account, unless the owner knows better', async () => {
    const holder = stale()
    holder.holdings.complete(BA)
    expect([await mirror(holder), given(holder)]).to.deep.equal(['merge', [x, y]])
    expect(await mirror(holder, { hasMissed: true })).to.equal('mirror')
  })

  it('refuses where the owner does not take what it gives', async () => {
    const holder = stale()
    holder.standings.claim(BA, { sinceTime: 0, lives: [] })
    holder.peers.answers('b', { give: 'refused' })
    expect(await mirror(holder)).to.equal('refused')
    expect(holder.standings.of(BA).alone, 'it still claims it').not.to.equal(undefined)
  })

  it('claims no more what the owner has, but while others are taken for absent', async () => {
    for (const hasAbsent of [false, true]) {
      const holder = stale()
      if (hasAbsent) holder.current.miss({ absent: new Set(['c-1']), silent: new Set() })
      expect(absent(three, ['c']).ownerOf(BA)?.id).to.equal('b')
      holder.standings.claim(BA, { sinceTime: 0, lives: [] })
      expect(await mirror(holder)).to.equal('mirror')
      expect(holder.standings.of(BA).alone !== undefined).to.equal(hasAbsent)
    }
  })
})

describe('a mirror', () => {
  it('has what it was told in the end, and nothing else', async () => {
    const holder = stale()
    await mirror(holder)
    expect(await give(holder, y, z)).to.deep.equal(['merged'])
    expect(
      [x, y, z].map((one) => holder.has(one)),
      'before the end',
    ).to.deep.equal([true, true, true])
    expect(await end(holder)).to.deep.equal(['merged'])
    expect([x, y, z].map((one) => holder.has(one))).to.deep.equal([false, true, true])
  })

  it('has what it was told in place of what it had, though that is later', async () => {
    const holder = stale()
    holder.memory.merge(BA, 'cx', countIn(BA, 'x', 7).entry)
    holder.memory.merge(BA, 'vx', tombstoneIn(BA, 'x', { atMs: 9 }).entry)
    await mirror(holder)
    await give(holder, x, y, countIn(BA, 'x', 2))
    await end(holder)
    const held = ['vx', 'cx'].map((id) => holder.memory.slots.find(BA, id))
    expect(held).to.deep.equal([x.entry, countIn(BA, 'x', 2).entry])
  })

  it('keeps what came from the owner meanwhile', async () => {
    const holder = stale()
    await mirror(holder)
    await holder.hearStream('b-1', { changes: [z] })
    await give(holder, y)
    await end(holder)
    expect([x, y, z].map((one) => holder.has(one))).to.deep.equal([false, true, true])
  })

  it('keeps what it claims, though it has given it', async () => {
    const holder = stale()
    holder.current.miss({ absent: new Set(['c-1']), silent: new Set() })
    holder.standings.claim(BA, { sinceTime: y.entry.stamp.time, lives: [] })
    await mirror(holder)
    await end(holder)
    expect([x, y].map((one) => holder.has(one))).to.deep.equal([false, true])
  })

  it('ends once: what nobody has begun, or called off, is refused', async () => {
    const holder = stale()
    expect(await end(holder)).to.deep.equal(['refused'])
    await mirror(holder)
    holder.mirroring.cancel(BA)
    expect(await end(holder)).to.deep.equal(['refused'])
    expect(holder.has(x)).to.equal(true)
  })

  it('begins anew when it is asked again: what came before is with the owner by now', async () => {
    const holder = stale()
    await mirror(holder)
    await give(holder, x)
    await holder.hearStream('b-1', { changes: [z] })
    await mirror(holder)
    await give(holder, y)
    await end(holder)
    expect([x, y, z].map((one) => holder.has(one))).to.deep.equal([false, true, false])
  })

  it('takes what is given otherwise, as everybody does', async () => {
    const holder = stale()
    expect(await give(holder, z)).to.deep.equal(['merged'])
    expect([x, y, z].map((one) => holder.has(one))).to.deep.equal([true, true, true])
  })
})
