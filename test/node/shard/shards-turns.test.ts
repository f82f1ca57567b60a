/** Shards that have much to do at once let others come first in between. */
import { expect } from 'chai'
import { totalOf } from '../../../node/entries/counter.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import type { Register } from '../../../node/entries/register.ts'
import { slotOf } from '../../../shared/placement.ts'
import { settled } from '../../support/clock.ts'
import { countedTurns } from '../../support/turns.ts'
import { Bench } from './bench.ts'

describe('shards, where much is due at once,', () => {
  it('tell of nobody who has ended, however many have, and let others go first meanwhile', async () => {
    const turns: number[] = []
    const bench = new Bench({ turns: countedTurns(1, (_, ms) => void turns.push(ms)) })
    for (let user = 0; user < 2500; user++)
      bench.memory.merge(
        4,
        'r4',
        Reactions.of({ reaction: 'fire', user: `${user}`, time: 1, endsAtMs: 10, isGone: false }),
      )
    bench.memory.merge(
      4,
      'r4',
      Reactions.of({ reaction: 'fire', user: 'stays', time: 1, endsAtMs: Infinity, isGone: false }),
    )
    expect(await bench.execute({ type: 'reaction.count', key: '4' })).to.deep.include({ counts: { fire: 1 } })
    expect(turns.length).to.be.above(5)
    expect(Math.max(...turns)).to.be.below(5)
  })

  it('give up what is too much before they apply more, some in each turn', async () => {
    const turns: string[] = []
    const bench = new Bench({ bytesMax: 200_000, turns: countedTurns(1, (work) => void turns.push(work)) })
    const valueWith = (body: string): Register => ({
      kind: 'register',
      stamp: { time: 1, origin: 'a' },
      value: { contentType: 'text/plain', body },
      endsAtMs: Infinity,
    })
    for (let index = 0; index < 2500; index++) bench.memory.merge(4, `v${index}`, valueWith('x'))
    bench.memory.merge(4, 'vlarge', valueWith('x'.repeat(180_000)))
    expect(bench.memory.upkeep.isOver, 'for a moment').to.equal(true)
    await bench.execute({ type: 'counter.add', key: '4', by: '1' })
    expect(bench.memory.upkeep.isOver).to.equal(false)
    expect(bench.memory.slots.find(4, 'vlarge')).to.not.equal(undefined)
    expect(new Set(turns)).to.deep.equal(new Set(['eviction']))
    expect(turns.length).to.be.within(5, 25)
  })

  it('apply 250 writes in a turn, save them together, and tell nobody of them before that', async () => {
    const bench = new Bench({ queueMax: 1000 })
    bench.hold(() => true)
    const add = () => bench.execute({ type: 'counter.add', key: '4', by: '1' })
    const writing = Promise.all(Array.from({ length: 600 }, add))
    const total = () => {
      const counter = bench.memory.slots.find(4, 'v4')
      return counter?.kind === 'counter' ? Number(totalOf(counter)) : 0
    }
    const totals: number[] = []
    const reads: Promise<string>[] = []
    const told: string[] = []
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (total() === totals.at(-1)) continue
      totals.push(total())
      const reading = bench.execute({ type: 'counter.get', key: '4' })
      reads.push(reading.then((reply) => ('value' in reply ? String(reply.value) : '')))
    }
    for (const read of reads) void read.then((value) => void told.push(value))
    await settled()
    expect([totals, bench.committed.length, told]).to.deep.equal([[250, 500, 600], 0, []])
    bench.release()
    await writing
    await Promise.all(reads)
    expect(bench.committed.map(({ length }) => length)).to.deep.equal([600])
  })

  it('forget what there is of a path some at a time, and all of it', async () => {
    const bench = new Bench()
    const path = '/dishes/7'
    for (let query = 0; query < 1200; query++)
      bench.memory.merge(slotOf(path), `a${path}\0tenant\0${query}`, {
        kind: 'register',
        stamp: { time: 1, origin: 'a' },
        value: { contentType: 'text/plain', body: 'x' },
        endsAtMs: Infinity,
      })
    const left = () => [...bench.memory.slots.responses.under(`a${path}\0`)].length
    expect(left()).to.equal(1200)
    const reply = await bench.execute({ type: 'response.invalidate', key: path, isRefresh: false })
    expect(reply).to.deep.equal({ type: 'deleted', owner: 'a' })
    expect(left()).to.equal(0)
    expect(bench.copied.flat().map(({ length }) => length)).to.deep.equal([500, 500, 200])
  })
})
