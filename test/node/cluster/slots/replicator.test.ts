/** How changes come to the other holders of their slot before they are acknowledged, and what of those who take none. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { ReplicatorBench } from '../../../support/slot-replicator.ts'
import { changeOf, countOf } from '../../../support/slot-shelf.ts'
import { memberOf, slotOf, three, viewOf } from '../../../support/views.ts'

const [AB, AC] = [slotOf('a', 'b'), slotOf('a', 'c')]
const [x, y, z] = [changeOf(AB, 'vx'), changeOf(AB, 'vy'), changeOf(AC, 'vz')]
const b = memberOf('b')

describe('changes', () => {
  it('are told to the replicas of their slot and to nobody else, those of one turn together and in order', async () => {
    const bench = new ReplicatorBench()
    const telling = await bench.tell([x, y], [z], [x])
    expect([bench.told('b'), bench.told('c'), bench.told('a')]).to.deep.equal([
      [['vx', 'vy', 'vx']],
      [['vz']],
      [],
    ])
    expect(telling.isDone).to.equal(true)
  })

  it('do not wait for those before them, and are told after them', async () => {
    const bench = new ReplicatorBench()
    bench.partners.holds('b')
    await bench.tell([x])
    await bench.tell([y])
    expect(bench.told('b')).to.deep.equal([['vx'], ['vy']])
  })

  it('are merged when the last replica has merged them', async () => {
    const bench = new ReplicatorBench(viewOf(1, ['a', 'b', 'c'], 3))
    bench.partners.holds('b')
    bench.partners.holds('c')
    const telling = await bench.tell([x])
    bench.partners.releases('b')
    await settled()
    expect(telling.isDone).to.equal(false)
    bench.partners.releases('c')
    await settled()
    expect(telling.isDone).to.equal(true)
    expect([bench.missed, bench.doubtsOf('b'), bench.doubtsOf('c')]).to.deep.equal([[], [], []])
  })

  it('travel in parcels of about 128 KiB, those of one command that are more than a megabyte by themselves', async () => {
    const bench = new ReplicatorBench()
    const some = (id: string) => changeOf(AB, id, 75 * 2 ** 10)
    const large = (id: string) => changeOf(AB, id, 600 * 2 ** 10)
    await bench.tell(
      [x],
      [some('v1'), some('v2')],
      [large('v5'), large('v6')],
      [y],
      [some('v3')],
      [some('v4')],
      [x],
    )
    expect(bench.told('b')).to.deep.equal([['vx', 'v1', 'v2'], ['vy', 'v3', 'v4'], ['vx'], ['v5', 'v6']])
  })

  it('of one command that are very many go one piece after the other, and hold up nothing', async () => {
    const bench = new ReplicatorBench()
    bench.partners.holds('b', 'changes')
    const many = Array.from({ length: 5000 }, (_, index) => changeOf(AB, `v${index}`))
    const telling = await bench.tell(many, [x])
    expect(bench.told('b').map(({ length }) => length)).to.deep.equal([1, bench.told('b')[1]?.length])
    expect(bench.told('b')[0]).to.deep.equal(['vx'])
    expect([
      telling.isDone,
      bench.replicator.isTelling(b, AB),
      bench.replicator.isTelling(b, AC),
    ]).to.deep.equal([false, true, false])
    bench.partners.releases('b')
    await settled()
    expect([telling.isDone, bench.replicator.isTelling(b, AB)]).to.deep.equal([true, false])
    expect(bench.told('b').slice(1).flat()).to.deep.equal(many.map(({ id }) => id))
    expect(bench.told('b').length).to.be.above(2)
  })

  it('of a slot that has another owner by now are handed on to that, and to nobody else', async () => {
    const bench = new ReplicatorBench()
    const moved = slotOf('b', 'a')
    const telling = await bench.tell([x], [changeOf(moved, 'vmoved')])
    expect([bench.told('b'), bench.told('a')]).to.deep.equal([[['vx'], ['give']], []])
    expect(telling.isDone).to.equal(true)
  })

  it('that a member answers, and does not take, are missed, and it is not passed over', async () => {
    const bench = new ReplicatorBench()
    bench.partners.turnsDown('b', 'changes')
    expect((await bench.tell([x])).isDone).to.equal(true)
    expect([bench.replicator.isPassedOver(b), bench.missed]).to.deep.equal([false, ['b']])
    expect(bench.doubts.hasMissed(AB, 'b-1')).to.equal(true)
  })

  it('have nothing to wait for where there is one copy, or no view', async () => {
    const [single, alone, blind] = [viewOf(1, ['a', 'b'], 1), viewOf(1, ['a']), three].map(
      (view) => new ReplicatorBench(view),
    )
    if (blind !== undefined) blind.placed = undefined
    for (const bench of [single, alone, blind]) {
      expect((await bench?.tell([x]))?.isDone).to.equal(true)
      expect(bench?.partners.log).to.deep.equal([])
    }
  })

  it('that nobody waits for are told together at the end of the turn', async () => {
    const bench = new ReplicatorBench()
    bench.replicator.tellSoon(x)
    bench.replicator.tellSoon(y)
    expect(bench.told('b')).to.deep.equal([])
    await settled()
    bench.replicator.tellSoon(x)
    await settled()
    expect(bench.told('b')).to.deep.equal([['vx', 'vy'], ['vx']])
  })
})

describe('a replica that does not answer', () => {
  it('is passed over after 1.5 s: the changes are merged without it, counted, and it is in doubt', async () => {
    const bench = new ReplicatorBench()
    bench.partners.drops('b')
    const telling = await bench.tell([x, y])
    await bench.clock.advance(1499)
    expect([telling.isDone, bench.replicator.isPassedOver(b), bench.missed]).to.deep.equal([false, false, []])
    await bench.clock.advance(1)
    expect([telling.isDone, bench.replicator.isPassedOver(b), bench.missed]).to.deep.equal([
      true,
      true,
      ['b'],
    ])
    expect([await countOf(bench.metrics.missedChanges), bench.doubtsOf('b')]).to.deep.equal([2, [AB]])
  })

  it('is told nothing from then on and not waited for, and what it misses is counted and in doubt', async () => {
    const bench = new ReplicatorBench(viewOf(1, ['a', 'b', 'c'], 3))
    bench.partners.refuses('b')
    await bench.tell([x])
    bench.partners.drops('b')
    bench.partners.forget()
    const telling = await bench.tell([z])
    expect([telling.isDone, bench.told('b'), bench.told('c')]).to.deep.equal([true, [], [['vz']]])
    expect([await countOf(bench.metrics.missedChanges), bench.doubtsOf('b')]).to.deep.equal([2, [AB, AC]])
    expect([bench.missed, bench.doubtsOf('c')]).to.deep.equal([['b', 'b'], []])
  })

  it('is told again, and waited for, once it is resumed', async () => {
    const bench = new ReplicatorBench()
    bench.partners.refuses('b')
    await bench.tell([x])
    bench.partners.holds('b')
    bench.replicator.resume(b)
    const telling = await bench.tell([y])
    expect([telling.isDone, bench.told('b')]).to.deep.equal([false, [['vx'], ['vy']]])
    bench.partners.releases('b')
    await settled()
    expect([telling.isDone, bench.missed]).to.deep.equal([true, ['b']])
  })
})
