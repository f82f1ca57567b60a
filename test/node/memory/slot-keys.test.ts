/** The keys of a slot in their order: one that is there all the time is met once, whatever comes and goes meanwhile. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Counter } from '../../../node/entries/counter.ts'
import type { Register } from '../../../node/entries/register.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { EncodedId, placingOf } from '../../../node/memory/packed/encoded-id.ts'
import type { KeyPlace } from '../../../shared/many-keys.ts'

const SLOT = 7
let time = 0

function stored(): Register {
  const value = { contentType: 'text/plain', body: 'x' }
  return { kind: 'register', stamp: { time: ++time, origin: 'a' }, value, endsAtMs: Infinity }
}

function counted(): Counter {
  const stamp = { time: ++time, origin: 'a' }
  return {
    kind: 'counter',
    reset: { ...stamp, atMs: 0 },
    tallies: { a: { added: 1n, taken: 0n } },
    last: stamp,
  }
}

function gone(): Register {
  return { kind: 'register', stamp: { time: ++time, origin: 'a' }, endsAtMs: 0 }
}

/** All places by a walk that stops after every few, and begins again there. */
function* walk({ keys }: Memory, few: number, prefix = ''): Generator<string> {
  let after: KeyPlace | undefined
  for (;;) {
    const page: { key: string; place: KeyPlace }[] = []
    for (const part of keys.of(SLOT, prefix, { nowMs: 0 }, after)) {
      page.push(...part.keys)
      if (page.length >= few) break
    }
    if (page.length === 0) return
    for (const { key, place } of page.slice(0, few)) {
      after = place
      yield key
    }
  }
}

/** Keys whose places are the same, found by looking for them. */
function tied(count: number): string[] {
  const id = new EncodedId()
  const byPlace = new Map<number, string>()
  const found: string[] = []
  for (let number = 0; found.length < count; number++) {
    const key = `tie:${number}`
    id.encode(SLOT, `v${key}`)
    const at = placingOf(id.hash)
    const other = byPlace.get(at)
    if (other === undefined) byPlace.set(at, key)
    else found.push(other, key)
  }
  return found
}

describe('the keys of a slot', () => {
  const key = fc.oneof(
    fc.nat(200).map((number) => `k:${number}`),
    fc.string({ unit: 'grapheme', minLength: 1 }),
  )
  const step = fc.record({ act: fc.constantFrom('put', 'put', 'count', 'delete', 'go on'), key })

  it('are met once each, if they are there all the time, and none that never was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 100 }),
        fc.array(step, { maxLength: 300, size: 'max' }),
        fc.integer({ min: 1, max: 20 }),
        (first, steps, few) => {
          const memory = new Memory(10_000_000)
          const there = new Set(first)
          const always = new Set(first)
          const ever = new Set(first)
          for (const key of first) memory.merge(SLOT, `v${key}`, stored())
          const met: string[] = []
          const walking = walk(memory, few)
          for (const { act, key } of steps) {
            if (act === 'put') {
              memory.merge(SLOT, `v${key}`, stored())
              there.add(key)
              ever.add(key)
            } else if (act === 'count') {
              memory.merge(SLOT, `v${key}`, counted())
              there.add(key)
              ever.add(key)
            } else if (act === 'delete') {
              memory.merge(SLOT, `v${key}`, gone())
              there.delete(key)
              always.delete(key)
            } else {
              const { value } = walking.next()
              if (value !== undefined) met.push(value)
            }
          }
          met.push(...walking)
          expect(new Set(met).size, 'none is met twice').to.equal(met.length)
          expect(met).to.include.members([...always])
          for (const one of met) expect(ever.has(one), one).to.equal(true)
        },
      ),
    )
  })

  it('are met once each where they have one place, also where some of these go', () => {
    const keys = tied(4)
    for (let few = 1; few <= 3; few++) {
      const memory = new Memory(10_000_000)
      for (const key of keys) memory.merge(SLOT, `v${key}`, stored())
      expect([...walk(memory, few)]).to.have.members(keys)
      const walking = walk(memory, few)
      const { value: first = '' } = walking.next()
      memory.merge(SLOT, `v${first}`, gone())
      expect([first, ...walking]).to.have.members(keys)
    }
  })

  it('are met in one order, whenever they came', () => {
    const keys = Array.from({ length: 4000 }, (_, number) => `k:${number}`)
    const orders = [keys, [...keys].reverse()].map((all) => {
      const memory = new Memory(100_000_000)
      for (const key of all) memory.merge(SLOT, `v${key}`, stored())
      return [...walk(memory, 999)]
    })
    expect(orders[0]).to.have.length(keys.length)
    expect(orders[0]).to.deep.equal(orders[1])
  })

  it('are those that begin so, values and counters, and no tombstones or other entries', () => {
    const memory = new Memory(10_000_000)
    for (const key of ['a', 'ab', 'abc', 'b', 'é']) memory.merge(SLOT, `v${key}`, stored())
    memory.merge(SLOT, 'vabc', gone())
    memory.merge(SLOT, 'vac', counted())
    memory.merge(SLOT, 'vad', counted())
    memory.merge(SLOT, 'vad', gone())
    memory.merge(SLOT, 'vae', gone())
    memory.merge(SLOT, 'vae', counted())
    memory.merge(SLOT, 'vaf', counted())
    memory.merge(SLOT, 'vaf', stored())
    memory.merge(SLOT, 'lab', { kind: 'limit', last: { time: ++time, origin: 'a' }, fullAtMs: 9 })
    expect([...walk(memory, 2, 'a')]).to.have.members(['a', 'ab', 'ac', 'ae', 'af'])
    expect([...walk(memory, 2, 'é')]).to.have.members(['é'])
    expect([...walk(memory, 2, 'abc')]).to.deep.equal([])
  })
})
