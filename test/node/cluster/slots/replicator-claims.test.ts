/** What an owner claims: changes that not every other holder could be told of, before they are acknowledged. */
import { expect } from 'chai'
import { settled } from '../../../support/clock.ts'
import { countIn } from '../../../support/entries.ts'
import { ReplicatorBench } from '../../../support/slot-replicator.ts'
import { changeOf } from '../../../support/slot-shelf.ts'
import { memberOf, slotOf, viewOf } from '../../../support/views.ts'

const [AB, AC] = [slotOf('a', 'b'), slotOf('a', 'c')]
const [x, z] = [changeOf(AB, 'vx'), changeOf(AC, 'vz')]
const SINCE = { sinceTime: 1, lives: [] }

function claims({ standings }: ReplicatorBench): unknown[] {
  return [AB, AC].map((slot) => standings.of(slot).alone)
}

describe('what an owner claims', () => {
  it('is nothing that every replica has', async () => {
    const bench = new ReplicatorBench()
    await bench.tell([x], [z])
    expect(claims(bench)).to.deep.equal([undefined, undefined])
  })

  it('is what a replica has missed, when it does not answer and while nobody waits for it', async () => {
    const bench = new ReplicatorBench()
    bench.partners.refuses('b')
    await bench.tell([x], [z])
    expect(claims(bench)).to.deep.equal([SINCE, undefined])
    bench.standings.share(AB)
    await bench.tell([x])
    expect(claims(bench)).to.deep.equal([SINCE, undefined])
  })

  it('is, of a counter, what was counted by the lives in the change', async () => {
    const bench = new ReplicatorBench()
    bench.partners.refuses('b')
    await bench.tell([countIn(AB, 'x', 3)])
    expect(bench.standings.of(AB).alone).to.deep.equal({ sinceTime: Infinity, lives: ['x-1'] })
  })

  it('is written before the change is acknowledged', async () => {
    const bench = new ReplicatorBench()
    const writing = Promise.withResolvers<void>()
    bench.written = writing.promise
    bench.partners.refuses('b')
    const telling = await bench.tell([x])
    expect(telling.isDone).to.equal(false)
    writing.resolve()
    await settled()
    expect(telling.isDone).to.equal(true)
  })

  it('is what a replica has refused, where no other view tells whose it is', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: 'refused' })
    await bench.tell([x])
    expect(claims(bench)).to.deep.equal([undefined, undefined])
    await bench.clock.advance(500)
    expect(claims(bench)).to.deep.equal([SINCE, undefined])
  })

  it('is what the next owner could not be handed in time', async () => {
    const bench = new ReplicatorBench()
    bench.partners.answers('b', { changes: 'refused' })
    bench.partners.drops('b', 'give')
    await bench.tell([x])
    bench.show(viewOf(2, [memberOf('a', { leaving: true }), 'b', 'c']))
    await bench.clock.advance(1499)
    expect(claims(bench)).to.deep.equal([undefined, undefined])
    await bench.clock.advance(1)
    expect(claims(bench)).to.deep.equal([SINCE, undefined])
  })

  it('is what others are just being told of slots that it has lost, and nothing that they were told before', async () => {
    const bench = new ReplicatorBench()
    await bench.tell([z])
    bench.partners.holds('b')
    await bench.tell([x])
    bench.replicator.claimUnderWay((slot) => slot === AC)
    expect(claims(bench)).to.deep.equal([undefined, undefined])
    bench.replicator.claimUnderWay(() => true)
    expect(claims(bench)).to.deep.equal([SINCE, undefined])
  })
})
