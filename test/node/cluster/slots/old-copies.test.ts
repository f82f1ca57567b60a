/** What becomes of an old copy that comes back, with two members in memory: no promise rests on what others remember. */
import { expect } from 'chai'
import { ALL_THERE } from '../../../../node/cluster/members/placed-view.ts'
import { totalOf } from '../../../../node/entries/counter.ts'
import { idOf } from '../../../../node/entries/entry.ts'
import { liveValue } from '../../../../node/entries/register.ts'
import type { SingleCommand } from '../../../../shared/command.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import { allOf } from '../../../support/turns.ts'
import { memberOf, viewOf } from '../../../support/views.ts'
import { Pair, type SlotHolder } from './pair.ts'

const both = viewOf(1, ['a', 'b'])
/** One that a owns, and one that b owns; each has a copy of the other's. */
const [OF_A, OF_B] = ['a', 'b'].map((id) =>
  Array.from({ length: SLOTS }, (_, slot) => slot).findIndex((slot) => both.ownerOf(slot)?.id === id),
) as [number, number]
const GRACE_MS = 600_000

async function settledPair(): Promise<Pair> {
  const pair = new Pair()
  for (const { current } of [pair.a, pair.b]) current.install(both.view)
  for (const holder of [pair.a, pair.b]) holder.completeAll()
  await pair.clock.advance(2000)
  return pair
}

/** As the owner carries it out: over once every holder that can be reached has it. */
async function write(holder: SlotHolder, slot: number, command: SingleCommand): Promise<void> {
  await holder.slots.replicator.merged([holder.apply(slot, command)])
}

function set(key: string): SingleCommand {
  return { type: 'value.set', key, contentType: 'text/plain', body: key }
}

function remove(key: string): SingleCommand {
  return { type: 'value.delete', key }
}

/** Which of these values each of both has. */
function values(pair: Pair, slot: number, ...keys: readonly string[]): string[][] {
  return [pair.a, pair.b].map(({ memory }) =>
    keys.filter((key) => {
      const entry = memory.slots.find(slot, idOf.key(key))
      return entry?.kind === 'register' && liveValue(entry, pair.clock.wall()) !== undefined
    }),
  )
}

function totals(pair: Pair, slot: number, key: string): unknown[] {
  return [pair.a, pair.b].map(({ memory }) => {
    const entry = memory.slots.find(slot, idOf.key(key))
    return entry?.kind === 'counter' ? totalOf(entry) : undefined
  })
}

/** One is killed, and the other goes on alone. */
async function goOnWithout(pair: Pair, id: 'a' | 'b', epoch = 2): Promise<void> {
  pair.kill(pair[id])
  await pair.follow(viewOf(epoch, [id === 'a' ? 'b' : 'a']))
}

/** With its disk, as another life. */
async function comesBack(pair: Pair, id: 'a' | 'b', epoch = 3): Promise<void> {
  pair[id] = pair.restart(pair[id])
  const back = memberOf(id, { incarnation: `${id}-2`, since: epoch })
  await pair.follow(viewOf(epoch, id === 'a' ? [back, 'b'] : ['a', back]))
  expect([pair.a, pair.b].map(({ slots }) => slots.doubts.short.slots)).to.deep.equal([0, 0])
}

