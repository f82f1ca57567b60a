/** Keys, slots and members: known vectors, and the laws that hold for every key. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { integerOf, placeSlots, rankMembers, SLOTS, slotOf } from '../../shared/placement.ts'

describe('a key', () => {
  for (const [key, integer] of [
    ['1', 1n],
    ['aa', 24_929n],
    ['aaa', 6_381_921n],
    ['abcd', 1_633_837_924n],
    ['01', 1n],
    ['0', 0n],
    ['-7', -7n],
    ['12abc', 0x3132616263n],
    ['1.5', 0x312e35n],
    [' 1', 0x2031n],
    ['é', 0xc3a9n],
    ['-', 0x2dn],
    ['', 0n],
    ['99999999999999999999999999', 99_999_999_999_999_999_999_999_999n],
  ] as const) {
    it(`${JSON.stringify(key)} is the integer ${integer}`, () => {
      expect(integerOf(key)).to.equal(integer)
    })
  }

  it('has the slot of its integer, though the integer is never built', () => {
    const decimal = fc.bigInt().map(String)
    const zeros = fc
      .tuple(fc.constantFrom('', '-', '+'), fc.nat(20), fc.nat())
      .map(([sign, n, i]) => sign + '0'.repeat(n) + i)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), decimal, zeros), (key) => {
        const remainder = integerOf(key) % BigInt(SLOTS)
        expect(slotOf(key)).to.equal(Number((remainder + BigInt(SLOTS)) % BigInt(SLOTS)))
      }),
      { numRuns: 2000 },
    )
  })

  it('of 100 kB has a slot in a moment', () => {
    expect(slotOf('x'.repeat(100_000))).to.be.within(0, SLOTS - 1)
    expect(slotOf('9'.repeat(100_000))).to.be.within(0, SLOTS - 1)
  })
})

const EIGHT = Array.from({ length: 8 }, (_, index) => `127.0.0.1:${4000 + index}`)

const families: Record<string, string[]> = {
  'user:1 and so on': Array.from({ length: 20_000 }, (_, index) => `user:${index + 1}`),
  UUIDs: Array.from({ length: 20_000 }, () => randomUUID()),
  dates: Array.from({ length: 20_000 }, (_, day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
  paths: Array.from({ length: 20_000 }, (_, index) => `/menu/${index % 50}/dish/${index}/photo.jpg`),
  'sequential integers': Array.from({ length: 20_000 }, (_, index) => String(index)),
  'integers in steps of 16381, bar one': Array.from({ length: 20_000 }, (_, index) => String(index * 16_380)),
}

describe('the placement of slots', () => {
  for (const [family, keys] of Object.entries(families)) {
    it(`spreads ${family}: no member of 8 has more than 1.25 of its share`, () => {
      const owners = placeSlots(EIGHT)
      const counts = new Map<number, number>()
      for (const key of keys) {
        const owner = owners[slotOf(key)] ?? 0
        counts.set(owner, (counts.get(owner) ?? 0) + 1)
      }
      expect(counts.size).to.equal(8)
      expect(Math.max(...counts.values())).to.be.at.most((1.25 * keys.length) / 8)
    })
  }

  it('depends on the names of the members, not on their order', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(ids, (members) => {
        const reversed = members.toReversed()
        const [owners, mirrored] = [placeSlots(members), placeSlots(reversed)]
        for (let slot = 0; slot < SLOTS; slot += 97) {
          expect(reversed[mirrored[slot] ?? 0]).to.equal(members[owners[slot] ?? 0])
        }
      }),
      { numRuns: 50 },
    )
  })

  it('moves slots only to a member that joins, and at most 1.15 of its share', () => {
    for (let count = 1; count <= 16; count++) {
      const before = Array.from({ length: count }, (_, index) => `kitchen-${index}`)
      const after = [...before, 'newcomer']
      const [old, now] = [placeSlots(before), placeSlots(after)]
      let moved = 0
      for (let slot = 0; slot < SLOTS; slot++) {
        if (before[old[slot] ?? 0] === after[now[slot] ?? 0]) continue
        expect(after[now[slot] ?? 0]).to.equal('newcomer')
        moved++
      }
      expect(moved).to.be.within(1, (1.15 * SLOTS) / after.length)
    }
  })

  it('moves only the slots of a member that leaves', () => {
    const owners = placeSlots(EIGHT)
    const left = EIGHT.slice(0, 7)
    const now = placeSlots(left)
    for (let slot = 0; slot < SLOTS; slot++) {
      const owner = EIGHT[owners[slot] ?? 0] ?? ''
      if (left.includes(owner)) expect(left[now[slot] ?? 0]).to.equal(owner)
    }
  })
})

const allSlots = Array.from({ length: SLOTS }, (_, slot) => slot)
const someSlots = allSlots.filter((slot) => slot % 61 === 0)
const someIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 7 })

/** The holders of these slots, by name. */
function holdersOf(members: readonly string[], copies: number, slots = allSlots): string[][] {
  const holders = placeSlots(members, copies)
  const width = Math.min(copies, members.length)
  expect(holders.length).to.equal(SLOTS * width)
  return slots.map((slot) =>
    Array.from(holders.subarray(slot * width, (slot + 1) * width), (index) => members[index] ?? '?'),
  )
}

