/** Which copies an owner goes on with: a whole one, or the newest; and what becomes of its own, where that is old. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { ALL, type ArrivalsBench, following } from '../../../support/slot-arrivals.ts'
import { asOf } from '../../../support/slot-partners.ts'
import { changeOf } from '../../../support/slot-shelf.ts'
import { memberOf, slotOf, viewOf } from '../../../support/views.ts'

const AB = slotOf('a', 'b')
const ninth = viewOf(9, ['a', 'b', 'c'])

/** Of whom each question was asked, and whether for anything. */
function questions({ partners }: ArrivalsBench): string[] {
  return partners.saidToAll('want').map(({ to, said }) => (said.isAnyway ? `${to} anyway` : to))
}

/** For which mirror the last that was asked tells. */
function mirrorOf({ partners }: ArrivalsBench): string {
  return partners.saidToAll('want').at(-1)?.said.mirror ?? ''
}

function worth(bench: ArrivalsBench): unknown[] {
  const { asOf, lapses } = bench.standings.of(AB)
  return [asOf, lapses.map(({ from, to }) => `${from}-${to}`).join()]
}

describe('an owner that has not all of a slot', () => {
  it('goes on with a whole copy, and nobody is asked for less', async () => {
    const lapses = [{ from: 2, to: 4 }]
    const bench = await following(ninth, [AB], ({ partners }) => {
      partners.answers('b', { want: asOf(8) })
      partners.answers('c', { want: asOf(Infinity, lapses) })
    })
    expect([questions(bench), ...worth(bench)]).to.deep.equal([['b', 'c'], Infinity, '2-4'])
  })

  it('goes on with the newest copy where none is whole, and notes what nobody knows', async () => {
    const bench = await following(ninth, [AB], ({ partners }) => {
      partners.answers('b', { want: asOf(3) })
      partners.answers('c', { want: asOf(5, [{ from: 1, to: 2 }]) })
    })
    expect([questions(bench), ...worth(bench)]).to.deep.equal([['b', 'c', 'c anyway'], Infinity, '1-2,5-9'])
  })

  it('misses nothing where a copy had all until it was told of what came, be its owner gone since', async () => {
    const [BA, tenth] = [slotOf('b', 'a'), viewOf(10, ['a', memberOf('c', { leaving: true })])]
    for (const [newest, isAll] of [
      [8, true],
      [7, false],
    ] as const) {
      const bench = await following(ninth, [BA], ({ partners }) => {
        partners.refuses('b')
        partners.answers('c', { want: asOf(newest) })
      })
      await bench.follow(tenth, [BA])
      const { lapses } = bench.standings.of(BA)
      expect([bench.isHere(BA), lapses.length === 0, await bench.lost()]).to.deep.equal([
        true,
        isAll,
        isAll ? 0 : 1,
      ])
    }
  })

  it('goes on with its own copy where that is the newest', async () => {
    const bench = await following(ninth, [AB], ({ partners, standings, store }) => {
      store.put(AB, 'va')
      standings.restore({ slot: AB, asOf: 7, lapses: [] })
      partners.answers('b', { want: asOf(3) })
      partners.answers('c', { want: asOf(5) })
    })
    expect([questions(bench), ...worth(bench)]).to.deep.equal([['b', 'c'], Infinity, '7-9'])
    expect(bench.store.digestOf(AB)).to.equal('va')
  })

  it('has missed nothing where its own copy, or another, is as of the view before', async () => {
    const own = await following(ninth, [AB], ({ partners, standings }) => {
      standings.restore({ slot: AB, asOf: 8, lapses: [] })
      for (const id of ['b', 'c']) partners.answers(id, { want: asOf(3) })
    })
    const other = await following(ninth, [AB], ({ partners }) => {
      for (const id of ['b', 'c']) partners.answers(id, { want: asOf(8) })
    })
    expect([worth(own), worth(other)]).to.deep.equal([
      [Infinity, ''],
      [Infinity, ''],
    ])
  })

  it('asks nobody for a copy that is the same as its own', async () => {
    const bench = await following(ninth, [AB], ({ partners }) => {
      partners.answers('b', { want: { asOf: 5, lapses: [], how: 'same' } })
      partners.answers('c', { want: asOf(5) })
    })
    expect([questions(bench), ...worth(bench)]).to.deep.equal([['b', 'c', 'c anyway'], Infinity, '5-9'])
  })

  it('asks, after the newest, those whose copies are of a time that it knows nothing of', async () => {
    for (const lapses of [[], [{ from: 0, to: 6 }]]) {
      const bench = await following(ninth, [AB], ({ partners }) => {
        partners.answers('b', { want: asOf(3) })
        partners.answers('c', { want: asOf(7, lapses) })
      })
      const asked = lapses.length === 0 ? ['c anyway'] : ['c anyway', 'b anyway']
      expect([questions(bench), bench.standings.of(AB).asOf]).to.deep.equal([['b', 'c', ...asked], Infinity])
    }
  })

  it('takes what several have that are the newest, and tells each what it is as good as by then', async () => {
    const bench = await following(ninth, [AB], ({ partners }) => {
      for (const id of ['b', 'c'])
        partners.answers(id, { want: asOf(5, [{ from: 1, to: id === 'b' ? 2 : 3 }]) })
    })
    expect(questions(bench)).to.deep.equal(['b', 'c', 'b anyway', 'c anyway'])
    const told = bench.partners.saidToAll('want').map(({ said }) => said.slots[0]?.[2])
    expect([told, ...worth(bench)]).to.deep.equal([[0, 0, 0, 5], Infinity, '1-2,1-3,5-9'])
  })
})

