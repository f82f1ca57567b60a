/** Packed values, held against a plain map, and how they are given up. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Present } from '../../../../node/entries/register.ts'
import { Values } from '../../../../node/memory/packed/values.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('\ud800', 'ü', '', 'x'.repeat(1024), 'ü'.repeat(1024), 'x'.repeat(9000)),
)
const register: fc.Arbitrary<Present> = fc.record(
  {
    kind: fc.constant('register' as const),
    stamp: fc.record({ time: fc.integer({ min: 0 }), origin: fc.constantFrom('a', 'b', 'ü') }),
    value: fc.record(
      {
        contentType: fc.constantFrom('application/json', 'text/plain'),
        body: fc.oneof(
          text,
          fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        ),
        headers: fc.constant({ etag: '"x"' }),
      },
      { requiredKeys: ['contentType', 'body'], noNullPrototype: true },
    ),
    endsAtMs: fc.constantFrom(1000, 2000, Infinity),
    touched: fc.record(
      { time: fc.integer({ min: 0 }), origin: fc.constantFrom('a', 'ü') },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ['kind', 'stamp', 'value', 'endsAtMs'], noNullPrototype: true },
)
const id = fc.oneof(fc.nat(60).map(String), text).map((key) => `v${key}`)
/** Some are neighbours. */
const slot = fc.constantFrom(0, 1, 15, 16, 16380)
const step = fc.record({ act: fc.constantFrom('put', 'put', 'put', 'remove'), slot, id, register })

function plain(body: string): Present {
  return {
    kind: 'register',
    stamp: { time: 1, origin: 'a' },
    value: { contentType: 'text/plain', body },
    endsAtMs: Infinity,
  }
}

