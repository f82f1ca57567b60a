/** What makes copies one: `merge` is commutative, associative and idempotent for every kind of entry. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Counter, totalOf } from '../../../node/entries/counter.ts'
import { bury, type Entry, merge } from '../../../node/entries/entry.ts'
import type { Register } from '../../../node/entries/register.ts'
import { compareStamps, StampClock, tagOf } from '../../../node/entries/stamp.ts'

const origin = fc.constantFrom('a', 'b', 'c')

/** Two registers with one stamp are one write, or what is left of it: so the value follows from the stamp. */
const register: fc.Arbitrary<Entry> = fc
  .record({ time: fc.nat(5), origin, isBuried: fc.boolean() })
  .map(({ time, origin, isBuried }): Register => {
    const stamp = { time, origin }
    const isDelete = (time + origin.charCodeAt(0)) % 3 === 0
    const value = { contentType: 'text/plain', body: `${time}${origin}` }
    const tombstone: Register = { kind: 'register', stamp, endsAtMs: time * 10 }
    return isDelete || isBuried ? tombstone : { ...tombstone, value }
  })

/** Tallies only grow, so that of one origin one is always the newer. */
const counter: fc.Arbitrary<Entry> = fc
  .dictionary(
    origin,
    fc.record({ added: fc.bigInt({ min: 0n, max: 9n }), taken: fc.bigInt({ min: 0n, max: 9n }) }),
  )
  .map((tallies): Counter => ({ kind: 'counter', tallies: { ...tallies } }))

for (const [kind, entry] of Object.entries({ register, counter })) {
  describe(`merging copies of a ${kind}`, () => {
    it('gives the same in either order', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          expect(merge(a, b)).to.deep.equal(merge(b, a))
        }),
      )
    })

    it('gives the same however they are grouped', () => {
      fc.assert(
        fc.property(entry, entry, entry, (a, b, c) => {
          expect(merge(merge(a, b), c)).to.deep.equal(merge(a, merge(b, c)))
        }),
      )
    })

    it('changes nothing when a copy arrives twice', () => {
      fc.assert(
        fc.property(entry, entry, (a, b) => {
          expect(merge(a, a)).to.deep.equal(a)
          expect(merge(merge(a, b), b)).to.deep.equal(merge(a, b))
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
    const tombstone = bury('vstew', fleeting)
    expect(tombstone && merge(tombstone, old)).to.not.have.property('value')
    expect(tombstone && merge(fleeting, tombstone)).to.not.have.property('value')
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