describe('the placement of copies', () => {
  it('is on different members, on as many as there are of those asked for', () => {
    fc.assert(
      fc.property(someIds, fc.integer({ min: 1, max: 9 }), (members, copies) => {
        for (const holders of holdersOf(members, copies)) {
          if (new Set(holders).size !== Math.min(copies, members.length)) expect(holders).to.equal(copies)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('goes down the ranks of the members: fewer copies are the beginning of more', () => {
    fc.assert(
      fc.property(someIds, fc.integer({ min: 1, max: 6 }), (members, copies) => {
        const fewer = holdersOf(members, copies, someSlots)
        const more = holdersOf(members, copies + 1, someSlots)
        for (const [place, slot] of someSlots.entries()) {
          const ranked = rankMembers(slot, members).map((index) => members[index])
          expect(ranked.toSorted()).to.deep.equal(members.toSorted())
          expect(more[place]).to.deep.equal(ranked.slice(0, copies + 1))
          expect(fewer[place]).to.deep.equal(ranked.slice(0, copies))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('changes with a member only where that one comes in: the others keep their order', () => {
    fc.assert(
      fc.property(someIds, fc.integer({ min: 1, max: 4 }), fc.nat(6), (members, copies, which) => {
        const gone = members[which % members.length] ?? ''
        const left = members.filter((member) => member !== gone)
        const after = holdersOf(left, copies, someSlots)
        for (const [place, before] of holdersOf(members, copies, someSlots).entries()) {
          const stayed = before.filter((member) => member !== gone)
          expect(after[place]?.slice(0, stayed.length)).to.deep.equal(stayed)
          if (stayed.length === before.length) expect(after[place]).to.deep.equal(stayed)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('moves to a fifth member at most 1.15 of its share of the slots that are owned', () => {
    for (const prefix of ['kitchen-', '127.0.0.1:400', 'n', 'larder-node-', '']) {
      const four = [0, 1, 2, 3].map((index) => `${prefix}${index}`)
      const five = [...four, `${prefix}4`]
      const [before, after] = [holdersOf(four, 2), holdersOf(five, 2)]
      const moved = after.filter(([owner], slot) => owner !== before[slot]?.[0])
      expect(moved.every(([owner]) => owner === five[4])).to.equal(true)
      expect(moved.length).to.be.within(1, (1.15 * SLOTS) / 5)
    }
  })

  it('gives each of a few members its share, as an owner and as a replica', () => {
    for (const count of [2, 3, 4, 5, 8]) {
      const members = Array.from({ length: count }, (_, index) => `kitchen-${index}`)
      const holders = holdersOf(members, 2)
      for (const place of [0, 1]) {
        const shares = Map.groupBy(holders, (some) => some[place])
        expect(shares.size).to.equal(count)
        for (const { length } of shares.values())
          expect(length / (SLOTS / count), `${count} members`).to.be.within(0.85, 1.15)
      }
    }
  })
})