describe('an old copy of an owner', () => {
  /** With `va` and `vb`, while b, which has all, gives. */
  const receiving = async (prepare = (_: ArrivalsBench) => {}) =>
    following(ninth, [AB], (bench) => {
      bench.store.put(AB, 'va', 'vb')
      bench.partners.answers('b', { want: asOf(Infinity, [], 'mirrored') })
      prepare(bench)
    })
  const arrive = (bench: ArrivalsBench, id: string) => {
    bench.mirroring.note(changeOf(AB, id))
    bench.store.put(AB, id)
  }

  it('becomes a mirror of a whole one: what is not told is let go', async () => {
    const bench = await receiving(({ partners }) => partners.holds('b', 'want'))
    const answers = ['vb', 'vc'].map((id) => bench.mirroring.tell(changeOf(AB, id), mirrorOf(bench)))
    bench.partners.answers('b', { want: asOf(Infinity, [], 'mirrored') })
    bench.partners.releases('b')
    await settled()
    expect([answers, bench.isHere(AB), bench.store.digestOf(AB)]).to.deep.equal([[true, true], true, 'vb,vc'])
  })

  it('stays where the other gave what it has to be merged', async () => {
    const bench = await receiving(({ partners }) => partners.answers('b', { want: asOf(Infinity) }))
    expect([bench.isHere(AB), bench.store.digestOf(AB)]).to.deep.equal([true, 'va,vb'])
  })

  it('keeps what has come since it was missed, also while whoever has all did not answer', async () => {
    const bench = await receiving(({ partners }) => {
      partners.refuses('b')
      partners.answers('c', { want: asOf(3) })
    })
    arrive(bench, 'vnew')
    bench.partners.answers('b', { want: asOf(Infinity, [], 'mirrored') })
    await bench.clock.advance(200)
    expect([bench.isHere(AB), bench.store.digestOf(AB)]).to.deep.equal([true, 'vnew'])
  })

  it('keeps what has come before anybody was asked for it', async () => {
    const busy = await following(ninth, undefined, ({ partners, store }) => {
      for (const slot of ALL) store.put(slot, 'va')
      partners.holds('b', 'want')
    })
    const asked = new Set(busy.partners.slotsSaid('b').flat())
    const [waiting = AB] = busy.holdings.missing.filter(
      (slot) => ninth.replicasOf(slot)[0]?.id === 'b' && !asked.has(slot),
    )
    busy.mirroring.note(changeOf(waiting, 'vnew'))
    busy.store.put(waiting, 'vnew')
    busy.partners.answers('b', { want: asOf(Infinity, [], 'mirrored') })
    busy.partners.releases('b')
    await busy.clock.advance(100)
    expect([busy.isHere(waiting), busy.store.digestOf(waiting)]).to.deep.equal([true, 'vnew'])
  })

  it('keeps what has come since it was missed, also in the view before', async () => {
    const bench = await receiving(({ partners }) => partners.holds('b', 'want'))
    arrive(bench, 'vnew')
    bench.partners.answers('b', { want: asOf(Infinity, [], 'mirrored') })
    await bench.follow(viewOf(10, ['a', 'b', 'c']), [AB])
    expect([bench.isHere(AB), bench.store.digestOf(AB)]).to.deep.equal([true, 'vnew'])
  })

  it('lets nothing go where whoever was to be mirrored stops giving', async () => {
    const bench = await receiving(({ partners }) => {
      partners.drops('b')
      partners.answers('c', { want: asOf(3) })
    })
    const mirror = mirrorOf(bench)
    expect(bench.mirroring.tell(changeOf(AB, 'vc'), mirror)).to.equal(true)
    await bench.clock.advance(2000)
    expect(mirrorOf(bench), 'it is asked again').not.to.equal(mirror)
    expect(bench.mirroring.tell(changeOf(AB, 'vd'), mirror)).to.equal(false)
    expect([bench.isHere(AB), bench.store.digestOf(AB)]).to.deep.equal([false, 'va,vb,vc'])
  })

  it('is none where nothing was here: all that comes is new', async () => {
    const bench = await following(ninth, [AB], ({ partners }) => partners.holds('b', 'want'))
    expect(bench.mirroring.tell(changeOf(AB, 'va'), mirrorOf(bench))).to.equal(false)
  })
})
