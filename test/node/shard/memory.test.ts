/** The budget, the expiry and the slots of what is held. */
import { expect } from 'chai'
import type { Entry } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { bytesOf } from '../../../node/shard/bytes.ts'
import { type Forgotten, Memory, TOMBSTONE_GRACE_MS } from '../../../node/shard/memory.ts'

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
    const memory = new Memory(3000)
    for (const id of ['va', 'vb', 'vc']) memory.merge(1, id, value('x'.repeat(600)))
    memory.use(1, 'va', 0)
    memory.merge(1, 'vd', value('x'.repeat(600)))
    expect(['va', 'vb', 'vc', 'vd'].filter((id) => memory.use(1, id, 0))).to.deep.equal(['va', 'vc', 'vd'])
  })

  it('gives up tombstones before any value, and counters never', () => {
    const entries = [
      ['cstew', tally],
      ['va', value('x'.repeat(700))],
      ['vgone', tombstone(5)],
      ['vb', value('x'.repeat(900))],
    ] as const
    const memory = new Memory(entries.reduce((sum, [id, entry]) => sum + bytesOf(id, entry), -1))
    for (const [id, entry] of entries) memory.merge(1, id, entry)
    expect(memory.counts).to.include({ values: 2, counters: 1, tombstones: 0, evictions: 0 })
    for (let index = 0; index < 50; index++) memory.merge(2, `c${index}`, tally)
    expect(memory.counts).to.include({ values: 0, counters: 51 })
  })

  it('gives up the oldest tombstone first', () => {
    const memory = new Memory(1300)
    for (const id of ['va', 'vb', 'vc']) memory.merge(1, id, tombstone(5))
    memory.merge(1, 'vd', value('x'.repeat(100)))
    expect(['va', 'vb', 'vc', 'vd'].filter((id) => memory.use(1, id, 0))).to.deep.equal(['vb', 'vc', 'vd'])
  })

  it('turns an ended value into a tombstone, and forgets that after its grace', () => {
    const memory = new Memory(1_000_000)
    memory.merge(1, 'va', value('stew', 10_000))
    expect(memory.sweep(9_999)).to.equal(false)
    expect(memory.counts).to.include({ values: 1, expirations: 0 })
    memory.sweep(11_000)
    expect(memory.counts).to.include({ values: 0, tombstones: 1, expirations: 1 })
    memory.sweep(10_000 + TOMBSTONE_GRACE_MS + 1000)
    expect(memory.counts).to.include({ values: 0, tombstones: 0, bytes: 0 })
  })

  it('says when more has ended than one turn takes', () => {
    const memory = new Memory(10_000_000)
    for (let index = 0; index < 1500; index++) memory.merge(1, `v${index}`, value('x', 1000))
    expect(memory.sweep(5000)).to.equal(true)
    expect(memory.sweep(5000)).to.equal(false)
    expect(memory.counts.expirations).to.equal(1500)
  })

  it('forgets the slots that it is told to, and nothing else', () => {
    const memory = new Memory(1_000_000)
    for (const slot of [1, 2, 3]) memory.merge(slot, 'va', value('stew', 1000))
    memory.retain((slot) => slot === 2)
    expect([1, 2, 3].map((slot) => memory.use(slot, 'va', 0) !== undefined)).to.deep.equal([
      false,
      true,
      false,
    ])
    memory.sweep(10_000)
    memory.retain(() => false)
    expect(memory.counts).to.include({ values: 0, tombstones: 0, bytes: 0 })
  })
})

describe('memory, of reactions,', () => {
  const reaction = (user: string, endsAtMs = Infinity) =>
    Reactions.of({ reaction: 'fire', user, time: ++time, endsAtMs, isGone: false })
  const usersOf = (memory: Memory, nowMs: number) => {
    const entry = memory.use(1, 'rStew', nowMs)
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
    const [first] = memory.activity(1, 999)
    expect(first).to.deep.equal({ content: 'Stew', users: 2500, counts: { fire: 2500 } })
    expect(memory.activity(5, 1000)).to.deep.equal([{ content: 'Soup', users: 1, counts: { fire: 1 } }])
  })

  it('forgets a content in the moment in which the last trace of it goes', () => {
    const told: Forgotten[] = []
    const memory = new Memory(1_000_000, (forgotten) => told.push(forgotten))
    memory.merge(1, 'rStew', reaction('Sam', 1000))
    expect(usersOf(memory, 1000 + TOMBSTONE_GRACE_MS - 1)).to.equal(0)
    expect(usersOf(memory, 1000 + TOMBSTONE_GRACE_MS)).to.equal(undefined)
    expect(memory.counts).to.include({ contents: 0, bytes: 0, expirations: 1 })
    expect(told.map(({ id, presence }) => [id, presence?.user])).to.deep.equal([
      ['rStew', 'Sam'],
      ['rStew', undefined],
    ])
  })

  it('takes a mass that ends in several turns of the sweep', () => {
    const memory = new Memory(10_000_000)
    for (let index = 0; index < 2500; index++) memory.merge(1, 'rStew', reaction(`user ${index}`, 1000))
    let turns = 1
    while (memory.sweep(5000)) turns++
    expect(turns).to.be.within(2, 10)
    expect(memory.counts).to.include({ contents: 1, expirations: 2500 })
    while (memory.sweep(5000 + TOMBSTONE_GRACE_MS)) turns++
    expect(memory.counts).to.include({ contents: 0, bytes: 0 })
  })
})
