/** The budget, the expiry and the slots of what is held. */
import { expect } from 'chai'
import type { Change, Entry } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { bytesOfEntry } from '../../../node/memory/bytes.ts'
import type { Forgotten } from '../../../node/memory/forgotten.ts'
import { TOMBSTONE_GRACE_MS } from '../../../node/memory/held.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { allOf } from '../../support/turns.ts'

let time = 0
function value(body: string, endsAtMs = Infinity): Entry {
  return {
    kind: 'register',
    stamp: { time: ++time, origin: 'a' },
    value: { contentType: 'text/plain', body },
    endsAtMs,
  }
}
function tombstone(endsAtMs: number): Entry {
  return { kind: 'register', stamp: { time: ++time, origin: 'a' }, endsAtMs }
}
const tally: Entry = { kind: 'counter', tallies: { a: { added: 1n, taken: 0n } } }

describe('memory', () => {
  it('stays within its budget under a constant stream of writes, and nearly fills it', () => {
    const memory = new Memory(100_000)
    for (let index = 0; index < 5000; index++) {
      memory.merge(index % 16381, `v${index}`, value('x'.repeat(index % 300)))
      expect(memory.counts.bytes).to.be.at.most(100_000)
    }
    expect(memory.counts.bytes).to.be.above(99_000)
    expect(memory.counts.evictions + memory.counts.values).to.equal(5000)
  })

  it('gives up the value that was used longest ago', () => {
    const memory = new Memory(2500)
    for (const id of ['va', 'vb', 'vc']) memory.merge(1, id, value('x'.repeat(600)))
    memory.use(1, 'va', { nowMs: 0 })
    memory.merge(1, 'vd', value('x'.repeat(600)))
    expect(['va', 'vb', 'vc', 'vd'].filter((id) => memory.use(1, id, { nowMs: 0 }))).to.deep.equal([
      'va',
      'vc',
      'vd',
    ])
  })

  it('gives up tombstones before any value, and counters never', () => {
    const entries = [
      ['cstew', tally],
      ['va', value('x'.repeat(700))],
      ['vgone', tombstone(5)],
      ['vb', value('x'.repeat(900))],
    ] as const
    const memory = new Memory(entries.reduce((sum, [id, entry]) => sum + bytesOfEntry(id, entry), -1))
    for (const [id, entry] of entries) memory.merge(1, id, entry)
    expect(memory.counts).to.include({ values: 2, counters: 1, tombstones: 0, evictions: 0 })
    for (let index = 0; index < 50; index++) memory.merge(2, `c${index}`, tally)
    expect(memory.counts).to.include({ values: 0, counters: 51 })
  })

  it('gives up the oldest tombstone first', () => {
    const memory = new Memory(300)
    for (const id of ['va', 'vb', 'vc']) memory.merge(1, id, tombstone(5))
    memory.merge(1, 'vd', value('x'.repeat(40)))
    expect(['va', 'vb', 'vc', 'vd'].filter((id) => memory.use(1, id, { nowMs: 0 }))).to.deep.equal([
      'vb',
      'vc',
      'vd',
    ])
  })

  it('turns an ended value into a tombstone, and forgets that after its grace', () => {
    const memory = new Memory(1_000_000)
    memory.merge(1, 'va', value('stew', 10_000))
    allOf(memory.upkeep.sweep(9_999))
    expect(memory.counts).to.include({ values: 1, expirations: 0 })
    allOf(memory.upkeep.sweep(11_000))
    expect(memory.counts).to.include({ values: 0, tombstones: 1, expirations: 1 })
    allOf(memory.upkeep.sweep(10_000 + TOMBSTONE_GRACE_MS + 1000))
    expect(memory.counts).to.include({ values: 0, tombstones: 0, bytes: 0 })
  })

  it('tends to a hundred that have ended in each step', () => {
    const memory = new Memory(10_000_000)
    for (let index = 0; index < 1500; index++) memory.merge(1, `v${index}`, value('x', 1000))
    let most = 0
    let known = 0
    for (const _ of memory.upkeep.sweep(5000)) {
      most = Math.max(most, memory.counts.expirations - known)
      known = memory.counts.expirations
    }
    expect([most, known]).to.deep.equal([100, 1500])
  })

  it('lets go of the slots that it is told to, and of nothing else', () => {
    const memory = new Memory(1_000_000)
    for (const slot of [1, 2, 3]) memory.merge(slot, 'va', value('stew', 1000))
    allOf(memory.upkeep.drop([1, 3]))
    expect([1, 2, 3].map((slot) => memory.slots.holds(slot))).to.deep.equal([false, true, false])
    expect([1, 2, 3].map((slot) => memory.use(slot, 'va', { nowMs: 0 }) !== undefined)).to.deep.equal([
      false,
      true,
      false,
    ])
    allOf(memory.upkeep.sweep(10_000))
    allOf(memory.upkeep.drop([2]))
    expect(memory.counts).to.include({ values: 0, tombstones: 0, bytes: 0 })
  })
})

