/** What is put in the place of what was known: memory has just that, and the disk the same. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Change, Entry } from '../../../node/entries/entry.ts'
import { verbsOf } from '../../../node/entries/kinds.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { Memory } from '../../../node/memory/memory.ts'
import {
  entryOf,
  forgottenRow,
  nameOf,
  type Row,
  rowsOf,
  type StoredRow,
} from '../../../node/storage/rows.ts'
import { allOf } from '../../support/turns.ts'
import { stored } from '../storage/stored.ts'
import { timesOf } from '../storage/times.ts'

const TIMES = timesOf()

const SLOT = 5
/** What has ended by then is remembered anew after a start. */
const LATER_MS = TIMES.nowMs + 1000

/** A memory, and the rows that a disk has by what it was told. */
class Kept {
  readonly memory = new Memory(2 ** 20, { forget: (forgotten) => this.#write(forgottenRow(forgotten)) })
  readonly #rows = new Map<string, StoredRow>()

  merge(id: string, entry: Entry): void {
    this.memory.merge(SLOT, id, entry, (state) => this.#note({ slot: SLOT, id, entry, state }))
  }

  supersede(id: string, part: Entry, anew: readonly Entry[]): void {
    this.memory.supersede({ slot: SLOT, id, entry: part }, anew, (change) => this.#note(change))
  }

  /** As after a start from that disk. */
  get again(): Memory {
    const memory = new Memory(2 ** 20)
    for (const row of this.#rows.values()) {
      const { slot, id, entry } = entryOf(row, TIMES)
      memory.merge(slot, id, entry)
    }
    return memory
  }

  #note(change: Change): void {
    for (const row of rowsOf(change, TIMES)) this.#write(row)
  }

  #write(row: Row | undefined): void {
    if (row?.cells === undefined) this.#rows.delete(row === undefined ? '' : nameOf(row))
    else this.#rows.set(nameOf(row), stored(row))
  }
}

/** All of its entries, as can be compared. */
function shown({ slots }: Memory): unknown {
  const all = [...slots.of(SLOT)].map(({ id, entry }) => {
    return [id, entry.kind === 'reactions' ? [...entry].map((one) => JSON.stringify(one)).sort() : entry]
  })
  return Object.fromEntries(all)
}

function value(time: number, endsAtMs = Infinity): Entry {
  const value = { contentType: 'text/plain', body: `${time}` }
  return { kind: 'register', stamp: { time, origin: 'a' }, value, endsAtMs }
}

/** Gone as of now, since it is remembered anew after a start. */
function tombstone(time: number): Entry {
  return { kind: 'register', stamp: { time, origin: 'a' }, endsAtMs: TIMES.nowMs }
}

function tally(added: number): Entry {
  return { kind: 'counter', tallies: { a: { added: BigInt(added), taken: 0n } } }
}

function presence(user: string, time: number) {
  return { reaction: 'fire', user, time, endsAtMs: Infinity, isGone: false }
}

function engaged(...users: readonly (readonly [user: string, time: number])[]): Reactions {
  return Reactions.ofAll(users.map(([user, time]) => presence(user, time)))
}

const time = fc.nat(5)
const ENTRIES: Readonly<Record<string, fc.Arbitrary<Entry>>> = {
  vjam: fc.oneof(
    time.map((time) => value(time)),
    time.map(tombstone),
  ),
  vtea: time.map(tally),
  'ijam\0once': time.map((time) => value(time, LATER_MS)),
  rjam: fc
    .array(fc.tuple(fc.constantFrom('Ann', 'Bob', 'Sam'), time), { minLength: 1, maxLength: 4 })
    .map((users) => engaged(...users)),
}
const step = fc.constantFrom(...Object.keys(ENTRIES)).chain((id) => {
  const entry = ENTRIES[id] ?? fc.constant(tally(1))
  return fc.record({ id: fc.constant(id), entry, anew: fc.option(fc.array(entry, { maxLength: 2 })) })
})

describe('what takes the place of what was known', () => {
  it('is all that is known afterwards of what it is about, be it older, and nothing else has changed', () => {
    const kept = new Kept()
    for (const id of ['vjam', 'vsalt']) kept.merge(id, value(7))
    kept.merge('vtea', tally(7))
    kept.merge('rjam', engaged(['Ann', 7], ['Bob', 7], ['Sam', 7]))
    kept.supersede('vjam', value(3), [value(3)])
    kept.supersede('vtea', tally(3), [tally(3)])
    kept.supersede('rjam', engaged(['Ann', 3], ['Bob', 3]), [engaged(['Bob', 3])])
    const expected = { vjam: value(3), vsalt: value(7), vtea: tally(3) }
    expect(shown(kept.memory)).to.deep.include(expected)
    expect(shown(kept.memory)).to.have.property('rjam').that.has.lengthOf(2)
    const reactions = kept.memory.slots.find(SLOT, 'rjam')
    expect(
      reactions?.kind === 'reactions' && [...reactions].map(({ user, time }) => [user, time]),
    ).to.have.deep.members([
      ['Bob', 3],
      ['Sam', 7],
    ])
    expect(kept.memory.counts).to.include({ values: 2, counters: 1, contents: 1 })
    expect(shown(kept.again)).to.deep.equal(shown(kept.memory))
  })

  it('leaves nothing where nothing takes its place', () => {
    const kept = new Kept()
    const known = Object.entries({
      vjam: value(7),
      vsalt: tombstone(7),
      vtea: tally(7),
      rjam: engaged(['Ann', 7]),
    })
    for (const [id, entry] of known) kept.merge(id, entry)
    for (const [id, entry] of known)
      kept.supersede(id, entry.kind === 'reactions' ? engaged(['Ann', 7]) : entry, [])
    expect(kept.memory.counts).to.include({ values: 0, counters: 0, contents: 0, tombstones: 0, bytes: 0 })
    expect([shown(kept.memory), shown(kept.again)]).to.deep.equal([{}, {}])
  })

  it('is what the disk has too, of every kind, whatever was known', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const kept = new Kept()
        for (const { id, entry, anew } of steps) {
          if (anew === null) kept.merge(id, entry)
          else
            kept.supersede(
              id,
              entry,
              anew.flatMap((one) => verbsOf(one).within(one, entry) ?? []),
            )
          expect(shown(kept.again)).to.deep.equal(shown(kept.memory))
          expect(kept.again.slots.digestOf(SLOT)).to.equal(kept.memory.slots.digestOf(SLOT))
        }
        expect(kept.again.counts).to.deep.equal(kept.memory.counts)
      }),
      { numRuns: 60 },
    )
  })

  it('is evicted, and ends, like all that is held', () => {
    const memory = new Memory(2000)
    const large = { contentType: 'text/plain', body: 'x'.repeat(900) }
    for (const key of ['a', 'b', 'c']) {
      const entry: Entry = { kind: 'register', stamp: { time: 7, origin: 'a' }, value: large, endsAtMs: 1000 }
      memory.supersede({ slot: SLOT, id: `v${key}`, entry }, [entry])
    }
    expect(memory.counts.bytes).to.be.at.most(2000)
    expect(memory.counts.evictions).to.be.above(0)
    allOf(memory.upkeep.sweep(2000))
    expect(memory.counts.values).to.equal(0)
  })

  it('takes back what was counted twice by that', () => {
    const record = (time: number, origin: string): Entry => {
      const body = `5 5 {"tallies":[["${origin}","5","0"]]}`
      return {
        kind: 'register',
        stamp: { time, origin },
        value: { contentType: 'text/plain', body },
        endsAtMs: LATER_MS,
      }
    }
    const kept = new Kept()
    const id = 'ijam\0once'
    kept.merge('vjam', tally(5))
    kept.merge(id, record(1, 'a'))
    kept.supersede(id, record(2, 'b'), [record(2, 'b')])
    expect(kept.memory.slots.find(SLOT, 'vjam')).to.deep.include({
      tallies: { a: { added: 5n, taken: 0n }, 'void 5 0 a': { added: 0n, taken: 5n } },
    })
    expect(shown(kept.again)).to.deep.equal(shown(kept.memory))
  })
})
