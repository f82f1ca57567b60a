/** Slots and members: who holds what, and what moves when members come and go. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { SLOTS, slotOf } from '../../shared/placement.ts'
import { type Placement, placed, placeSlots, placing, rankMembers } from '../../shared/placing.ts'

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

describe('a placement after another', () => {
  /** Who is there, drawn from a few, and how many copies there are to be: any number may come and go at once. */
  const steps = fc.array(
    fc.record({
      members: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 10 }),
      copies: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 2, maxLength: 6 },
  )

  it('is the one that there would be without it', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let former: Placement | undefined
        for (const { members, copies } of all) {
          const ids = members.map((number) => `n${number}`)
          const placement = placed(ids, copies, former)
          const anew = placed(ids, copies)
          expect(placement.width).to.equal(anew.width)
          expect(Buffer.compare(bytesOf(placement), bytesOf(anew)), `${ids} ${copies}`).to.equal(0)
          expect(placement.seeds).to.deep.equal(anew.seeds)
          former = placement
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is made in as few steps as one member takes, where one of very many comes or goes', () => {
    const ids = Array.from({ length: 501 }, (_, number) => `10.0.${number >> 8}.${number & 255}:4000`)
    const others = ids.toSpliced(250, 1)
    expect(stepsOf(placing(ids, 2))).to.be.above(5)
    expect(stepsOf(placing(ids, 2, placed(others, 2)))).to.equal(1)
    expect(stepsOf(placing(others, 2, placed(ids, 2)))).to.equal(1)
  })
})

function bytesOf({ holders }: Placement): Buffer {
  return Buffer.from(holders.buffer)
}

function stepsOf(steps: Generator<void, Placement>): number {
  for (let count = 1; ; count++) if (steps.next().done) return count
}
