/** One increment that several members have counted: wherever what they hold meets, it counts once. */
import { expect } from 'chai'
import fc from 'fast-check'
import { apply, type EntryChange, type SlotEntry } from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { Memory } from '../../../node/memory/memory.ts'
import type { SingleCommand } from '../../../shared/command.ts'
import { momentAt } from '../../support/moment.ts'
import { allOf } from '../../support/turns.ts'

const SLOT = 5
const TEN_MINUTES_MS = 600_000

/** A member that carries out what is asked of it, and takes in what it hears. */
class Member {
  readonly memory = new Memory(2 ** 20)
  readonly #origin: string
  readonly #stamps: StampClock

  constructor(origin: string) {
    this.#origin = origin
    this.#stamps = new StampClock(origin)
  }

  /** @returns what is to be told to the others. */
  do(command: SingleCommand, nowMs: number): readonly EntryChange[] {
    const moment = momentAt(nowMs, this.#stamps, this.#origin)
    const { changes } = apply(command, this.memory.entriesOf(SLOT, moment), moment)
    for (const { id, entry } of changes) this.memory.merge(SLOT, id, structuredClone(entry))
    return changes
  }

  add(by: bigint, { key = '', atMs = 1000 } = {}): readonly EntryChange[] {
    const once = key === '' ? {} : { idempotencyKey: key }
    return this.do({ type: 'counter.add', key: 'jam', by: String(by), ...once }, atMs)
  }

  delete(atMs = 1000): readonly EntryChange[] {
    return this.do({ type: 'counter.delete', key: 'jam' }, atMs)
  }

  hear(...changes: readonly EntryChange[]): SlotEntry[] {
    return changes.flatMap(({ id, entry }) => {
      for (const { time } of entry.kind === 'register' ? [entry.stamp] : []) this.#stamps.witness({ time })
      return this.memory.takeIn({ slot: SLOT, id, entry: structuredClone(entry) }, 1000, () => {})
    })
  }

  /** All that it holds. */
  get all(): EntryChange[] {
    return structuredClone([...this.memory.slots.partsOf(SLOT)])
  }

  get total(): string {
    const command = { type: 'counter.get', key: 'jam' } as const
    const moment = momentAt(1000, this.#stamps, '')
    const { outcome } = apply(command, this.memory.entriesOf(SLOT, moment), moment)
    return outcome.type === 'total' ? outcome.value : outcome.type
  }
}

function members(count: number): Member[] {
  return ['a', 'b', 'c'].slice(0, count).map((origin) => new Member(origin))
}

/** Everybody hears of everybody until nothing is new any more. */
function meet(all: readonly Member[]): string[] {
  const tellOnce = () => all.flatMap((from) => all.flatMap((to) => (from === to ? [] : to.hear(...from.all))))
  while (tellOnce().length > 0);
  return all.map(({ total }) => total)
}

const write = fc.record({
  by: fc.bigInt({ min: -3n, max: 3n }),
  member: fc.nat(2),
  /** Whether it has the key that all share. */
  isRetry: fc.boolean(),
})
/** What was told, or is told again, to whom. */
const hearing = fc.record({ told: fc.nat(30), member: fc.nat(2) })

describe('an increment that several members have counted', () => {
  for (const count of [2, 3])
    it(`is in the total once, in whatever order ${count} members hear of it, and however often`, () => {
      const step = fc.oneof(write, hearing)
      fc.assert(
        fc.property(
          fc.array(step, { maxLength: 30 }),
          fc.bigInt({ min: -9n, max: 9n }),
          fc.boolean(),
          (steps, by, isDeleted) => {
            const all = members(count)
            const told: EntryChange[] = []
            if (isDeleted) {
              told.push(...(all[0]?.add(1n) ?? []), ...(all[0]?.delete() ?? []))
              for (const member of all) member.hear(...told)
            }
            let [others, hasRetry] = [0n, false]
            for (const step of steps) {
              const member = all[step.member % count]
              if (member === undefined) continue
              if ('told' in step) {
                const change = told[step.told % told.length]
                if (change) told.push(...member.hear(change))
              } else if (step.isRetry) {
                hasRetry = true
                told.push(...member.add(by, { key: 'once' }))
              } else {
                others += step.by
                told.push(...member.add(step.by))
              }
            }
            const isThere = hasRetry || steps.some((step) => 'by' in step)
            const total = isThere ? String(others + (hasRetry ? by : 0n)) : 'missing'
            expect(meet(all)).to.deep.equal(all.map(() => total))
          },
        ),
        { numRuns: 500 },
      )
    })

  it('counts for a newcomer too, which hears of answers before counters, also after the counter began anew', () => {
    const [a, b, late] = members(3) as [Member, Member, Member]
    a.add(1n)
    b.hear(...a.delete())
    a.add(5n, { key: 'once' })
    b.add(5n, { key: 'once' })
    const [one, other] = [a.all, b.all]
    for (const isRecord of [true, false])
      for (const { id, entry } of [...one, ...other])
        if (id.startsWith('i') === isRecord) late.hear({ id, entry })
    allOf(late.memory.upkeep.sweep(1000))
    expect(late.total).to.equal('5')
  })

  it('is not taken back where the counter was deleted between the two', () => {
    const [a, b] = members(2) as [Member, Member]
    const [first, record] = a.add(5n, { key: 'once' }) as [EntryChange, EntryChange]
    b.hear(first)
    a.hear(...b.delete(2000))
    b.add(5n, { key: 'once', atMs: 3000 })
    b.hear(record)
    a.hear(...b.all)
    expect(meet([a, b])).to.deep.equal(['5', '5'])
    for (const change of a.add(7n)) b.hear(change)
    expect(meet([a, b])).to.deep.equal(['12', '12'])
  })

  it('counts again after ten minutes, also where the first answer is still held', () => {
    const [a, b] = members(2) as [Member, Member]
    b.hear(...a.add(5n, { key: 'once', atMs: 1000 }))
    const again = a.add(5n, { key: 'once', atMs: 1000 + TEN_MINUTES_MS })
    expect(again).to.have.lengthOf(2)
    b.hear(...again)
    expect(b.total).to.equal('10')
  })
})
