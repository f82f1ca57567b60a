/** What a copy that was away is measured by: what it may claim, and what is set against a part of another copy. */
import { expect } from 'chai'
import fc from 'fast-check'
import { COUNTER, type Counter } from '../../../node/entries/counter.ts'
import type { Turned } from '../../../node/entries/either.ts'
import { type Entry, isNews, isTombstone, merge } from '../../../node/entries/entry.ts'
import { type Kind, verbsOf } from '../../../node/entries/kinds.ts'
import type { Limit } from '../../../node/entries/limit.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { REGISTER, type Register } from '../../../node/entries/register.ts'
import { lifeOf, originOf } from '../../../node/entries/stamp.ts'

const life = fc.constantFrom('a', 'b', 'c')
const time = fc.nat(5)

const register = fc.record({ time, life, isGone: fc.boolean() }).map(({ time, life, isGone }): Register => {
  const written = { kind: 'register', stamp: { time, origin: life }, endsAtMs: 10 } as const
  return isGone ? written : { ...written, value: { contentType: 'text/plain', body: `${time}${life}` } }
})

/** Also of slots that have begun anew, and of what is void; a void may well be there without what it is about. */
const origin = fc
  .record({ life, beginnings: fc.nat(1), isVoid: fc.boolean() })
  .map(({ life, beginnings, isVoid }) => `${isVoid ? 'void 1 0 ' : ''}${originOf(life, beginnings)}`)
const amount = fc.bigInt({ min: 0n, max: 5n })
const counter = fc
  .record({
    reset: fc.option(fc.record({ time, origin: life, atMs: fc.constant(0) }, { noNullPrototype: true }), {
      nil: undefined,
    }),
    tallies: fc.dictionary(origin, fc.record({ added: amount, taken: amount }, { noNullPrototype: true })),
  })
  .filter(({ reset, tallies }) => reset !== undefined || Object.keys(tallies).length > 0)
  .map(({ reset, tallies }): Counter => {
    return { kind: 'counter', ...(reset && { reset }), tallies: { ...tallies } }
  })

const presence = fc
  .record({
    reaction: fc.constantFrom('fire', 'ice'),
    user: fc.constantFrom('Ann', 'Bob', 'Sam'),
    time,
    endsAtMs: fc.constantFrom(10, Infinity),
    isGone: fc.boolean(),
  })
  .map((one) => ({ ...one, isGone: one.isGone && one.endsAtMs < Infinity }))
const reactions = fc.array(presence, { minLength: 1, maxLength: 6 }).map((all) => Reactions.ofAll(all))

const turned = fc
  .record({ register, counter })
  .map(({ register, counter }): Turned => ({ kind: 'turned', register, counter }))
// A counter that nobody knows anything of is none.
const limit = fc
  .record({ time, life, left: fc.nat(3) })
  // What was left follows from the write.
  .map(({ time, life }): Limit => ({ kind: 'limit', last: { time, origin: life }, fullAtMs: time * 5000 }))
const KINDS: Readonly<Record<Kind, fc.Arbitrary<Entry>>> = { register, counter, turned, limit, reactions }

/** Also each part of it. */
function isAllNews(known: Entry, change: Entry): boolean {
  if (known.kind !== 'turned' || change.kind !== 'turned') return isNews(known, change)
  return isNews(known.register, change.register) && isNews(known.counter, change.counter)
}

/** What is given to a verb that uses it up. */
function copyOf(entry: Entry): Entry {
  return entry.kind === 'reactions' ? Reactions.ofAll([...entry]) : structuredClone(entry)
}

function joined(one: Entry, other: Entry | undefined): Entry {
  return other === undefined ? one : merge(copyOf(one), copyOf(other))
}

/** All that can be seen of an entry, and what its copies are compared by. */
function seen(entry: Entry | undefined): unknown {
  if (entry?.kind !== 'reactions') return entry
  const presences = [...entry].map((one) => JSON.stringify(Object.entries(one).sort())).sort()
  return { presences, counts: entry.counts(), users: entry.users, states: verbsOf(entry).states(entry) }
}

