/** What is written comes back as it was: through rows, and through SQLite itself. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Counter, totalOf } from '../../../node/entries/counter.ts'
import type { Turned } from '../../../node/entries/either.ts'
import { type Entry, merge } from '../../../node/entries/entry.ts'
import type { Limit } from '../../../node/entries/limit.ts'
import type { Presence } from '../../../node/entries/presence.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Register } from '../../../node/entries/register.ts'
import { Database } from '../../../node/storage/database.ts'
import {
  counterOfRecord,
  entryOf,
  forgottenRow,
  nameOf,
  rowsOf,
  type StoredRow,
} from '../../../node/storage/rows.ts'
import { stored } from './stored.ts'
import { AHEAD_MS, timesOf } from './times.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', 'a\0b', '900,1),(901', `'"`, '🧂', '12', '1e3', 'NULL', '__proto__'),
)
const time = fc.nat(Number.MAX_SAFE_INTEGER)
const times = timesOf()
/** What is gone, or has ended, is remembered anew, and nothing ends later than in a hundred years. */
const gone = fc.constant(times.nowMs)
const ends = fc.oneof(fc.constant(Infinity), fc.integer({ min: times.nowMs, max: 2 ** 41 }))
const stamp = fc.record({ time, origin: fc.string({ minLength: 1 }) })
const value = fc.record({
  contentType: text,
  body: fc.oneof(text, fc.uint8Array()),
})
const register: fc.Arbitrary<Register> = fc
  .oneof(
    fc.record(
      { stamp, touched: stamp, endsAtMs: ends, value },
      { requiredKeys: ['stamp', 'endsAtMs', 'value'] },
    ),
    fc.record({ stamp, touched: stamp, endsAtMs: gone }, { requiredKeys: ['stamp', 'endsAtMs'] }),
  )
  .map((one): Register => ({ kind: 'register', ...one }))
const amount = fc.bigInt({ min: 0n, max: 2n ** 70n })
const counter: fc.Arbitrary<Counter> = fc
  .record({
    reset: fc.option(fc.record({ time, origin: text, atMs: gone })),
    last: fc.option(stamp),
    end: fc.option(fc.record({ endsAtMs: ends, by: stamp }, { requiredKeys: ['endsAtMs'] })),
    tallies: fc.dictionary(fc.stringMatching(/^[\w-]{12}$/), fc.record({ added: amount, taken: amount })),
  })
  .map(
    ({ reset, tallies, last, end }): Counter => ({
      kind: 'counter',
      tallies: { ...tallies },
      ...(reset && { reset }),
      ...(last && { last }),
      // What never ends is only remembered where somebody said so.
      ...(end && (end.endsAtMs < Infinity || end.by) && { end }),
    }),
  )
/** Rather full a millisecond too late than too early. */
const limit: fc.Arbitrary<Limit> = fc
  .record({
    last: stamp,
    fullAtMs: fc.nat(2 ** 31),
    reset: fc.option(fc.record({ time, origin: text, atMs: gone })),
  })
  .map(({ last, fullAtMs, reset }): Limit => {
    return { kind: 'limit', last, fullAtMs, ...(reset && { reset }) }
  })
const presence: fc.Arbitrary<Presence> = fc
  .record({ reaction: text, user: text, time, endsAtMs: ends, isGone: fc.boolean() })
  .map((one) => (one.isGone ? { ...one, endsAtMs: times.nowMs } : one))
const presences = fc.array(presence, { minLength: 1, maxLength: 8 })
const slot = fc.nat(16_380)

function reactionsOf(all: readonly Presence[]): Reactions {
  const reactions = new Reactions()
  for (const one of all) reactions.put(one)
  return reactions
}

/** All rows of an entry, read and merged again. */
function readBack(rows: readonly StoredRow[]): { slot: number; id: string; entry: Entry } | undefined {
  const [first, ...rest] = rows.map((row) => entryOf(row, times))
  return first && { ...first, entry: rest.reduce((all, { entry }) => merge(all, entry), first.entry) }
}

/** Comparable: the sets inside reactions are not. */
function plain(entry: Entry | undefined): unknown {
  if (entry?.kind !== 'reactions') return entry
  const byName = (a: Presence, b: Presence) => (nameOfPresence(a) < nameOfPresence(b) ? -1 : 1)
  return [...entry].sort(byName)
}

function nameOfPresence({ reaction, user }: Presence): string {
  return JSON.stringify([reaction, user])
}

const entry: fc.Arbitrary<[id: string, entry: Exclude<Entry, Turned>]> = fc.oneof(
  fc.tuple(
    text.map((key) => `v${key}`),
    register,
  ),
  fc.tuple(
    text.map((key) => `i${key}\0once`),
    register,
  ),
  fc.tuple(
    text.map((key) => `v${key}`),
    counter,
  ),
  fc.tuple(
    text.map((key) => `l${key}`),
    limit,
  ),
  fc.tuple(
    text.map((key) => `r${key}`),
    presences.map(reactionsOf),
  ),
)

