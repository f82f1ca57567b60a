/** How slots are given to another member: in parts that are small enough, and at a pace that leaves it half its time. */
import { expect } from 'chai'
import { bytesOfEntries } from '../../../../node/cluster/wire/entry.ts'
import { Reactions } from '../../../../node/entries/reactions.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { countIn, valueIn } from '../../../support/entries.ts'
import { SenderBench as Bench, SLOT, values } from '../../../support/slot-sender.ts'

const PART_BYTES = 256 * 2 ** 10
/** Three of these are a part. */
const LARGE = 'x'.repeat(100 * 2 ** 10)

describe('what is given of slots', () => {
  it('is all of these slots, together where it is little, and nothing of others', async () => {
    const bench = new Bench()
    bench.hold([...values(7, 3), ...values(8, 2), ...values(9, 1)])
    const isTaken = bench.send([7, 9])
    await bench.clock.advance(0)
    expect([await isTaken, bench.sizes, bench.timeoutMs]).to.deep.equal([true, [4], 5000])
    const told = bench.parts.flat().map(({ slot, id }) => [slot, id])
    expect(told).to.have.deep.members([...values(7, 3), ...values(9, 1)].map(({ slot, id }) => [slot, id]))
  })

  it('is nothing, and taken, where nothing is held', async () => {
    const bench = new Bench()
    expect([await bench.send([SLOT]), bench.sizes]).to.deep.equal([true, []])
  })

  it('is a quarter of a mebibyte at a time, and at the most one entry more', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 7, LARGE))
    await bench.send([SLOT], { isUrgent: true })
    expect(bench.sizes).to.deep.equal([3, 3, 1])
    for (const part of bench.parts)
      expect(bytesOfEntries(part.slice(0, -1)), 'before the last').to.be.below(PART_BYTES)
  })

  it('is less than a thousand entries at a time, however small they are', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 2500))
    const isTaken = bench.send([SLOT], { isUrgent: true })
    expect([await isTaken, new Set(bench.parts.flat().map(({ id }) => id)).size]).to.deep.equal([true, 2500])
    for (const size of bench.sizes.slice(0, -1)) expect(size).to.be.within(500, 1000)
  })

  it('is a content with many users in parts, which are the content together', async () => {
    const bench = new Bench()
    const presences = Array.from({ length: 10_000 }, (_, index) => {
      const isGone = index % 4 === 0
      return { reaction: 'fire', user: `user ${index}`, time: index, endsAtMs: isGone ? 5 : Infinity, isGone }
    })
    bench.hold([{ slot: SLOT, id: 'rpost', entry: Reactions.ofAll(presences) }])
    await bench.send([SLOT], { isUrgent: true })
    expect(bench.parts.length).to.be.above(1)
    const other = new Memory(Infinity)
    for (const { slot, id, entry } of bench.parts.flat()) {
      if (entry.kind === 'reactions') expect([...entry].length).to.be.within(1, 1000)
      other.merge(slot, id, entry)
    }
    expect(other.slots.digestOf(SLOT)).to.equal(bench.memory.slots.digestOf(SLOT))
  })
})

describe('what only this copy may have', () => {
  it('is given where no more is asked for, of each entry what is claimed', async () => {
    const bench = new Bench()
    const [early, late] = [valueIn(SLOT, 'early', { atMs: 1 }), valueIn(SLOT, 'late', { atMs: 9 })]
    const counter = { 'x-1': { added: 1n, taken: 0n }, 'y-1': { added: 2n, taken: 0n } }
    bench.hold([early, late, { slot: SLOT, id: 'cx', entry: { kind: 'counter', tallies: counter } }])
    bench.standings.claim(SLOT, { sinceTime: late.entry.stamp.time, lives: ['x-1'] })
    const isTaken = await bench.send([SLOT], { isUrgent: true, isClaim: true })
    expect([isTaken, bench.parts.flat()]).to.deep.equal([true, [late, countIn(SLOT, 'x', 1)]])
  })

  it('is nothing without a claim', async () => {
    const bench = new Bench()
    bench.hold([valueIn(SLOT, 'x')])
    expect([await bench.send([SLOT], { isClaim: true }), bench.parts]).to.deep.equal([true, []])
  })

  it('is not what is given for a mirror, which is named', async () => {
    const bench = new Bench()
    bench.hold([valueIn(SLOT, 'x')])
    await bench.send([SLOT], { isUrgent: true })
    await bench.send([SLOT], { isUrgent: true, mirror: 'b-1 3' })
    expect(bench.mirrors).to.deep.equal([undefined, 'b-1 3'])
  })
})

describe('the pace of giving', () => {
  it('is a rest after each part, for as long as it took', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 9, LARGE))
    bench.partMs = 40
    const isTaken = bench.send([SLOT])
    await bench.clock.advance(1000)
    expect([await isTaken, bench.askedAtMs]).to.deep.equal([true, [0, 80, 160]])
  })

  it('follows the last part: who is faster now is given more', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 9, LARGE))
    bench.partMs = 40
    const isTaken = bench.send([SLOT])
    await bench.clock.advance(60)
    bench.partMs = 10
    await bench.clock.advance(1000)
    expect([await isTaken, bench.askedAtMs]).to.deep.equal([true, [0, 80, 100]])
  })

  it('knows no rest where a command waits', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 9, LARGE))
    bench.partMs = 40
    const isTaken = bench.send([SLOT], { isUrgent: true })
    await bench.clock.advance(120)
    expect([await isTaken, bench.askedAtMs]).to.deep.equal([true, [0, 40, 80]])
  })
})

describe('giving', () => {
  it('ends with the first part that is refused, and counts what was taken', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 9, LARGE))
    bench.answer = () => (bench.parts.length === 2 ? 'refused' : 'merged')
    expect(await bench.send([SLOT], { isUrgent: true })).to.equal(false)
    expect([bench.sizes, await bench.moved()]).to.deep.equal([[3, 3], [['b', 3]]])
  })

  it('fails where the member does not answer, and counts nothing that may not be there', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 10))
    bench.answer = () => {
      throw new LarderError('UNREACHABLE', 'no answer')
    }
    const failure = await bench.send([SLOT]).catch((error: LarderError) => error.code)
    expect([failure, await bench.moved()]).to.deep.equal(['UNREACHABLE', []])
  })
})