for (const [kind, entry] of Object.entries(KINDS)) {
  describe(`of a ${kind}, a copy that was away`, () => {
    it('may claim all of what it claims for', () => {
      fc.assert(
        fc.property(entry, (one) => {
          const { claim, claimed } = verbsOf(one)
          expect(seen(claimed(one, claim(one)))).to.deep.equal(seen(one))
        }),
      )
    })

    it('carries what it wrote alone over to one that has missed it, and is left as it was', () => {
      fc.assert(
        fc.property(entry, entry, entry, (known, change, other) => {
          fc.pre(isAllNews(known, change))
          const { claim, claimed } = verbsOf(change)
          const alone = joined(known, change)
          const before = seen(copyOf(alone))
          const mine = claimed(alone, claim(change))
          expect(isNews(joined(other, mine), copyOf(change)), 'nothing of the change is missed').to.equal(
            false,
          )
          expect(mine !== undefined && isNews(alone, mine), 'it has nothing else').to.equal(false)
          expect(seen(alone)).to.deep.equal(before)
        }),
        { numRuns: 500 },
      )
    })

    it('claims nothing more than with a greater claim', () => {
      fc.assert(
        fc.property(entry, entry, entry, (one, a, b) => {
          const { claim, claimed } = verbsOf(one)
          const [mine, theirs] = [claim(a), claim(b)]
          const both = {
            sinceTime: Math.min(mine.sinceTime, theirs.sinceTime),
            lives: [...mine.lives, ...theirs.lives],
          }
          const [less, more] = [claimed(one, mine), claimed(one, both)]
          if (less !== undefined) expect(more && isNews(more, less)).to.equal(false)
        }),
      )
    })

    it('is the same again from what a part is about, and the rest', () => {
      fc.assert(
        fc.property(entry, entry, (one, part) => {
          const { within, without } = verbsOf(one)
          const [inside, outside] = [within(one, part), without(copyOf(one), part)]
          const all = inside === undefined ? outside : joined(inside, outside)
          expect(seen(all)).to.deep.equal(seen(one))
        }),
      )
    })

    it('has in what a part is about only what the part names, and in the rest all others', () => {
      fc.assert(
        fc.property(entry, entry, (one, part) => {
          const { names, within, without, except } = verbsOf(one)
          const told = new Set(names(part))
          const inside = within(one, part)
          expect([...told]).to.include.members(inside === undefined ? [] : [...names(inside)])
          expect(seen(except(one, told))).to.deep.equal(seen(without(copyOf(one), part)))
        }),
      )
    })

    it('is nothing without all that it is made of, and all of it without none', () => {
      fc.assert(
        fc.property(entry, (one) => {
          const { names, except } = verbsOf(one)
          const all = [...names(one)]
          expect(new Set(all).size, 'each is named once').to.equal(all.length)
          expect(except(one, new Set(all))).to.equal(undefined)
          expect(seen(except(one, new Set()))).to.deep.equal(seen(one))
        }),
      )
    })
  })
}

describe('a claim', () => {
  it('covers no write that is older', () => {
    const { claim, claimed } = REGISTER
    const [older, newer] = [1, 2].map((time): Register => {
      return { kind: 'register', stamp: { time, origin: 'a' }, endsAtMs: 10 }
    }) as [Register, Register]
    expect([claimed(older, claim(newer)), claimed(newer, claim(older))]).to.deep.equal([undefined, newer])
  })

  it('of an increment covers what that life has counted, and none of the others', () => {
    const tally = { added: 1n, taken: 0n }
    const tallies = { a: tally, b: tally, 'a~1': tally, 'void 1 0 a': tally, 'void 1 0 b': tally }
    const counter: Counter = { kind: 'counter', reset: { time: 9, origin: 'a', atMs: 0 }, tallies }
    const { claim, claimed } = COUNTER
    const change: Counter = { ...counter, tallies: { 'a~1': tally } }
    expect(claimed(counter, claim(change))).to.deep.equal({
      ...counter,
      tallies: { a: tally, 'a~1': tally, 'void 1 0 a': tally },
    })
    expect(claimed(counter, claim({ ...counter, tallies: { 'b~1': tally } }))).to.deep.include({
      tallies: { b: tally, 'void 1 0 b': tally },
    })
  })

  it('of the delete of a counter covers all that was counted since', () => {
    const counter: Counter = {
      kind: 'counter',
      reset: { time: 9, origin: 'a', atMs: 0 },
      tallies: { b: { added: 1n, taken: 0n } },
    }
    const { claim, claimed } = COUNTER
    const deleted: Counter = { kind: 'counter', reset: { time: 9, origin: 'a', atMs: 0 }, tallies: {} }
    expect(isTombstone(deleted)).to.equal(true)
    expect(claimed(counter, claim(deleted))).to.deep.equal(counter)
    expect(claimed({ ...counter, reset: { time: 8, origin: 'a', atMs: 0 } }, claim(deleted))).to.equal(
      undefined,
    )
  })
})

describe('the origin of what is counted in a slot that has begun anew', () => {
  it('is another each time, and of one life', () => {
    const origins = [0, 1, 2].map((beginnings) => originOf('a-1', beginnings))
    expect(new Set(origins).size).to.equal(3)
    expect(origins.map(lifeOf)).to.deep.equal(['a-1', 'a-1', 'a-1'])
  })
})