describe('packed values', () => {
  it('are what a plain map would hold, whatever they are, through every mix of steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.array(slot), (steps, dropped) => {
        const values = new Values({ packRecords: 40 })
        const model = new Map<number, Map<string, Present>>()
        const check = (slot: number, known: Map<string, Present>) => {
          expect(values.holds(slot)).to.equal(known.size > 0)
          const held = [...values.of(slot)]
          expect(held).to.have.length(known.size)
          for (const { id, entry } of held) expect(entry).to.deep.equal(known.get(id))
        }
        for (const { act, slot, id, register } of steps) {
          const known = model.get(slot) ?? new Map<string, Present>()
          model.set(slot, known)
          if (act === 'put') {
            values.put(slot, id, register)
            known.set(id, register)
          } else {
            values.remove(slot, id)
            known.delete(id)
          }
          expect(values.get(slot, id)).to.deep.equal(known.get(id))
        }
        for (const [slot, known] of model) check(slot, known)
        for (const slot of dropped) {
          for (const { id } of values.of(slot)) values.remove(slot, id)
          model.get(slot)?.clear()
        }
        for (const [slot, known] of model) check(slot, known)
      }),
    )
  })

  it('stay as they are while others come, change their sizes and go', () => {
    const values = new Values({ packRecords: 40 })
    const bodyOf = (index: number, round: number) => `${index} ${'x'.repeat((index * 7 + round * 31) % 200)}`
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 500; index++)
        values.put(index % 3, `v${index}`, plain(bodyOf(index, round)))
      for (let index = round % 5; index < 500; index += 5) values.remove(index % 3, `v${index}`)
    }
    for (let index = 0; index < 500; index++) {
      const expected = index % 5 === 4 ? undefined : bodyOf(index, 19)
      expect(values.get(index % 3, `v${index}`)?.value?.body).to.equal(expected)
    }
  })

  it('have as many content types, and values of any size, as anybody likes', () => {
    const values = new Values({ packRecords: 40 })
    const typedOf = (index: number) => ({ contentType: `text/${index}`, body: `${index}` })
    for (let index = 0; index < 600; index++)
      values.put(1, `v${index}`, { ...plain(''), value: typedOf(index) })
    for (let index = 0; index < 600; index++)
      expect(values.get(1, `v${index}`)?.value).to.deep.equal(typedOf(index))
  })

  it('that have ended are found, so many at a time, and no others', () => {
    const values = new Values({ packRecords: 40 })
    for (let index = 0; index < 30; index++) values.put(index, `v${index}`, { ...plain(''), endsAtMs: index })
    for (const [most, expected] of [
      [5, [0, 1, 2, 3, 4]],
      [9, [5, 6, 7]],
      [9, []],
    ] as const) {
      const due = values.due(7, most) ?? []
      expect(due.map(({ slot }) => slot)).to.deep.equal(expected)
      for (const { slot, id } of due) values.remove(slot, id)
    }
  })

  it('that have ended are looked for in steps, however many of the slot have not', () => {
    const values = new Values()
    for (let index = 0; index < 40_000; index++)
      values.put(1, `v${index}`, { ...plain(''), endsAtMs: index % 10_000 === 0 ? 5 : 1000 })
    const steps: number[] = []
    for (let due = values.due(7, 100); due !== undefined; due = values.due(7, 100)) {
      steps.push(due.length)
      for (const { slot, id } of due) values.remove(slot, id)
    }
    expect(steps).to.have.lengthOf.above(4)
    expect(steps.reduce((sum, count) => sum + count)).to.equal(4)
  })

  it('are given up in the order of their use, where there are few', () => {
    const values = new Values({ packRecords: 40 })
    const names = Array.from({ length: 16 }, (_, index) => `v${index}`)
    for (const name of names) values.put(1, name, plain(name))
    for (const name of names.toReversed()) values.use(1, name)
    const given: string[] = []
    for (let victim = values.nextVictim(); victim !== undefined; victim = values.nextVictim()) {
      given.push(victim.id)
      values.remove(victim.slot, victim.id)
    }
    expect(given).to.deep.equal(names.toReversed())
  })

  it('that are used again and again are still there when most of the others have gone', () => {
    const values = new Values({ packRecords: 40 })
    for (let index = 0; index < 2000; index++) values.put(index % 100, `v${index}`, plain('x'))
    for (let gone = 0; gone < 1500; gone++) {
      if (gone % 50 === 0) for (let index = 0; index < 100; index++) values.use(index % 100, `v${index}`)
      const victim = values.nextVictim()
      if (victim !== undefined) values.remove(victim.slot, victim.id)
    }
    const left = Array.from({ length: 100 }, (_, index) => values.get(index, `v${index}`))
    expect(left.filter((held) => held !== undefined).length).to.be.at.least(99)
  })

  it('are all met by whoever looks through a slot, whatever comes, goes and changes meanwhile', () => {
    const values = new Values({ packRecords: 40 })
    const stays = Array.from({ length: 500 }, (_, index) => `v${index}`)
    for (const id of stays) values.put(1, id, plain('x'))
    for (let index = 0; index < 200; index++) values.put(1, `vgoes ${index}`, plain('x'))
    const met = new Map<string, number>()
    let step = 0
    for (const { id } of values.of(1)) {
      met.set(id, (met.get(id) ?? 0) + 1)
      step++
      values.remove(1, `vgoes ${step % 200}`)
      values.put(1, stays[(step * 7) % 500] ?? '', plain('x'.repeat(step % 90)))
      // It ends all the same: not all that comes is met.
      if (step < 2000) values.put(step % 2, `vcomes ${step}`, plain('y'))
    }
    expect(stays.map((id) => met.get(id))).to.deep.equal(stays.map(() => 1))
  })

  it('that have ended are all found, also where others come between two searches', () => {
    const ends = fc.record({
      id: fc.nat(99),
      slot: fc.constantFrom(1, 2),
      endsAtMs: fc.constantFrom(3, 5, 8, 20),
    })
    fc.assert(
      fc.property(
        fc.array(ends, { maxLength: 150, size: 'max' }),
        fc.integer({ min: 1, max: 9 }),
        (all, most) => {
          const values = new Values({ packRecords: 10 })
          const known = new Map<string, number>()
          const search = (nowMs: number): number => {
            const due = values.due(nowMs, most) ?? []
            for (const { slot, id, entry } of due) {
              expect(known.get(`${slot} ${id}`)).to.equal(entry.endsAtMs)
              expect(entry.endsAtMs).to.be.at.most(nowMs)
              known.delete(`${slot} ${id}`)
              values.remove(slot, id)
            }
            return due.length
          }
          for (const [index, { id, slot, endsAtMs }] of all.entries()) {
            values.put(slot, `v${id}`, { ...plain(''), endsAtMs })
            known.set(`${slot} v${id}`, endsAtMs)
            if (index % 3 === 0) search(5)
          }
          while (search(8) > 0);
          expect([...known.values()].filter((endsAtMs) => endsAtMs <= 8)).to.deep.equal([])
        },
      ),
    )
  })
})
