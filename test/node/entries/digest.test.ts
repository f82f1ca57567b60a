/** What tells two copies of a slot apart: their live state and nothing else. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Digest, isLikewise } from '../../../node/entries/digest.ts'
import { type Entry, merge } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { SetHash } from '../../../node/entries/set-hash.ts'

const whole = { isFull: false }

const origin = fc.constantFrom('a', 'b')
/** The value follows from the stamp, as with real writes. */
const register = fc
  .record({ time: fc.nat(4), origin, isGone: fc.boolean() })
  .map(({ time, origin, isGone }): Entry => {
    const value = { contentType: 'text/plain', body: `${time}${origin}` }
    return {
      kind: 'register',
      stamp: { time, origin },
      endsAtMs: isGone ? 10 : Infinity,
      ...(!isGone && { value }),
    }
  })
const tally = fc.record({ added: fc.bigInt({ min: 0n, max: 9n }), taken: fc.bigInt({ min: 0n, max: 9n }) })
const counter = fc
  .record({
    tallies: fc.dictionary(origin, tally),
    reset: fc.option(fc.record({ time: fc.nat(2), origin, atMs: fc.nat(9) })),
  })
  .map(({ tallies, reset }): Entry => ({ kind: 'counter', ...(reset && { reset }), tallies: { ...tallies } }))
const presence = fc
  .record({
    reaction: fc.constantFrom('fire', 'ice'),
    user: fc.constantFrom('Sam', 'Max'),
    time: fc.nat(4),
    endsAtMs: fc.constantFrom(20, Infinity),
    isGone: fc.boolean(),
  })
  .map((one) => ({ ...one, isGone: one.isGone && one.endsAtMs < Infinity }))
const reactions = fc.array(presence, { maxLength: 5 }).map((all): Entry => Reactions.ofAll(all))

type Slot = ReadonlyMap<string, Entry>
const slot: fc.Arbitrary<Slot> = fc
  .record(
    { va: register, vb: register, 'ia\0once': register, ca: counter, cb: counter, ra: reactions },
    { requiredKeys: [] },
  )
  .map((entries) => new Map(Object.entries(entries)))

function digestOf(entries: Iterable<readonly [string, Entry]>): string {
  const digest = new Digest()
  for (const [id, entry] of entries) digest.toggle(id, entry)
  return String(digest)
}

function copyOf(entry: Entry): Entry {
  return entry.kind === 'reactions' ? Reactions.ofAll([...entry]) : structuredClone(entry)
}

function merged(one: Slot, other: Slot): Slot {
  const whole = new Map([...one].map(([id, entry]) => [id, copyOf(entry)]))
  for (const [id, entry] of other) {
    const known = whole.get(id)
    whole.set(id, known === undefined ? copyOf(entry) : merge(known, entry))
  }
  return whole
}

const value = (time: number, endsAtMs = Infinity): Entry => ({
  kind: 'register',
  stamp: { time, origin: 'a' },
  value: { contentType: 'text/plain', body: '' },
  endsAtMs,
})
const counted = (added: bigint, time?: number): Entry => ({
  kind: 'counter',
  ...(time !== undefined && { reset: { time, origin: 'a', atMs: 5 } }),
  tallies: { a: { added, taken: 0n } },
})
const shown = (user: string, time: number, endsAtMs = Infinity): Entry =>
  Reactions.of({ reaction: 'fire', user, time, endsAtMs, isGone: false })

