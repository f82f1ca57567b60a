/** Increments that count once: the first answer again, within ten minutes, and never for another counter. */
import { expect } from 'chai'
import {
  apply,
  type Entry,
  type EntryChange,
  idOf,
  isEvictable,
  merge,
  remainsOf,
} from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { LarderError } from '../../../shared/errors.ts'
import { momentAt } from '../../support/moment.ts'

const TEN_MINUTES_MS = 600_000

/** The entries of one slot, and a clock that is set by hand. */
class Slot {
  nowMs = 1_000_000
  changes: readonly EntryChange[] = []
  readonly entries = new Map<string, Entry>()
  readonly #stamps = new StampClock('a')
  readonly #slot = { get: (id: string) => this.entries.get(id), under: () => [] }

  add(by: string, idempotencyKey?: string, key = 'k'): string {
    return this.#do({ type: 'counter.add', key, by, ...(idempotencyKey && { idempotencyKey }) })
  }

  total(key = 'k'): string {
    return this.#do({ type: 'counter.get', key })
  }

  delete(): string {
    return this.#do({ type: 'counter.delete', key: 'k' })
  }

  #do(command: Parameters<typeof apply>[0]): string {
    try {
      const { outcome, changes } = apply(command, this.#slot, momentAt(this.nowMs, this.#stamps))
      this.changes = changes
      for (const { id, entry } of changes) {
        const known = this.entries.get(id)
        this.entries.set(id, known ? merge(known, entry) : entry)
      }
      return outcome.type === 'total' ? outcome.value : outcome.type
    } catch (error) {
      return error instanceof LarderError ? error.code : String(error)
    }
  }
}

describe('an increment with an idempotency key', () => {
  it('answers the first answer again and adds nothing, whatever has happened since', () => {
    const slot = new Slot()
    expect(slot.add('5', 'once')).to.equal('5')
    expect(slot.add('1')).to.equal('6')
    expect(slot.add('5', 'once')).to.equal('5')
    expect(slot.changes).to.deep.equal([])
    expect(slot.add('900', 'once'), 'another amount').to.equal('5')
    expect(slot.total()).to.equal('6')
  })

  it('changes the counter and what is remembered in one step', () => {
    const slot = new Slot()
    slot.add('5', 'once')
    expect(slot.changes.map(({ id }) => id)).to.deep.equal([idOf.key('k'), idOf.once('k', 'once')])
  })

  it('counts again after ten minutes, and not a moment earlier', () => {
    const slot = new Slot()
    slot.add('5', 'once')
    slot.nowMs += TEN_MINUTES_MS - 1
    expect([slot.add('5', 'once'), slot.total()]).to.deep.equal(['5', '5'])
    slot.nowMs += 1
    expect([slot.add('5', 'once'), slot.total()]).to.deep.equal(['10', '10'])
    slot.nowMs += TEN_MINUTES_MS - 1
    expect([slot.add('5', 'once'), slot.total()]).to.deep.equal(['10', '10'])
  })

  it('is remembered for its own counter and its own key alone', () => {
    const slot = new Slot()
    slot.add('1', 'once')
    expect(slot.add('1', 'twice')).to.equal('2')
    expect(slot.add('1', 'once', 'other')).to.equal('1')
    expect(slot.add('1', '__proto__')).to.equal('3')
    expect(slot.add('1', '__proto__')).to.equal('3')
  })

  it('is not mistaken for that of a key with a NUL in it', () => {
    const slot = new Slot()
    slot.add('1', 'c', 'a\0b')
    expect(slot.add('1', 'b\u{1}c', 'a')).to.equal('1')
    expect(slot.add('1', 'c', 'a')).to.equal('2')
    expect(slot.total('a\0b')).to.equal('1')
  })

  it('that was refused may be sent again', () => {
    const slot = new Slot()
    slot.add(String(2n ** 63n - 1n))
    expect(slot.add('1', 'once')).to.equal('OUT_OF_RANGE')
    slot.add('-1')
    expect(slot.add('1', 'once')).to.equal(String(2n ** 63n - 1n))
  })

  it('adds nothing also when the counter was deleted meanwhile', () => {
    const slot = new Slot()
    slot.add('5', 'once')
    slot.delete()
    expect([slot.add('5', 'once'), slot.total()]).to.deep.equal(['5', 'missing'])
  })

  it('leaves a record that no memory budget claims, and of which nothing remains in the end', () => {
    const slot = new Slot()
    slot.add('5', 'once')
    const id = idOf.once('k', 'once')
    const record = slot.entries.get(id)
    expect(record && isEvictable(id, record)).to.equal(false)
    expect(record && remainsOf(id, record, { nowMs: 0, oldestMs: 0, isKept: false })).to.equal(undefined)
  })
})
