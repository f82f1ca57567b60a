/** What comes from another copy is taken in, but for responses that were forgotten as a whole. */
import { expect } from 'chai'
import { type Entry, idOf } from '../../../node/entries/entry.ts'
import { Memory } from '../../../node/memory/memory.ts'

const SLOT = 5
const NOW_MS = 1_000_000

function value(time: number): Entry {
  const value = { contentType: 'text/plain', body: `${time}` }
  return { kind: 'register', stamp: { time, origin: 'a' }, value, endsAtMs: Infinity }
}

function tombstone(time: number): Entry {
  return { kind: 'register', stamp: { time, origin: 'a' }, endsAtMs: NOW_MS }
}

function take(memory: Memory, id: string, entry: Entry): void {
  memory.takeIn({ slot: SLOT, id, entry }, NOW_MS, () => {})
}

/** Whether there is a value now. */
function isThere(memory: Memory, id: string): boolean {
  const entry = memory.use(SLOT, id, { nowMs: NOW_MS })
  return entry?.kind === 'register' && entry.value !== undefined
}

describe('what comes from another copy', () => {
  it('is taken in, also where nothing is known of it', () => {
    const memory = new Memory(2 ** 20)
    take(memory, idOf.key('jam'), value(7))
    expect(isThere(memory, idOf.key('jam'))).to.equal(true)
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
