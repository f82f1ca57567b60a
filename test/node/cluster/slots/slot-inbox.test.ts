/** What a holder of slots answers to whom: nobody speaks of a slot but its owner, and what is acknowledged is merged. */
import { expect } from 'chai'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import type { Check } from '../../../../node/cluster/wire/slots.ts'
import type { SlotEntry } from '../../../../node/entries/entry.ts'
import { TICKS_PER_MS } from '../../../../node/entries/stamp.ts'
import { Memory } from '../../../../node/memory/memory.ts'
import { settled } from '../../../support/clock.ts'
import { countIn, tombstoneIn, valueIn } from '../../../support/entries.ts'
import { countedTurns } from '../../../support/turns.ts'
import { memberOf, slotOf, three, viewOf } from '../../../support/views.ts'
import { Holder } from './holder.ts'

const [AB, BA, BC, CA] = [slotOf('a', 'b'), slotOf('b', 'a'), slotOf('b', 'c'), slotOf('c', 'a')]

function digestOf(...entries: readonly SlotEntry[]): string {
  const memory = new Memory(Infinity)
  for (const { slot, id, entry } of entries) memory.merge(slot, id, entry)
  return memory.slots.digestOf(entries[0]?.slot ?? 0)
}

describe('a replica that is told of changes', () => {
  it('merges those of the owner', async () => {
    const holder = new Holder()
    const [value, total] = [valueIn(BA, 'x'), countIn(BA, 'x', 3)]
    expect(await holder.hearStream('b-1', { changes: [value, total] })).to.deep.equal([['merged']])
    expect([value, total].map((one) => holder.has(one))).to.deep.equal([true, true])
  })

  it('refuses those of anybody else, be it another life of the owner', async () => {
    const holder = new Holder()
    const value = valueIn(BA, 'x')
    for (const from of ['c-1', 'b-2', 'a-1'])
      expect(await holder.hearStream(from, { changes: [value] })).to.deep.equal([['refused']])
    expect(holder.has(value)).to.equal(false)
  })

  it('refuses those of a slot that it owns itself, or does not hold', async () => {
    const holder = new Holder()
    for (const slot of [AB, BC])
      expect(await holder.hearStream('b-1', { changes: [valueIn(slot, 'x')] })).to.deep.equal([['refused']])
  })

  it('merges none of them where one is of a foreign slot', async () => {
    const holder = new Holder()
    const [mine, foreign] = [valueIn(BA, 'x'), valueIn(BC, 'y')]
    expect(await holder.hearStream('b-1', { changes: [mine, foreign] })).to.deep.equal([['refused']])
    expect([mine, foreign].map((one) => holder.has(one))).to.deep.equal([false, false])
  })

  it('answers the changes of each command for themselves, in their order', async () => {
    const holder = new Holder()
    const commands = [valueIn(BA, 'x'), valueIn(BC, 'y'), valueIn(BA, 'z')]
    const answers = await holder.hearStream('b-1', ...commands.map((value) => ({ changes: [value] })))
    expect(answers).to.deep.equal([['merged'], ['refused'], ['merged']])
  })
})

describe('a replica that is compared', () => {
  const [x, y] = [valueIn(BA, 'x'), valueIn(BA, 'y')]
  /** With these, what it answers to an owner that has those, and whether it knows that it has all. */
  const compare = async (
    ours: readonly SlotEntry[],
    theirs: readonly SlotEntry[],
    { isFull = false, isStrict = false, isOwnFull = false, from = 'b-1' } = {},
  ) => {
    const holder = new Holder()
    for (const { slot, id, entry } of ours) holder.memory.merge(slot, id, entry)
    holder.isFull = isOwnFull
    const check: Check = { checks: [[BA, digestOf(...theirs)]], isFull, isStrict }
    const answers = await holder.hearStream(from, check)
    return [answers.flat().join(), holder.holdings.isComplete(BA)]
  }

  it('is whole from then on when it has the same', async () => {
    expect(await compare([x, y], [x, y])).to.deep.equal(['same', true])
    expect(await compare([x], [x, y])).to.deep.equal(['differs', false])
    expect(await compare([x, y], [x])).to.deep.equal(['differs', false])
  })

  it('learns nothing from anybody but the owner', async () => {
    expect(await compare([x], [x], { from: 'c-1' })).to.deep.equal(['refused', false])
  })

  it('need not remember what is gone, except where it is compared strictly', async () => {
    const gone = tombstoneIn(BA, 'y')
    expect(await compare([x], [x, gone])).to.deep.equal(['same', true])
    expect(await compare([x], [x, gone], { isStrict: true })).to.deep.equal(['differs', false])
    expect(await compare([x, gone], [x, gone], { isStrict: true })).to.deep.equal(['same', true])
  })

  it('need not have the same values where a memory is full, its own or that of the owner', async () => {
    for (const full of [{ isFull: true }, { isOwnFull: true }]) {
      expect(await compare([x], [x, y], full)).to.deep.equal(['same', true])
      expect(await compare([x], [x, y], { ...full, isStrict: true })).to.deep.equal(['differs', false])
      expect(await compare([x], [x, countIn(BA, 'y', 1)], full)).to.deep.equal(['differs', false])
    }
  })

  it('answers each slot for itself', async () => {
    const holder = new Holder()
    const checks = [BA, AB, BA].map((slot) => [slot, digestOf()] as const)
    const answers = await holder.hearStream('b-1', { checks, isFull: false, isStrict: true })
    expect(answers).to.deep.equal([['same', 'refused', 'same']])
  })
})