describe('memory, of reactions,', () => {
  const reaction = (user: string, endsAtMs = Infinity) =>
    Reactions.of({ reaction: 'fire', user, time: ++time, endsAtMs, isGone: false })
  const usersOf = (memory: Memory, nowMs: number) => {
    allOf(memory.upkeep.tendTo(1, 'rStew', nowMs))
    const entry = memory.use(1, 'rStew', { nowMs })
    return entry?.kind === 'reactions' ? entry.users : undefined
  }

  it('gives up none, whatever the budget', () => {
    const memory = new Memory(1000)
    for (let index = 0; index < 50; index++) memory.merge(1, 'rStew', reaction(`user ${index}`))
    memory.merge(1, 'va', value('x'))
    expect(memory.counts).to.include({ contents: 1, values: 0 })
    expect(usersOf(memory, 0)).to.equal(50)
  })

  it('shows nobody who has ended, however many ended at once', () => {
    const memory = new Memory(1_000_000)
    for (let index = 0; index < 2500; index++) memory.merge(1, 'rStew', reaction(`user ${index}`, 1000))
    memory.merge(1, 'rStew', reaction('stays'))
    expect(usersOf(memory, 999)).to.equal(2501)
    expect(usersOf(memory, 1000)).to.equal(1)
  })

  it('ranks by who is there now, however many have ended since', () => {
    const memory = new Memory(10_000_000)
    for (let index = 0; index < 2500; index++) memory.merge(1, 'rStew', reaction(`user ${index}`, 1000))
    memory.merge(2, 'rSoup', reaction('a'))
    const [first] = allOf(memory.upkeep.activity(1, 999, () => true))
    expect(first).to.deep.equal({ content: 'Stew', users: 2500, counts: { fire: 2500 } })
    expect(allOf(memory.upkeep.activity(5, 1000, () => true))).to.deep.equal([
      { content: 'Soup', users: 1, counts: { fire: 1 } },
    ])
  })

  it('forgets a content in the moment in which the last trace of it goes', () => {
    const told: Forgotten[] = []
    const memory = new Memory(1_000_000, { forget: (forgotten) => void told.push(forgotten) })
    memory.merge(1, 'rStew', reaction('Sam', 1000))
    expect(usersOf(memory, 1000 + TOMBSTONE_GRACE_MS - 1)).to.equal(0)
    expect(usersOf(memory, 1000 + TOMBSTONE_GRACE_MS)).to.equal(undefined)
    expect(memory.counts).to.include({ contents: 0, bytes: 0, expirations: 1 })
    expect(told.map(({ id, presence }) => [id, presence?.user])).to.deep.equal([['rStew', 'Sam']])
  })

  it('takes a mass that ends in steps', () => {
    const memory = new Memory(10_000_000)
    for (let index = 0; index < 2500; index++) memory.merge(1, 'rStew', reaction(`user ${index}`, 1000))
    const steps = [...memory.upkeep.sweep(5000)].length
    expect(steps).to.be.within(25, 30)
    expect(memory.counts).to.include({ contents: 1, expirations: 2500 })
    allOf(memory.upkeep.sweep(5000 + TOMBSTONE_GRACE_MS))
    expect(memory.counts).to.include({ contents: 0, bytes: 0 })
  })
})

