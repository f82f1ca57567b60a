/** What comes from a copy that was away: old values do not come back once their delete is forgotten. */
import { expect } from 'chai'
import { type Entry, idOf } from '../../../node/entries/entry.ts'
import { Reactions } from '../../../node/entries/reactions.ts'
import { TOMBSTONE_GRACE_MS } from '../../../node/memory/held.ts'
import { Memory } from '../../../node/memory/memory.ts'

const SLOT = 5
const NOW_MS = 1_000_000
const LATER_MS = NOW_MS + TOMBSTONE_GRACE_MS + 2000

function value(time: number): Entry {
  const value = { contentType: 'text/plain', body: `${time}` }
  return { kind: 'register', stamp: { time, origin: 'a' }, value, endsAtMs: Infinity }
}

function tombstone(time: number): Entry {
  return { kind: 'register', stamp: { time, origin: 'a' }, endsAtMs: NOW_MS }
}

function take(memory: Memory, id: string, entry: Entry, isOwner = true): void {
  memory.takeIn({ slot: SLOT, id, entry }, { nowMs: LATER_MS, isOwner }, () => {})
}

/** Whether there is a value now. */
function isThere(memory: Memory, id: string): boolean {
  const entry = memory.use(SLOT, id, { nowMs: LATER_MS })
  return entry?.kind === 'register' && entry.value !== undefined
}

describe('what comes from another copy', () => {
  it('is taken in, also where nothing is known of it', () => {
    const memory = new Memory(2 ** 20)
    take(memory, idOf.value('jam'), value(7))
    expect(isThere(memory, idOf.value('jam'))).to.equal(true)
  })

  it('is taken in as gone where it is older than a delete that has been forgotten', () => {
    const memory = new Memory(2 ** 20)
    memory.merge(SLOT, idOf.value('jam'), tombstone(7))
    memory.sweep(LATER_MS)
    expect(memory.counts.tombstones).to.equal(0)
    take(memory, idOf.value('jam'), value(6))
    take(memory, idOf.value('salt'), value(8))
    expect([isThere(memory, idOf.value('jam')), isThere(memory, idOf.value('salt'))]).to.deep.equal([
      false,
      true,
    ])
  })

  it('is taken in by whoever is not the owner, which knows better what there is', () => {
    const memory = new Memory(2 ** 20)
    memory.merge(SLOT, idOf.value('jam'), tombstone(7))
    memory.sweep(LATER_MS)
    take(memory, idOf.value('jam'), value(6), false)
    expect(isThere(memory, idOf.value('jam'))).to.equal(true)
  })

  it('is taken in where a delete was evicted, and not forgotten in time', () => {
    const memory = new Memory(400)
    memory.merge(SLOT, idOf.value('jam'), tombstone(7))
    for (const key of ['salt', 'oil', 'rice']) memory.merge(SLOT, idOf.value(key), value(9))
    expect(memory.counts.tombstones).to.equal(0)
    take(memory, idOf.value('bread'), value(6))
    expect(isThere(memory, idOf.value('bread'))).to.equal(true)
  })

  it('is taken in where the slot was let go in between', () => {
    const memory = new Memory(2 ** 20)
    memory.merge(SLOT, idOf.value('jam'), tombstone(7))
    memory.sweep(LATER_MS)
    memory.drop(SLOT)
    take(memory, idOf.value('jam'), value(6))
    expect(isThere(memory, idOf.value('jam'))).to.equal(true)
  })

  it('does not bring back a user who went, and was forgotten', () => {
    const memory = new Memory(2 ** 20)
    const presence = { reaction: 'fire', user: 'Sam', time: 7, endsAtMs: NOW_MS, isGone: true }
    const stays = { reaction: 'fire', user: 'Ann', time: 3, endsAtMs: Infinity, isGone: false }
    memory.merge(SLOT, idOf.reactions('Stew'), Reactions.ofAll([presence, stays]))
    memory.sweep(LATER_MS)
    const old = Reactions.ofAll([{ ...presence, time: 5, endsAtMs: Infinity, isGone: false }, stays])
    take(memory, idOf.reactions('Stew'), old)
    const entry = memory.use(SLOT, idOf.reactions('Stew'), { nowMs: LATER_MS })
    expect(entry?.kind === 'reactions' && entry.counts()).to.deep.equal({ fire: 1 })
  })

  it('is covered by what says that a whole path was forgotten later, whichever of them comes first', () => {
    const response = 'a/menu\0acme\0?page=2'
    for (const trace of ['a/menu', 'a/menu\0acme']) {
      for (const order of [
        [trace, response],
        [response, trace],
      ]) {
        const memory = new Memory(2 ** 20)
        for (const id of order) take(memory, id, id === trace ? tombstone(7) : value(6))
        expect(isThere(memory, response), order.join()).to.equal(false)
        take(memory, response, value(8))
        expect(isThere(memory, response)).to.equal(true)
      }
    }
  })
})
