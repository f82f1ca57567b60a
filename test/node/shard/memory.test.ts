/** The budget, the expiry and the slots of what is held. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Entry } from '../../../node/entries/entry.ts'
import { Memory, TOMBSTONE_GRACE_MS } from '../../../node/shard/memory.ts'

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
    const memory = new Memory(3000)
    memory.merge(1, 'cstew', tally)
    memory.merge(1, 'va', value('x'.repeat(700)))
    memory.merge(1, 'vgone', tombstone(5))
    memory.merge(1, 'vb', value('x'.repeat(900)))
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

  it('counts what it holds, whatever is written, ended, evicted or let go', () => {
    const step = fc.record({
      act: fc.constantFrom('value', 'tombstone', 'counter', 'sweep', 'retain', 'use'),
      slot: fc.nat(3),
      name: fc.nat(5),
      size: fc.nat(500),
      atMs: fc.integer({ min: 1, max: 2 * TOMBSTONE_GRACE_MS }),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const memory = new Memory(3000)
        for (const { act, slot, name, size, atMs } of steps) {
          if (act === 'value') memory.merge(slot, `v${name}`, value('x'.repeat(size), atMs))
          if (act === 'tombstone') memory.merge(slot, `v${name}`, tombstone(atMs))
          if (act === 'counter') memory.merge(slot, `c${name}`, tally)
          if (act === 'sweep') memory.sweep(atMs)
          if (act === 'retain') memory.retain((other) => other !== slot)
          if (act === 'use') memory.use(slot, `v${name}`, 0)
          expect(memory.counts.bytes).to.be.at.least(0)
        }
        memory.retain(() => false)
        expect(memory.counts).to.include({ values: 0, counters: 0, tombstones: 0, bytes: 0 })
      }),
    )
  })
})
