/** A copy that becomes like that of a member that has all: what is not told goes, what is late or claimed stays. */
import { expect } from 'chai'
import type { Role } from '../../../../node/cluster/members/members.ts'
import type { EntryChange } from '../../../../node/entries/entry.ts'
import {
  count,
  digestOf,
  MIRROR,
  MirroringBench,
  react,
  SLOT,
  value,
} from '../../../support/slot-mirroring.ts'
import { countedTurns } from '../../../support/turns.ts'

/** For each kind: what an old copy has of it and nobody else, and what another has. */
const KINDS = [
  {
    kind: 'a value',
    old: () => value('x', 9, 'old'),
    told: () => value('x', 4, 'told'),
    late: () => value('x', 12, 'late'),
    claim: { sinceTime: 9, lives: [] },
    both: [() => value('x', 9, 'old')],
  },
  {
    kind: 'a counter',
    old: () => count('x', { 'a-1': 5 }),
    told: () => count('x', { 'b-1': 2 }),
    late: () => count('x', { 'c-1': 1 }),
    claim: { sinceTime: Infinity, lives: ['a-1'] },
    both: [() => count('x', { 'a-1': 5, 'b-1': 2 })],
  },
  {
    kind: 'the reactions to a content',
    old: () => react('x', { Sam: 9 }),
    told: () => react('x', { Max: 4 }),
    late: () => react('x', { Kim: 12 }),
    claim: { sinceTime: 9, lives: [] },
    both: [() => react('x', { Sam: 9, Max: 4 })],
  },
] as const

for (const { kind, old, told, late, claim, both } of KINDS)
  describe(`${kind} in an old copy`, () => {
    it('is as it was told, whatever it was', async () => {
      const bench = new MirroringBench([old()])
      expect([bench.tell(told()), await bench.end()]).to.deep.equal([[true], true])
      expect(bench.digest).to.equal(digestOf(told()))
    })

    it('is let go where it was not told, and the disk hears of it', async () => {
      const bench = new MirroringBench([old()])
      expect(await bench.end()).to.equal(true)
      expect([bench.digest, bench.forgotten.length]).to.deep.equal([digestOf(), 1])
    })

    it('stays where it came from elsewhere meanwhile, told or untold', async () => {
      for (const isTold of [true, false]) {
        const bench = new MirroringBench([old()])
        bench.arrive(late())
        if (isTold) bench.tell(told())
        await bench.end()
        expect(bench.digest).to.equal(isTold ? digestOf(told(), late()) : digestOf(late()))
      }
    })

    it('stays where it is claimed, told or untold', async () => {
      for (const isTold of [true, false]) {
        const bench = new MirroringBench([old()], claim)
        if (isTold) bench.tell(told())
        await bench.end()
        expect(bench.digest).to.equal(isTold ? digestOf(...both.map((one) => one())) : digestOf(old()))
      }
    })

    it('is kept as it is in the end', async () => {
      const bench = new MirroringBench([old()])
      bench.tell(told())
      await bench.end()
      const { id } = told()
      expect(bench.noted.map((change) => change.id)).to.include(id)
      expect(digestOf({ id, entry: bench.noted.at(-1)?.state ?? old().entry })).to.equal(digestOf(told()))
    })
  })

describe('mirroring', () => {
  it('writes nothing of what is the same already', async () => {
    const all = () => [value('x', 4, 'told'), count('x', { 'b-1': 2 }), react('x', { Max: 4 })]
    const bench = new MirroringBench(all())
    bench.tell(...all())
    await bench.end()
    expect([bench.digest, bench.noted, bench.forgotten]).to.deep.equal([digestOf(...all()), [], []])
  })

  it('listens to nothing that is told for another mirror, or another slot', async () => {
    const bench = new MirroringBench([value('x', 9, 'old')])
    const part = { slot: SLOT, ...value('x', 4, 'told') }
    expect(bench.mirroring.tell(part, 'b-1 0')).to.equal(false)
    expect(bench.mirroring.tell({ ...part, slot: SLOT + 1 }, MIRROR)).to.equal(false)
    expect(bench.digest).to.equal(digestOf(value('x', 9, 'old')))
  })

  it('lets nothing go once it is called off, be it in the middle of the end', async () => {
    for (const stop of ['callOff', 'cancel'] as const) {
      const bench = new MirroringBench([value('x', 9, 'old')])
      bench.mirroring[stop](SLOT)
      expect([await bench.end(), ...bench.tell(value('y', 1, 'told'))]).to.deep.equal([false, false])
      expect(bench.digest).to.equal(digestOf(value('x', 9, 'old')))
    }
  })

  it('goes on in another turn where there is much to let go, and may be called off there', async () => {
    const many = Array.from({ length: 50 }, (_, index) => value(`key ${index}`, 9, 'old'))
    const bench = new MirroringBench(many, undefined, countedTurns(1))
    const ending = bench.end()
    const left = [...bench.memory.slots.of(SLOT)].length
    expect(left).to.be.within(1, 49)
    bench.mirroring.cancel(SLOT)
    expect([await ending, [...bench.memory.slots.of(SLOT)].length]).to.deep.equal([false, left])
  })

  it('keeps what came since the copy was found to be old, also with another that tells', async () => {
    const bench = new MirroringBench([value('x', 1, 'old')])
    bench.arrive(value('y', 9, 'late'))
    bench.mirroring.callOff(SLOT)
    bench.mirroring.begin(SLOT, MIRROR)
    bench.tell(value('z', 3, 'told'))
    await bench.end()
    expect(bench.digest).to.equal(digestOf(value('y', 9, 'late'), value('z', 3, 'told')))
  })
})

describe('a copy by the next view', () => {
  it('is watched where it is held and not whole, and not for longer', () => {
    const bench = new MirroringBench([value('x', 1, 'old')])
    const follow = (role: Role, isWhole: boolean) => {
      bench.mirroring.install({ roleOf: () => role, isComplete: () => isWhole })
      return bench.mirroring.isOld(SLOT)
    }
    const watched = [follow('owner', true), follow('replica', false), follow('replica', true)]
    expect([...watched, follow('owner', false), follow('none', false)]).to.deep.equal([
      false,
      true,
      false,
      true,
      false,
    ])
  })
})

describe('a response in an old copy', () => {
  it('does not come back once it was forgotten, from what came late or from what is told', async () => {
    const id = 'a/menu\0acme\0'
    const response = { contentType: 't', body: '', headers: { 'cache-tag': 'menu' } }
    const stored = (time: number): EntryChange => ({
      id,
      entry: { kind: 'register', stamp: { time, origin: 'x' }, value: response, endsAtMs: Infinity },
    })
    for (const isTold of [true, false]) {
      const bench = new MirroringBench([stored(1)])
      bench.arrive(stored(2))
      bench.memory.slots.marks.note('a#menu', { time: 3, origin: 'x' })
      if (isTold) bench.tell(stored(2))
      await bench.end()
      expect(bench.digest, `told ${isTold}`).to.equal(digestOf())
      bench.arrive(stored(4))
      expect(bench.digest).to.equal(digestOf(stored(4)))
    }
  })
})
