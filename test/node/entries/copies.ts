/** Copies of one entry that members may have, of every kind: few of everything, so that they disagree. */
import fc from 'fast-check'
import { type Counter, counterWith } from '../../../node/entries/counter.ts'
import { type Entry, merge } from '../../../node/entries/entry.ts'
import { withoutFolded } from '../../../node/entries/folds.ts'
import type { Limit } from '../../../node/entries/limit.ts'
import type { Presence } from '../../../node/entries/presence.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Register } from '../../../node/entries/register.ts'

const origin = fc.constantFrom('a', 'b', 'c')
const stamp = fc.record({ time: fc.nat(5), origin }, { noNullPrototype: true })

function optional<T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(some, { nil: undefined })
}

/** Where nothing has travelled, ends differ by more than that would add. */
const ends = fc.constantFrom(0, 10_000, 20_000)

/**
 * Two registers with one stamp are one write, or what is left of it: so the value follows from the stamp. Where they have
 * come from, and what the clock is there, their ends do not. What is no delete may have had its lifetime changed later.
 */
const register: fc.Arbitrary<Entry> = fc
  .record({
    time: fc.nat(5),
    origin,
    isBuried: fc.boolean(),
    endsAtMs: ends,
    later: fc.option(fc.record({ time: fc.integer({ min: 6, max: 8 }), origin }, { noNullPrototype: true })),
  })
  .map(({ time, origin, isBuried, endsAtMs, later }): Register => {
    const stamp = { time, origin }
    const isDelete = (time + origin.charCodeAt(0)) % 3 === 0
    const value = { contentType: 'text/plain', body: `${time}${origin}` }
    const touched = later !== null && !isDelete && { touched: later }
    const tombstone: Register = { kind: 'register', stamp, ...touched, endsAtMs }
    return isDelete || isBuried ? tombstone : { ...tombstone, value }
  })

/** Tallies only grow, so that of one origin one is always the newer; a delete begins them anew. */
const tallies = fc.dictionary(
  fc.oneof(origin, fc.constantFrom('void 1 0 a', 'fold a b', 'fold c b', 'fold c a')),
  fc.nat(18).map((steps) => ({ added: BigInt(steps - (steps >> 1)), taken: BigInt(steps >> 1) })),
)
const counter: fc.Arbitrary<Entry> = fc
  .record({
    tallies,
    foldedAtMs: ends,
    reset: optional(fc.record({ time: fc.nat(3), origin, atMs: ends }, { noNullPrototype: true })),
    last: optional(stamp),
    end: optional(fc.record({ endsAtMs: ends, by: optional(stamp) }, { noNullPrototype: true })),
  })
  .map(({ tallies, reset, foldedAtMs, last, end }): Counter => {
    const ending = end && { endsAtMs: end.endsAtMs, ...(end.by && { by: end.by }) }
    return counterWith({ reset, last, end: ending }, withoutFolded({ ...tallies }), foldedAtMs)
  })

/** Of one write there is one state, but for what travelling adds. */
const limit: fc.Arbitrary<Entry> = fc
  .record({ last: stamp, isFull: fc.boolean(), reset: optional(stamp), atMs: ends })
  .map(({ last, isFull, reset, atMs }): Limit => {
    const full = !isFull && { fullAtMs: 10_000 * last.time }
    return { kind: 'limit', last, ...full, ...(reset && { reset: { ...reset, atMs } }) }
  })

/** Whatever may stand under a key: a value, a counter, or one that has turned into the other. */
const either = fc.oneof(
  register,
  counter,
  fc.tuple(register, counter).map(([a, b]) => merge(a, b)),
)

/** Few of everything, so that copies disagree; two writes may well have the same time. */
const presence: fc.Arbitrary<Presence> = fc
  .record({
    reaction: fc.constantFrom('fire', 'ice'),
    user: fc.constantFrom('Sam', 'Max', 'Kim'),
    time: fc.nat(4),
    endsAtMs: fc.oneof(ends, fc.constant(Infinity)),
    isGone: fc.boolean(),
  })
  .map((one) => ({ ...one, isGone: one.isGone && one.endsAtMs < Infinity }))
const reactions: fc.Arbitrary<Entry> = fc.array(presence, { maxLength: 8 }).map((presences) => {
  const all = new Reactions()
  for (const one of presences) all.put(one)
  return all
})

/** Copies of one entry, by its kind. */
export const COPIES: Readonly<Record<Entry['kind'], fc.Arbitrary<Entry>>> = {
  register,
  counter,
  turned: either,
  limit,
  reactions,
}
