/** What makes copies one: `merge` is commutative, associative and idempotent for every kind of entry. */

import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Counter, counterWith, totalOf } from '../../../node/entries/counter.ts'
import { apply, type Entry, type EntryChange, isNews, merge, remainsOf } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Register } from '../../../node/entries/register.ts'
import { compareStamps, StampClock } from '../../../node/entries/stamp.ts'
import { tagOf } from '../../../shared/command.ts'
import { COPIES } from './copies.ts'

/** All that can be seen of an entry. */
function seen(entry: Entry): unknown {
  if (entry.kind !== 'reactions') return entry
  const { users, bytes, kinds, isEmpty } = entry
  const presences = [...entry].map((one) => JSON.stringify(Object.entries(one).sort())).sort()
  const shown = { counts: entry.counts(), page: entry.page(100, {}).users }
  return { presences, users, bytes, kinds, isEmpty, ...shown }
}

/** The same without since when it is known what is gone, which is no news to anybody. */
function told(entry: Entry): unknown {
  if (entry.kind === 'limit') return { ...entry, reset: entry.reset && { ...entry.reset, atMs: 0 } }
  if (entry.kind === 'turned') return [told(entry.register), told(entry.counter)]
  if (entry.kind === 'counter') {
    const { reset, tallies, last, end } = entry
    return counterWith({ reset: reset && { ...reset, atMs: 0 }, last, end }, tallies, 0)
  }
  if (entry.kind === 'register' && entry.value === undefined) return { ...entry, endsAtMs: 0 }
  if (entry.kind !== 'reactions') return seen(entry)
  return seen(Reactions.ofAll([...entry].map((one) => (one.isGone ? { ...one, endsAtMs: 0 } : one))))
}

/** Merging may use up its first argument; these are copies that nobody else holds. */
function fresh(entry: Entry): Entry {
  if (entry.kind !== 'reactions') return entry
  const copy = new Reactions()
  for (const one of entry) copy.put(one)
  return copy
}

/** As it comes from another member. */
function structured(entry: Entry): Entry {
  return entry.kind === 'reactions' ? fresh(entry) : structuredClone(entry)
}

function joined(...[first, ...rest]: [Entry, ...Entry[]]): Entry {
  return rest.reduce((whole, copy) => merge(whole, copy), fresh(first))
}

for (const [kind, entry] of Object.entries(COPIES)) {
  describe(`merging copies of a ${kind}`, () => {
    it('gives the same in either order', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          expect(seen(joined(a, b))).to.deep.equal(seen(joined(b, a)))
        }),
      )
    })

    it('gives the same however they are grouped', () => {
      fc.assert(
        fc.property(entry, entry, entry, (a, b, c) => {
          expect(seen(joined(a, b, c))).to.deep.equal(seen(joined(a, joined(b, c))))
        }),
      )
    })

    it('changes nothing when a copy arrives twice', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          expect(seen(joined(a, a))).to.deep.equal(seen(fresh(a)))
          expect(seen(joined(a, b, b))).to.deep.equal(seen(joined(a, b)))
        }),
      )
    })

    it('is news to the first just where it changes the first', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          const before = seen(fresh(a))
          const isSame = isDeepStrictEqual(told(joined(a, b)), told(a))
          expect(isNews(a, structured(b))).to.equal(!isSame)
          expect(seen(fresh(a))).to.deep.equal(before)
          expect(isNews(undefined, b)).to.equal(true)
        }),
        { numRuns: 500 },
      )
    })

    it('leaves the second copy as it was', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          const before = seen(b)
          joined(a, b)
          expect(seen(b)).to.deep.equal(before)
        }),
      )
    })
  })
}

describe('a tombstone', () => {
  it('keeps an older copy from bringing its value back', () => {
    const value = { contentType: 'text/plain', body: 'stew' }
    const old: Register = { kind: 'register', stamp: { time: 1, origin: 'a' }, value, endsAtMs: Infinity }
    const fleeting: Register = { kind: 'register', stamp: { time: 2, origin: 'a' }, value, endsAtMs: 50 }
    const tombstone = remainsOf('vstew', fleeting, { nowMs: 0, oldestMs: 0, isKept: false })
    expect(tombstone && merge(tombstone, old)).to.not.have.property('value')
    expect(tombstone && merge(fleeting, tombstone)).to.not.have.property('value')
  })
})

describe('a delete of what may only be elsewhere', () => {
  const stamps = new StampClock('b')
  const deleted = (type: 'value.delete' | 'counter.delete', isCertain: boolean) =>
    apply(
      { type, key: 'k' },
      { get: () => undefined, under: () => [] },
      { nowMs: 1000, origin: 'b', isCertain, isOver: () => false, stamp: () => stamps.next(1000) },
    )
  const remains = ({ changes: [change] }: { changes: readonly EntryChange[] }, old: Entry) =>
    change && merge(old, change.entry)

  it('leaves a trace that outlives an older copy, and says all the same that there was nothing', () => {
    const stamp = { time: 1, origin: 'a' }
    const body = { contentType: 't', body: '' }
    const value: Entry = { kind: 'register', stamp, value: body, endsAtMs: Infinity }
    const counter: Entry = { kind: 'counter', tallies: { a: { added: 1n, taken: 0n } } }
    for (const type of ['value.delete', 'counter.delete'] as const) {
      expect(deleted(type, true)).to.deep.equal({ outcome: { type: 'missing' }, changes: [] })
      expect(deleted(type, false)).to.deep.include({ outcome: { type: 'missing' } })
    }
    expect(remains(deleted('value.delete', false), value)).to.not.have.property('value')
    expect(remains(deleted('counter.delete', false), counter)).to.deep.include({ tallies: {} })
  })
})

describe('a counter on several members', () => {
  it('is the sum of what each has counted', () => {
    const a: Counter = { kind: 'counter', tallies: { a: { added: 5n, taken: 1n } } }
    const b: Counter = { kind: 'counter', tallies: { b: { added: 2n ** 62n, taken: 0n } } }
    expect(totalOf(merge(a, b) as Counter)).to.equal(2n ** 62n + 4n)
  })
})

describe('stamps', () => {
  it('grow, whatever the wall clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (walls) => {
        const clock = new StampClock('a')
        const stamps = walls.map((wall) => clock.next(wall))
        for (const [index, stamp] of stamps.slice(1).entries()) {
          expect(compareStamps(stamp, stamps[index] ?? stamp)).to.be.above(0)
        }
      }),
    )
  })

  it('are later than what was witnessed, also from a member whose clock is ahead', () => {
    const [ahead, behind] = [new StampClock('a'), new StampClock('b')]
    const seen = ahead.next(1_000_000)
    behind.witness(seen)
    expect(compareStamps(behind.next(1), seen)).to.be.above(0)
  })

  it('make tags that no two writes share', () => {
    const clock = new StampClock('a')
    const tags = Array.from({ length: 5000 }, () => tagOf(clock.next(7)))
    expect(new Set(tags).size).to.equal(5000)
  })
})
