/** What takes an increment back that two members have counted. */
import { expect } from 'chai'
import fc from 'fast-check'
import { COUNTER, type Counter, isCounting, totalOf } from '../../../node/entries/counter.ts'
import { counterOf, counterText } from '../../../node/entries/counter-text.ts'
import { apply, type Entry, idOf, isTombstone } from '../../../node/entries/entry.ts'
import { answerOf, countedTwice, firstAnswer } from '../../../node/entries/once.ts'
import type { Register } from '../../../node/entries/register.ts'
import { TICKS_PER_MS } from '../../../node/entries/stamp.ts'
import { isVoid, originOfVoid, voidOf } from '../../../node/entries/voids.ts'

const TEN_MINUTES_MS = 600_000
const RESET = { time: 3, origin: 'x y', atMs: 0 }

interface Increment {
  readonly change: Counter
  readonly record: Register
}

/** What comes of one increment, on a counter that this life of a member has counted before. */
function increment(origin: string, by: bigint, { atMs = 1000, before = 0n, isAnew = false } = {}): Increment {
  const known: Counter = {
    kind: 'counter',
    ...(isAnew && { reset: RESET }),
    tallies: { [origin]: { added: before, taken: 0n } },
  }
  const entries = new Map<string, Entry>([[idOf.key('jam'), known]])
  const command = { type: 'counter.add', key: 'jam', by: String(by), idempotencyKey: 'once' } as const
  const stamp = () => ({ time: atMs * TICKS_PER_MS, origin })
  const moment = { nowMs: atMs, origin, isCertain: true, isOver: () => false, stamp }
  const { changes } = apply(command, { get: (id) => entries.get(id), under: () => [] }, moment)
  const [change, record] = changes.map(({ entry }) => entry)
  if (change?.kind !== 'counter' || record?.kind !== 'register') throw new Error('it was not counted')
  return { change, record }
}

function without(voided: Counter | undefined, ...changes: readonly Counter[]): bigint {
  const all = [...changes, ...(voided === undefined ? [] : [voided])]
  return totalOf(all.reduce((whole, change) => COUNTER.merge(whole, change)))
}

describe('of two increments that are remembered under one key', () => {
  it('the earlier does not count, whatever was counted before, and whoever looks', () => {
    const amount = fc.bigInt({ min: -9n, max: 9n })
    fc.assert(
      fc.property(amount, amount, fc.boolean(), (first, retry, isAnew) => {
        const a = increment('a', first, { before: 4n, isAnew })
        const b = increment('b 1', retry, { atMs: 2000, isAnew })
        const voided = countedTwice(a.record, b.record)
        expect(countedTwice(b.record, a.record)).to.deep.equal(voided)
        expect(without(voided, a.change, b.change)).to.equal(4n + retry)
        expect(without(voided, b.change), 'where it is not there').to.equal(retry)
      }),
    )
  })

  it('none is taken back where they are one, or where it is not known what they were', () => {
    const { record } = increment('a', 5n)
    const former: Register = { ...record, value: { contentType: 'text/plain', body: '5' } }
    const tombstone: Register = { kind: 'register', stamp: record.stamp, endsAtMs: 1 }
    for (const other of [record, former, tombstone]) expect(countedTwice(record, other)).to.equal(undefined)
    const answers = [record, former].map((one) => answerOf(one, undefined, 1000)?.value)
    expect([...answers, firstAnswer('5')]).to.deep.equal(['5', '5', '5'])
  })

  it('each counts where the first was no longer remembered', () => {
    const first = increment('a', 5n)
    const [retry, again] = [TEN_MINUTES_MS - 1, TEN_MINUTES_MS].map((afterMs) =>
      increment('b', 5n, { atMs: 1000 + afterMs }),
    ) as [Increment, Increment]
    expect(countedTwice(first.record, retry.record)).to.not.equal(undefined)
    expect(countedTwice(first.record, again.record)).to.equal(undefined)
  })

  it('none is taken back in a counter that began anew since', () => {
    const [first, retry] = [increment('a', 5n), increment('b', 5n, { atMs: 2000 })]
    const voided = countedTwice(first.record, retry.record)
    const anew = increment('a', 5n, { atMs: 3000, isAnew: true })
    expect(without(voided, anew.change)).to.equal(5n)
    expect(voided && COUNTER.isNews(anew.change, voided)).to.equal(false)
  })
})

describe('a void', () => {
  const voids = voidOf({ 'a b~1': { added: 7n, taken: 2n } }, 5n)
  const [name = ''] = Object.keys(voids)
  const alone: Counter = { kind: 'counter', reset: RESET, tallies: voids }

  it('is named after what it is about', () => {
    expect([isVoid(name), isVoid('a b~1'), originOfVoid(name)]).to.deep.equal([true, false, 'a b~1'])
  })

  it('alone is no total, and is kept until what it is about is there, however long ago the counter was deleted', () => {
    expect([isCounting(alone), isTombstone(alone), totalOf(alone)]).to.deep.equal([false, true, 0n])
    expect(COUNTER.dueAtMs(alone, 1)).to.equal(Infinity)
  })

  it('has an effect from the moment in the tally that it is about', () => {
    const totals = [
      { added: 6n, taken: 2n },
      { added: 7n, taken: 1n },
      { added: 7n, taken: 2n },
      { added: 9n, taken: 3n },
    ].map((tally) => totalOf({ ...alone, tallies: { ...voids, 'a b~1': tally } }))
    expect(totals).to.deep.equal([4n, 6n, 0n, 1n])
  })

  it('survives the disk', () => {
    expect(counterOf(counterText(alone), RESET.atMs)).to.deep.equal(alone)
  })
})