describe('an old copy that comes back', () => {
  it('counts no increment beside its retry that only the disk of the dead owner has', async () => {
    for (const idempotencyKey of [undefined, 'once']) {
      const pair = await settledPair()
      const add = {
        type: 'counter.add',
        key: 'x',
        by: '5',
        ...(idempotencyKey && { idempotencyKey }),
      } as const
      await write(pair.a, OF_A, { type: 'counter.add', key: 'x', by: '2' })
      pair.a.apply(OF_A, add)
      await goOnWithout(pair, 'a')
      await write(pair.b, OF_A, add)
      expect(totals(pair, OF_A, 'x')).to.deep.equal([7n, 7n])
      await comesBack(pair, 'a')
      expect(totals(pair, OF_A, 'x')).to.deep.equal([7n, 7n])
      pair.stop()
    }
  })

  it('brings back nothing that was deleted meanwhile, though no tombstone is left', async () => {
    for (const slot of [OF_A, OF_B]) {
      const pair = await settledPair()
      await write(slot === OF_A ? pair.a : pair.b, slot, set('kept'))
      await write(slot === OF_A ? pair.a : pair.b, slot, set('deleted'))
      await goOnWithout(pair, 'b')
      await write(pair.a, slot, remove('deleted'))
      await pair.clock.advance(GRACE_MS + 1000)
      allOf(pair.a.memory.upkeep.sweep(pair.clock.wall()))
      expect(pair.a.memory.slots.find(slot, idOf.key('deleted'))).to.equal(undefined)
      await comesBack(pair, 'b')
      expect(values(pair, slot, 'kept', 'deleted')).to.deep.equal([['kept'], ['kept']])
      expect(pair.b.memory.slots.digestOf(slot)).to.equal(pair.a.memory.slots.digestOf(slot))
      pair.stop()
    }
  })

  it('brings back what was acknowledged while no other copy could be told', async () => {
    const pair = await settledPair()
    await write(pair.a, OF_A, set('shared'))
    pair.cut.add('stream')
    await write(pair.a, OF_A, set('alone'))
    await goOnWithout(pair, 'a')
    pair.cut.clear()
    await write(pair.b, OF_A, remove('shared'))
    expect(values(pair, OF_A, 'shared', 'alone')).to.deep.equal([['shared', 'alone'], []])
    await comesBack(pair, 'a')
    expect(values(pair, OF_A, 'shared', 'alone')).to.deep.equal([['alone'], ['alone']])
    pair.stop()
  })

  it('claims nothing any more once both have it', async () => {
    const pair = await settledPair()
    pair.cut.add('stream')
    await write(pair.a, OF_A, set('once alone'))
    expect(pair.a.standings.get(OF_A)?.alone).not.to.equal(undefined)
    pair.cut.clear()
    await pair.clock.advance(2000)
    expect(pair.a.standings.get(OF_A)?.alone).to.equal(undefined)
    await goOnWithout(pair, 'a')
    await write(pair.b, OF_A, remove('once alone'))
    await pair.clock.advance(GRACE_MS + 1000)
    allOf(pair.b.memory.upkeep.sweep(pair.clock.wall()))
    await comesBack(pair, 'a')
    expect(values(pair, OF_A, 'once alone')).to.deep.equal([[], []])
    pair.stop()
  })
})

describe('two halves that could not reach each other', () => {
  /** Each takes the other for absent, and goes on with what it owned and what it had a copy of. */
  const split = async (pair: Pair) => {
    pair.isSplit = true
    for (const [holder, other] of [
      [pair.a, 'b-1'],
      [pair.b, 'a-1'],
    ] as const)
      holder.current.miss({ absent: new Set([other]), silent: new Set([other]) })
    await pair.clock.advance(2000)
    const owned = [pair.a, pair.b].map(
      ({ slots }) => slots.holdings.isOwn(OF_A) && slots.holdings.isOwn(OF_B),
    )
    expect(owned).to.deep.equal([true, true])
  }
  const heal = async (pair: Pair) => {
    pair.isSplit = false
    for (const { current } of [pair.a, pair.b]) current.miss(ALL_THERE)
    await pair.clock.advance(4000)
    expect([pair.a, pair.b].map(({ slots }) => slots.doubts.short.slots)).to.deep.equal([0, 0])
  }

  it('have what was written in either, and nothing that was deleted in one', async () => {
    for (const slot of [OF_A, OF_B]) {
      const pair = await settledPair()
      const owner = slot === OF_A ? pair.a : pair.b
      for (const key of ['old', 'deleted in a', 'deleted in b']) await write(owner, slot, set(key))
      await split(pair)
      for (const [holder, half] of [
        [pair.a, 'a'],
        [pair.b, 'b'],
      ] as const) {
        await write(holder, slot, set(`written in ${half}`))
        await write(holder, slot, remove(`deleted in ${half}`))
        await write(holder, slot, { type: 'counter.add', key: 'x', by: half === 'a' ? '1' : '2' })
      }
      await heal(pair)
      const left = ['old', 'written in a', 'written in b']
      expect(values(pair, slot, ...left, 'deleted in a', 'deleted in b')).to.deep.equal([left, left])
      expect(totals(pair, slot, 'x')).to.deep.equal([3n, 3n])
      pair.stop()
    }
  })

  it('have what was written in one whose member was restarted before it was heard again', async () => {
    for (const slot of [OF_A, OF_B]) {
      const pair = await settledPair()
      await write(slot === OF_A ? pair.a : pair.b, slot, set('deleted in a'))
      await split(pair)
      await write(pair.b, slot, set('written in b'))
      pair.isSplit = false
      pair.a.current.miss(ALL_THERE)
      await goOnWithout(pair, 'b')
      await write(pair.a, slot, remove('deleted in a'))
      await pair.clock.advance(GRACE_MS + 1000)
      allOf(pair.a.memory.upkeep.sweep(pair.clock.wall()))
      await comesBack(pair, 'b')
      const left = ['written in b']
      expect(values(pair, slot, ...left, 'deleted in a')).to.deep.equal([left, left])
      pair.stop()
    }
  })
})
