/** What becomes of a change when its replica knows of other holders: it goes where the later view says. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { ReplicatorBench } from '../../../support/slot-replicator.ts'
import { changeOf } from '../../../support/slot-shelf.ts'
import { memberOf, slotOf, viewOf } from '../../../support/views.ts'

const AB = slotOf('a', 'b')
const [x, y] = [changeOf(AB, 'vx'), changeOf(AB, 'vy')]

describe('a replica that refuses changes', () => {
  it('is told those of each command for themselves', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: ['refused', 'merged'] })
    const telling = await bench.tell([x, y], [x])
    expect(bench.told('b')).to.deep.equal([['vx', 'vy', 'vx'], ['vx', 'vy'], ['vx']])
    expect([telling.isDone, bench.doubtsOf('b')]).to.deep.equal([true, []])
  })

  it('is told once more, as it has learnt of this view by then', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: ['refused', 'refused', 'merged'] })
    const telling = await bench.tell([x])
    expect([telling.isDone, bench.told('b').length, bench.doubtsOf('b')]).to.deep.equal([true, 3, []])
  })

  it('is in doubt when no other view comes for half a second', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: 'refused' })
    const telling = await bench.tell([x])
    await bench.clock.advance(499)
    expect([telling.isDone, bench.doubtsOf('b')]).to.deep.equal([false, []])
    await bench.clock.advance(1)
    expect([telling.isDone, bench.doubtsOf('b'), bench.missed]).to.deep.equal([true, [AB], []])
  })

  it('is none any more in a later view: then the change is told to who is', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: 'refused' })
    const telling = await bench.tell([x])
    bench.partners.forget()
    bench.partners.holds('c')
    bench.show(viewOf(2, ['a', 'c']))
    await settled()
    expect([telling.isDone, bench.told('b'), bench.told('c')]).to.deep.equal([false, [], [['vx']]])
    bench.partners.releases('c')
    await settled()
    expect(telling.isDone).to.equal(true)
  })

  it('may be followed by another that refuses: five later views are tried, and then it is in doubt', async () => {
    const bench = new ReplicatorBench()
    for (const id of ['b', 'c']) bench.partners.answers(id, { changes: 'refused' })
    const telling = await bench.tell([x])
    for (let epoch = 2; epoch <= 7; epoch++) {
      expect([epoch, telling.isDone, bench.partners.log.length > 0]).to.deep.equal([epoch, false, true])
      bench.partners.forget()
      bench.show(viewOf(epoch, epoch % 2 === 0 ? ['a', 'c'] : ['a', 'b']))
      await settled()
    }
    expect([telling.isDone, bench.partners.log]).to.deep.equal([true, []])
  })
})

describe('a change for a slot that has another owner by now', () => {
  const leaving = memberOf('a', { leaving: true })

  async function handedOn(prepare: (bench: ReplicatorBench) => void) {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: 'refused' })
    const telling = await bench.tell([x, y])
    bench.partners.forget()
    prepare(bench)
    bench.show(viewOf(2, [leaving, 'b', 'c']))
    await settled()
    return { bench, telling }
  }

  it('is given to that one, and merged once it has taken it', async () => {
    const { bench, telling } = await handedOn(({ partners }) => partners.holds('b', 'give'))
    const give = { type: 'give', entries: [x, y] }
    expect([telling.isDone, bench.partners.log]).to.deep.equal([false, [{ to: 'b', said: give }]])
    bench.partners.releases('b')
    await settled()
    expect(telling.isDone).to.equal(true)
  })

  it('is not waited for beyond 1.5 s: it will be offered to it', async () => {
    const { bench, telling } = await handedOn(({ partners }) => partners.drops('b'))
    await bench.clock.advance(1499)
    expect(telling.isDone).to.equal(false)
    await bench.clock.advance(1)
    expect([telling.isDone, bench.missed, bench.replicator.isPassedOver(memberOf('b'))]).to.deep.equal([
      true,
      [],
      false,
    ])
  })

  it('goes to the next owner when that one refuses it too', async () => {
    const { bench, telling } = await handedOn(({ partners }) => partners.answers('b', { give: 'refused' }))
    expect([telling.isDone, bench.partners.said('c')]).to.deep.equal([false, []])
    bench.show(viewOf(3, [leaving, 'c']))
    await settled()
    expect([telling.isDone, bench.partners.said('c').length]).to.deep.equal([true, 1])
  })
})
