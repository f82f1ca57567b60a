/** Fairness: what the budget claims, and from whom. */
import { expect } from 'chai'
import fc from 'fast-check'
import { counterWith } from '../../../node/entries/counter.ts'
import type { Entry } from '../../../node/entries/entry.ts'
import { bytesOfEntry } from '../../../node/memory/bytes.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { type Pooled, Pools } from '../../../node/memory/pools.ts'

interface Item extends Pooled {
  readonly name: number
}

let time = 0
function entry(bytes: number): Entry {
  const value = { contentType: 'text/plain', body: 'x'.repeat(bytes) }
  return { kind: 'register', stamp: { time: ++time, origin: 'a' }, value, endsAtMs: Infinity }
}
const item = (name: number, pool: string, bytes: number): Item => ({
  name,
  pool,
  bytes,
  older: undefined,
  newer: undefined,
})
const responseOf = (tenant: string, index: number) => `a/o/${index}\0${tenant}\0`

describe('pools', () => {
  it('give up what was used longest ago in the largest of them', () => {
    const pools = new Pools<Item>()
    const items = [item(0, 'a', 10), item(1, 'b', 15), item(2, 'a', 10), item(3, 'b', 1)]
    for (const one of items) pools.add(one)
    expect(pools.next).to.equal(items[0])
    pools.touch(items[0] as Item)
    expect(pools.next).to.equal(items[2])
    pools.remove(items[2] as Item)
    expect(pools.next).to.equal(items[1])
    for (const one of [0, 1, 3]) pools.remove(items[one] as Item)
    expect(pools.next).to.equal(undefined)
  })

  it('are what a simple list of everything is, after any changes', () => {
    const change = fc.record({
      act: fc.constantFrom('add', 'add', 'remove', 'touch', 'evict'),
      pool: fc.constantFrom('a', 'b', 'c'),
      bytes: fc.integer({ min: 1, max: 20 }),
      pick: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const pools = new Pools<Item>()
        let model: Item[] = [] // The one used longest ago first.
        for (const [name, { act, pool, bytes, pick }] of changes.entries()) {
          const chosen = act === 'evict' ? pools.next : model[pick % Math.max(1, model.length)]
          if (act === 'add') {
            const added = item(name, pool, bytes)
            pools.add(added)
            model.push(added)
          } else if (chosen !== undefined) {
            model = model.filter((other) => other !== chosen)
            if (act === 'touch') {
              pools.touch(chosen)
              model.push(chosen)
            } else pools.remove(chosen)
          }
          expect(pools.next?.name).to.equal(victimOf(model)?.name)
        }
      }),
    )
  })
})

describe('a budget', () => {
  it('is never claimed from a tenant within its share, however others flood', () => {
    const tenants = ['a', 'b', 'c', 'quiet']
    const write = fc.record({ tenant: fc.nat(2), index: fc.nat(80), bytes: fc.nat(2000), used: fc.nat(4) })
    fc.assert(
      fc.property(fc.array(write, { minLength: 50, maxLength: 200 }), (writes) => {
        const bytesMax = 40_000
        const memory = new Memory(bytesMax)
        const kept: string[] = []
        let bytes = 0
        for (let index = 0; ; index++) {
          const [id, mine] = [responseOf('quiet', index), entry(500)]
          bytes += bytesOfEntry(id, mine)
          // One pool more than there are tenants: the values.
          if (bytes > bytesMax / (tenants.length + 1)) break
          memory.merge(1, id, mine)
          kept.push(id)
        }
        for (const [at, { tenant, index, bytes: size, used }] of writes.entries()) {
          memory.merge(index, responseOf(tenants[tenant] ?? '', index), entry(size))
          if (used === 0) memory.merge(index, `v${at}`, entry(size))
        }
        expect(memory.counts.bytes).to.be.at.most(bytesMax)
        for (const id of kept) expect(memory.use(1, id, { nowMs: 0 }), id).not.to.equal(undefined)
      }),
      { numRuns: 30 },
    )
  })

  it('is claimed neither from the values of /api by a flood of responses, nor the other way round', () => {
    for (const [mine, theirs] of [
      [(index: number) => `v${index}`, (index: number) => responseOf('flood', index)],
      [(index: number) => responseOf('quiet', index), (index: number) => `v${index}`],
    ] as const) {
      const memory = new Memory(100_000)
      for (let index = 0; index < 40; index++) memory.merge(1, mine(index), entry(500))
      for (let index = 0; index < 2000; index++) memory.merge(2, theirs(index), entry(500))
      const left = Array.from({ length: 40 }, (_, index) => memory.use(1, mine(index), { nowMs: 0 }))
      expect(left.filter((held) => held === undefined)).to.have.length(0)
      expect(memory.counts.evictions).to.be.above(1800)
    }
  })

  it('leaves values their fifth of what can be claimed, however many tenants somebody invents', () => {
    const [bytesMax, kept] = [200_000, 60_000]
    const memory = new Memory(bytesMax)
    const counted = counterWith({}, { a: { added: 1n, taken: 0n } }, 0)
    for (let index = 0; memory.counts.bytes < kept; index++) memory.merge(3, `c${index}`, counted)
    const values: string[] = []
    let bytes = 0
    for (let index = 0; ; index++) {
      bytes += bytesOfEntry(`v${index}`, entry(500))
      if (bytes > (bytesMax - memory.counts.bytes) / 5) break
      values.push(`v${index}`)
    }
    for (const id of values) memory.merge(1, id, entry(500))
    for (let index = 0; index < 4000; index++) memory.merge(2, responseOf(`tenant ${index}`, 0), entry(500))
    for (const id of values) expect(memory.use(1, id, { nowMs: 0 }), id).to.not.equal(undefined)
    // And no more than that, where others want theirs.
    for (let index = 0; index < 400; index++) memory.merge(1, `vmore ${index}`, entry(500))
    for (let index = 0; index < 4000; index++) memory.merge(2, responseOf(`another ${index}`, 0), entry(500))
    expect(memory.counts.values).to.be.within(values.length - 2, values.length + 1)
    expect(memory.counts.responses).to.be.above(100)
  })

  it('is used by one alone, where nobody else wants it', () => {
    const memory = new Memory(100_000)
    for (let index = 0; index < 2000; index++) memory.merge(2, responseOf('alone', index), entry(500))
    expect(memory.counts.bytes).to.be.above(98_000)
  })

  it('is claimed from nobody else for a response that is larger than all of it', () => {
    const memory = new Memory(20_000)
    for (let index = 0; index < 5; index++) memory.merge(1, responseOf('quiet', index), entry(500))
    memory.merge(1, responseOf('greedy', 0), entry(50_000))
    expect(memory.use(1, responseOf('greedy', 0), { nowMs: 0 })).to.equal(undefined)
    for (let index = 0; index < 5; index++)
      expect(memory.use(1, responseOf('quiet', index), { nowMs: 0 })).not.to.equal(undefined)
  })
})

function victimOf(model: readonly Item[]): Item | undefined {
  const sizes = new Map<string, number>()
  for (const { pool, bytes } of model) sizes.set(pool, (sizes.get(pool) ?? 0) + bytes)
  const [largest] = [...sizes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return model.find(({ pool }) => pool === largest?.[0])
}