describe('entries as rows', () => {
  it('come back as they were, of every kind', () => {
    fc.assert(
      fc.property(slot, entry, (slot, [id, entry]) => {
        const before = plain(entry)
        const back = readBack(rowsOf({ slot, id, entry, state: entry }, times).map(stored))
        expect(back).to.include({ slot, id })
        expect(plain(back?.entry)).to.deep.equal(before)
      }),
    )
  })

  it('are one for each presence that a change has touched, in the state that it has led to', () => {
    const [ann, bob] = ['ann', 'bob'].map((user) => {
      return { reaction: 'like', user, time: 5, endsAtMs: Infinity, isGone: false }
    }) as [Presence, Presence]
    const gone = { ...ann, time: 6, endsAtMs: 1000, isGone: true }
    const entry = reactionsOf([gone])
    const state = reactionsOf([ann, bob, gone])
    const rows = rowsOf({ slot: 3, id: 'rstew', entry, state }, times)
    const cells = [3, 6, 1000 + AHEAD_MS, 1]
    expect(rows).to.deep.equal([{ table: 'presences', slot: 3, key: ['stew', 'like', 'ann'], cells }])
  })

  it('have names that differ wherever their keys do', () => {
    const key = fc.array(text, { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [one, other] = [a, b].map((key) => nameOf({ table: 'presences', key }))
        expect(one === other).to.equal(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
    expect(nameOf({ table: 'presences', key: ['a', 'bc', 'd'] })).to.not.equal(
      nameOf({ table: 'presences', key: ['ab', 'c', 'd'] }),
    )
  })

  it('are deleted under the name that they were written with', () => {
    fc.assert(
      fc.property(entry, ([id, entry]) => {
        for (const row of rowsOf({ slot: 1, id, entry, state: entry }, times)) {
          const [, reaction = '', user = ''] = row.key
          const presence = { ...ANYONE, reaction, user }
          const { kind } = entry
          const deleted = forgottenRow({ slot: 1, id, kind, ...(row.table === 'presences' && { presence }) })
          expect(deleted && nameOf(deleted)).to.equal(nameOf(row))
          expect(deleted?.cells).to.equal(undefined)
        }
      }),
    )
  })

  it('are refused where they are not ours', () => {
    for (const cells of [
      ['vsalt', 'seven', 1, 'a', null, 'text/plain', 'x'],
      ['vsalt', 7, 1, 'a', null, 'text/plain', null],
      [7, 7, 1, 'a', null, 'text/plain', 'x'],
    ]) {
      expect(() => entryOf({ table: 'registers', cells }, times)).to.throw(TypeError)
    }
    for (const state of ['', '{}', 'null', '{"tallies":[["a","x","0"]]}'])
      expect(() => entryOf({ table: 'counters', cells: ['jam', 7, null, state, null] }, times)).to.throw()
  })
})

const ANYONE: Presence = { reaction: '', user: '', time: 1, endsAtMs: Infinity, isGone: false }

describe('entries in a file', () => {
  let folder: string
  let database: Database
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'larder-'))
    database = new Database(join(folder, 'pantry.db'))
  })
  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })

  it('come back as they were, of every kind, when the file is opened again', () => {
    const differing = fc.uniqueArray(entry, { selector: ([id]) => id, minLength: 1, maxLength: 20 })
    const path = join(folder, 'again.db')
    fc.assert(
      fc.property(differing, slot, (entries, slot) => {
        const rows = entries.flatMap(([id, entry]) => rowsOf({ slot, id, entry, state: entry }, times))
        const written = new Database(path)
        const failures = written.write({ isFirst: true, isLast: true, dropped: [], rows })
        written.close()
        const unwritten = new Set(failures.map(({ name }) => name))
        const tooLarge = entries.filter(([, entry]) => entry.kind === 'counter' && isTooLarge(entry))
        const orphans = rows.filter((row) =>
          tooLarge.some(([id]) => id.slice(1) === counterOfRecord(row) && row.table === 'registers'),
        )
        expect(failures).to.have.length(tooLarge.length + orphans.length)
        const again = new Database(path)
        const found = Map.groupBy(again.read(), (row) => entryOf(row, times).id)
        again.write({ isFirst: true, isLast: true, dropped: [slot], rows: [] })
        again.close()
        for (const [id, entry] of entries) {
          const names = rowsOf({ slot, id, entry, state: entry }, times).map(nameOf)
          if (names.some((name) => unwritten.has(name))) continue
          expect(plain(readBack(found.get(id) ?? [])?.entry)).to.deep.equal(plain(entry))
        }
      }),
      { numRuns: 40 },
    )
  })
})

/** Beyond what an integer of SQLite can be; no increment leads there. */
function isTooLarge(counter: Counter): boolean {
  const total = totalOf(counter)
  return total >= 2n ** 63n || total < -(2n ** 63n)
}
