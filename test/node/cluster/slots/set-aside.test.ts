/** What another member answers, and does not take: it holds back nothing but itself. */
import { expect } from 'chai'
import { refusalOf } from '../../../../node/cluster/peers/refusal.ts'
import type { LarderError } from '../../../../shared/errors.ts'
import { SenderBench as Bench, SLOT, values } from '../../../support/slot-sender.ts'

describe('an entry that a member answers, and does not take', () => {
  const given = (bench: Bench) => bench.parts.flat().map(({ id }) => id)

  it('is set aside, and holds back nothing else', async () => {
    const bench = new Bench()
    bench.hold([...values(SLOT, 40), ...values(8, 3)])
    bench.poison.add('vkey17').add('vkey30')
    expect(await bench.send([SLOT, 8], { isUrgent: true })).to.equal(true)
    const expected = [...values(SLOT, 40), ...values(8, 3)].map(({ id }) => id)
    expect(given(bench).toSorted()).to.deep.equal(expected.filter((id) => !bench.poison.has(id)).toSorted())
    expect([bench.setAside.has(SLOT, 'b-1'), bench.setAside.has(8, 'b-1')]).to.deep.equal([true, false])
    expect(await bench.aside()).to.deep.equal([['b', 2]])
    expect(bench.standings.of(SLOT).alone, 'what only this copy may have').to.not.equal(undefined)
  })

  it('rests for longer each time, and is forgotten once it is taken', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 3))
    bench.poison.add('vkey1')
    const rests: boolean[] = []
    for (const pauseMs of [1000, 2000, 4000]) {
      await bench.send([SLOT], { isUrgent: true })
      await bench.clock.advance(pauseMs - 1)
      rests.push(bench.setAside.isResting(SLOT, 'b-1'))
      await bench.clock.advance(1)
      rests.push(bench.setAside.isResting(SLOT, 'b-1'))
    }
    expect(rests).to.deep.equal([true, false, true, false, true, false])
    bench.poison.clear()
    await bench.send([SLOT], { isUrgent: true })
    expect([bench.setAside.has(SLOT, 'b-1'), await bench.aside()]).to.deep.equal([false, [['b', 0]]])
  })

  it('is none where the member takes nothing at all', async () => {
    const bench = new Bench()
    bench.hold(values(SLOT, 3))
    bench.answer = () => {
      throw refusalOf('b', { status: 500, body: Buffer.from('{}') })
    }
    expect(await bench.send([SLOT]).catch((error: LarderError) => error.code)).to.equal('UNREACHABLE')
    expect(bench.setAside.has(SLOT, 'b-1')).to.equal(false)
  })
})
