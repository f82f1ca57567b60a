/** What is told of a key under which nothing stands any more: what it was last, a value or a counter. */
import { expect } from 'chai'
import { ALL } from '../../../node/feed/interest.ts'
import { Source } from '../../../node/feed/source.ts'
import { stateOf } from '../../../node/feed/state.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { FakeClock } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { GRACE_MS, Half } from '../entries/half.ts'

const ID = 'vk'

function toldOf({ entry, nowMs }: Half) {
  return stateOf({ slot: 1, id: ID, reason: 'deleted' }, entry, nowMs)
}

const gone = (kind: string) => ({ kind, key: 'k', reason: 'deleted' })

describe('of a key under which nothing stands any more is told', () => {
  it('that a value is gone where it was one last, though there was a counter before', () => {
    for (const end of ['value.delete', 'counter.delete'] as const) {
      const half = new Half('a')
      half.add()
      half.set('"s"')
      half.do({ type: end, key: 'k' })
      expect(half.entry?.kind).to.equal('turned')
      expect(toldOf(half)).to.deep.equal(gone('value'))
    }
  })

  it('the same once it has ended by itself', () => {
    const half = new Half('a')
    half.add()
    half.set('"s"', { ttlMs: 500 })
    half.nowMs += 500
    expect(toldOf(half)).to.equal(undefined)
    half.tend()
    expect(toldOf(half)).to.deep.equal(gone('value'))
  })

  it('that a counter is gone where it was one last, though there was a value before', () => {
    for (const end of ['value.delete', 'counter.delete'] as const) {
      const half = new Half('a')
      half.set('7')
      half.add()
      half.do({ type: end, key: 'k' })
      expect(toldOf(half)).to.deep.equal(gone('counter'))
    }
  })

  it('what it was last on both sides, by a member that has only what both of them add up to', () => {
    const [one, other, third] = [new Half('a'), new Half('b'), new Half('c')]
    one.add()
    other.nowMs += 10
    other.set('"s"')
    other.do({ type: 'value.delete', key: 'k' })
    for (const half of [one, other]) third.hear(half)
    expect(toldOf(third)).to.deep.equal(gone('value'))
    one.nowMs += 20
    one.add()
    one.do({ type: 'counter.delete', key: 'k' })
    third.hear(one)
    expect(toldOf(third)).to.deep.equal(gone('counter'))
  })

  it('the same when nothing is left of it, to whoever comes as late as that', async () => {
    const clock = new FakeClock()
    const memory = new Memory(Infinity, {
      forget() {},
      expire: (entry, ended) => source.noteGone(entry, 'expired', ended),
    })
    const source: Source = new Source({
      bytesMax: 2 ** 20,
      clock,
      turns: unlimitedTurns(),
      memory,
      untilSafe() {},
      isOwn: () => true,
      isHere: () => true,
      catchUp() {},
      isLeaving: () => false,
    })
    const write = (id: string, half: Half) => {
      const { entry } = half
      if (entry !== undefined)
        memory.merge(1, id, entry, (state) => source.note({ slot: 1, id, entry, state }))
    }
    const [counter, value, ending] = [new Half('a'), new Half('a'), new Half('a')]
    counter.add()
    counter.do({ type: 'counter.delete', key: 'k' })
    value.add()
    value.set('"s"', { ttlMs: 500 })
    ending.add(1, { ttlMs: 500 })
    write('vcounter', counter)
    write('vvalue', value)
    write('vending', ending)
    for (const _ of [1, 2]) {
      await clock.advance(2 * GRACE_MS)
      for (const _ of memory.upkeep.sweep(clock.now())) {
        // As steps.
      }
    }
    expect(memory.slots.find(1, 'vcounter')).to.equal(undefined)
    const { items } = await source.answer({ type: 'changes', after: 0, interests: [ALL], holdMs: 0 }, 'b-1')
    expect(items.map(({ told }) => `${told.kind} ${told.key}`)).to.deep.equal([
      'counter counter',
      'value value',
      'counter ending',
    ])
  })
})