describe('a holder that is given entries', () => {
  const give = (...entries: readonly SlotEntry[]) => ({ type: 'give', entries }) as const

  it('refuses all where one is of a slot that it does not hold', async () => {
    const holder = new Holder()
    const [mine, foreign] = [valueIn(AB, 'x'), valueIn(BC, 'y')]
    expect(await holder.hear('b-1', give(mine, foreign))).to.deep.equal(['refused'])
    expect([mine, foreign].map((one) => holder.has(one))).to.deep.equal([false, false])
  })

  it('takes them in from whoever it is, and has heard of the sender', async () => {
    const holder = new Holder()
    const { contact } = holder.peers.of(memberOf('c'))
    expect(await holder.hear('c-1', give(valueIn(AB, 'x'), valueIn(BA, 'y')))).to.deep.equal(['merged'])
    expect([holder.has(valueIn(AB, 'x')), holder.has(valueIn(BA, 'y'))]).to.deep.equal([true, true])
    expect(contact.gaveAtMs).to.equal(holder.clock.now())
    expect(holder.peers.saidToAll('changes'), 'not whole as an owner, or none').to.deep.equal([])
  })

  it('hands on as an owner what is news, before it answers', async () => {
    const holder = new Holder()
    holder.hold(valueIn(AB, 'old'))
    holder.peers.holds('b')
    let isAnswered = false
    const answers = holder
      .hear('c-1', give(valueIn(AB, 'old'), valueIn(AB, 'new'), valueIn(CA, 'other')))
      .finally(() => {
        isAnswered = true
      })
    await settled()
    const changes = holder.peers
      .saidToAll('changes')
      .map(({ to, said }) => [to, said.changes.map(({ id }) => id)])
    expect(changes).to.deep.equal([['b', ['vnew']]])
    expect(isAnswered).to.equal(false)
    holder.peers.releases('b')
    expect(await answers).to.deep.equal(['merged'])
  })
})

describe('a holder that hears of a later view', () => {
  /** A view in which b is gone, and c owns what b owned with c. */
  const two = viewOf(2, ['a', 'c'])
  const slot = slotOf('b', 'c')
  const message = { type: 'stream', items: [{ changes: [valueIn(slot, 'x')] }] } as const

  it('goes by it before it looks at anything', async () => {
    const holder = new Holder()
    expect(two.ownerOf(slot)?.id).to.equal('c')
    expect(await holder.hear('c-1', message)).to.deep.equal(['refused'])
    expect(await holder.hear('c-1', message, { epoch: 2, view: two.view })).to.deep.equal(['merged'])
  })

  it('waits for it where it is not shown, half a second at most', async () => {
    const holder = new Holder()
    const answers = holder.hear('c-1', message, { epoch: 2 })
    await holder.clock.advance(499)
    holder.current.install(two.view)
    expect(await answers).to.deep.equal(['merged'])
    const late = holder.hear('c-1', message, { epoch: 3 })
    let isAnswered = false
    void late.finally(() => {
      isAnswered = true
    })
    await holder.clock.advance(499)
    expect(isAnswered).to.equal(false)
    await holder.clock.advance(1)
    expect(await late).to.deep.equal(['merged'])
  })

  it('shows its own to whoever goes by an earlier one, and stamps later than that one', async () => {
    const holder = new Holder(two)
    const time = 5_000_000_000 * TICKS_PER_MS
    const response = await holder.receive(
      'b-1',
      { type: 'lack', slots: [] },
      { format: CURRENT, epoch: 1, time },
    )
    expect(response).to.deep.include({ epoch: 2, view: two.view })
    expect([response.time, holder.stamps.next(0).time > time]).to.deep.equal([time, true])
    const same = await holder.receive('c-1', { type: 'lack', slots: [] }, { epoch: 2 })
    expect(same.view).to.equal(undefined)
  })
})

describe('a holder that is still letting go of a slot which it is to hold again', () => {
  it('takes nothing in for it before it is empty, from nobody', async () => {
    const holder = new Holder()
    const value = valueIn(BA, 'x')
    holder.going.add(BA)
    expect(await holder.hearStream('b-1', { changes: [value] })).to.deep.equal([['refused']])
    expect(await holder.hear('c-1', { type: 'give', entries: [value] })).to.deep.equal(['refused'])
    expect(holder.has(value)).to.equal(false)
    holder.going.delete(BA)
    expect(await holder.hear('c-1', { type: 'give', entries: [value] })).to.deep.equal(['merged'])
  })
})

describe('a holder that takes in a part in several turns', () => {
  it('refuses what is left of it once it holds a slot no more', async () => {
    const holder = new Holder(three, { turns: countedTurns(1) })
    const entries = Array.from({ length: 20 }, (_, index) => valueIn(BA, `x${index}`))
    const answer = holder.hear('c-1', { type: 'give', entries })
    await Promise.resolve()
    holder.current.install(viewOf(2, ['b', 'c']).view)
    expect(await answer).to.deep.equal(['refused'])
    expect(entries.filter((entry) => holder.has(entry)).length).to.be.within(1, 19)
  })
})