describe('the digest of a slot', () => {
  it('does not depend on the order in which its entries are seen', () => {
    fc.assert(
      fc.property(slot, (entries) => {
        expect(digestOf([...entries].toReversed())).to.equal(digestOf(entries))
      }),
    )
  })

  it('is the same once both have merged what the other has', () => {
    fc.assert(
      fc.property(slot, slot, (one, other) => {
        expect(digestOf(merged(one, other))).to.equal(digestOf(merged(other, one)))
      }),
      { numRuns: 500 },
    )
  })

  it('changes with any live state', () => {
    const states: (readonly [string, Entry])[][] = [
      [],
      [['va', value(1)]],
      [['va', value(2)]],
      [['vb', value(1)]],
      [
        ['va', value(1)],
        ['vb', value(1)],
      ],
      [['ia\0once', value(1)]],
      [['ca', counted(1n)]],
      [['ca', counted(2n)]],
      [['ca', counted(1n, 7)]],
      [['cb', counted(1n)]],
      [['ca', counted(0n)]],
      [['ra', shown('Sam', 1)]],
      [['ra', shown('Sam', 2)]],
      [['ra', shown('Max', 1)]],
      [['rb', shown('Max', 1)]],
    ]
    expect(new Set(states.map((state) => digestOf(state))).size).to.equal(states.length)
  })

  it('is likewise whatever is gone, or will be by itself', () => {
    const tombstone: Entry = { kind: 'register', stamp: { time: 3, origin: 'a' }, endsAtMs: 10 }
    const deleted: Entry = { kind: 'counter', reset: { time: 3, origin: 'a', atMs: 5 }, tallies: {} }
    const left = Reactions.of({ reaction: 'fire', user: 'Sam', time: 2, endsAtMs: 5, isGone: true })
    const ending = value(1, 5000)
    for (const entry of [tombstone, deleted, left, ending, shown('Sam', 1, 5000)])
      expect(isLikewise(digestOf([['x', entry]]), digestOf([]), whole)).to.equal(true)
    const mixed = Reactions.ofAll([...(shown('Max', 1) as Reactions), ...left])
    expect(isLikewise(digestOf([['ra', mixed]]), digestOf([['ra', shown('Max', 1)]]), whole)).to.equal(true)
  })

  it('is another one where a copy does not know of what is gone, or will be', () => {
    const tombstone: Entry = { kind: 'register', stamp: { time: 3, origin: 'a' }, endsAtMs: 10 }
    const deleted: Entry = { kind: 'counter', reset: { time: 3, origin: 'a', atMs: 5 }, tallies: {} }
    const left = Reactions.of({ reaction: 'fire', user: 'Sam', time: 2, endsAtMs: 5, isGone: true })
    for (const entry of [tombstone, deleted, left, value(1, 5000), shown('Sam', 1, 5000)])
      expect(digestOf([['x', entry]])).to.not.equal(digestOf([]))
  })

  it('tells what was counted from what can be had again', () => {
    const counts = digestOf([['ca', counted(1n)]])
    const more = digestOf([
      ['ca', counted(1n)],
      ['va', value(1)],
      ['a/menu\0t\0', value(2)],
    ])
    expect(more).to.not.equal(counts)
    expect(isLikewise(counts, more, whole)).to.equal(false)
    expect(isLikewise(counts, more, { isFull: true })).to.equal(true)
    expect(isLikewise(counts, digestOf([['ca', counted(2n)]]), { isFull: true })).to.equal(false)
    expect(isLikewise(counts, digestOf([['ia\0once', value(1)]]), { isFull: true })).to.equal(false)
  })
})

describe('the hash of a set', () => {
  it('is that of what was put in an odd number of times, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 })), (texts) => {
        const [hash, expected] = [new SetHash(), new SetHash()]
        for (const text of texts) hash.toggle(text)
        const isOdd = (text: string) => texts.filter((other) => other === text).length % 2 === 1
        for (const text of [...new Set(texts)].filter(isOdd).sort()) expected.toggle(text)
        expect(String(hash)).to.equal(String(expected))
      }),
    )
  })

  it('is nothing again once everything is taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        const hash = new SetHash()
        for (const text of [...texts, ...texts]) hash.toggle(text)
        expect(String(hash)).to.equal('0')
      }),
    )
  })

  it('tells 100,000 similar texts apart', () => {
    const hashes = Array.from({ length: 100_000 }, (_, index) => {
      const hash = new SetHash()
      hash.toggle(`vuser:${index}\0${index}`)
      return String(hash)
    })
    expect(new Set(hashes).size).to.equal(hashes.length)
  })
})