describe('memory, of what another member holds,', () => {
  const take = (memory: Memory, entry: Entry) => {
    const noted: Change[] = []
    const news = memory.takeIn({ slot: 1, id: 'va', entry }, 0, (change) => noted.push(change))
    expect(noted.map(({ slot, id, entry }) => ({ slot, id, entry }))).to.deep.equal(news)
    return noted.map(({ state }) => state)
  }

  it('takes in what is news, and tells of that alone', () => {
    const memory = new Memory(1_000_000)
    const [older, newer] = [value('old'), value('new')]
    expect(take(memory, newer)).to.deep.equal([newer])
    expect(take(memory, older)).to.deep.equal([])
    expect(take(memory, structuredClone(newer))).to.deep.equal([])
    expect(memory.use(1, 'va', { nowMs: 0 })).to.deep.equal(newer)
    expect(take(memory, tombstone(5))).to.have.lengthOf(1)
    expect(memory.use(1, 'va', { nowMs: 0 })).to.not.have.property('value')
  })

  it('gives a slot in parts from which another makes the same, of any size', () => {
    const [memory, copy] = [new Memory(10_000_000), new Memory(10_000_000)]
    for (const id of ['va', 'vb']) memory.merge(1, id, value('stew'))
    memory.merge(1, 'ca', tally)
    for (let user = 0; user < 2500; user++) {
      const presence = { reaction: 'fire', user: `${user}`, time: ++time, endsAtMs: Infinity, isGone: false }
      memory.merge(1, 'rStew', Reactions.of(presence))
    }
    memory.merge(2, 'va', value('elsewhere'))
    const parts = [...memory.slots.partsOf(1)]
    expect(parts.filter(({ id }) => id === 'rStew')).to.have.lengthOf(3)
    expect(copy.slots.digestOf(1)).to.not.equal(memory.slots.digestOf(1))
    for (const { id, entry } of parts.toReversed()) copy.takeIn({ slot: 1, id, entry }, 0, () => {})
    expect(copy.slots.digestOf(1)).to.equal(memory.slots.digestOf(1))
    expect(copy.counts).to.deep.equal({ ...memory.counts, values: 2, bytes: copy.counts.bytes })
  })

  it('gives answers that are remembered before the counters that they are about', () => {
    const memory = new Memory(1_000_000)
    const ids = ['vjam', 'ijam\0one', 'vsalt', 'isalt\0one', 'ijam\0other']
    for (const id of ids) memory.merge(1, id, id.startsWith('v') ? tally : value('1'))
    expect([...memory.slots.partsOf(1)].map(({ id }) => id[0])).to.deep.equal(['i', 'i', 'i', 'v', 'v'])
  })

  it('has the digest of an empty slot before it held one, and after it has let go of it', () => {
    const memory = new Memory(1_000_000)
    const nothing = memory.slots.digestOf(1)
    memory.merge(1, 'va', value('stew'))
    expect(memory.slots.digestOf(1)).to.not.equal(nothing)
    allOf(memory.upkeep.drop([1]))
    expect([memory.slots.digestOf(1), memory.slots.holds(1)]).to.deep.equal([nothing, false])
  })

  it('ranks, and lists paths, without what is not meant', () => {
    const memory = new Memory(1_000_000)
    for (const [slot, content] of [
      [1, 'Stew'],
      [2, 'Soup'],
    ] as const)
      memory.merge(
        slot,
        `r${content}`,
        Reactions.of({ reaction: 'fire', user: 'Sam', time: ++time, endsAtMs: Infinity, isGone: false }),
      )
    expect(
      allOf(memory.upkeep.activity(9, 0, ({ slot }) => slot === 2)).map(({ content }) => content),
    ).to.deep.equal(['Soup'])
    memory.merge(3, 'a/menu\0one\0', value('x'))
    memory.merge(4, 'a/wine\0two\0', value('x'))
    memory.merge(4, 'a/beer\0two\0', tombstone(5))
    const seen: string[] = []
    allOf(memory.slots.responses.each((id) => seen.push(id)))
    expect(seen).to.deep.equal(['a/menu\0one\0', 'a/wine\0two\0'])
  })

  it('is full when it is about to give things up', () => {
    const memory = new Memory(10_000)
    expect(memory.isFull).to.equal(false)
    for (let index = 0; index < 30; index++) memory.merge(1, `v${index}`, value('x'.repeat(300)))
    expect(memory.isFull).to.equal(true)
  })
})
