/** A total: exact over signed 64 bits, and gone for good once it is deleted. */
import { expect } from 'chai'
import fc from 'fast-check'
import { applyToCounter } from '../../../node/entries/count.ts'
import { COUNTER, type Counter, isCounting, totalOf } from '../../../node/entries/counter.ts'
import { dueAtMs, isTombstone } from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import type { Moment } from '../../../node/entries/verbs.ts'
import { LarderError } from '../../../shared/errors.ts'
import { momentAt } from '../../support/moment.ts'

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/** One copy of a counter, and the member that writes to it. */
class Copy {
  counter: Counter | undefined
  readonly #moment: Moment

  constructor(origin: string, nowMs = 1000) {
    this.#moment = momentAt(nowMs, new StampClock(origin), origin)
  }

  /** What was answered: a total, or why there is none. */
  add(by: bigint): string {
    return this.#do({ type: 'counter.add', key: 'k', by: String(by) })
  }

  get(): string {
    return this.#do({ type: 'counter.get', key: 'k' })
  }

  delete(): string {
    return this.#do({ type: 'counter.delete', key: 'k' })
  }

  hear(other: Copy): void {
    if (other.counter)
      this.counter = this.counter ? COUNTER.merge(this.counter, other.counter) : other.counter
  }

  #do(command: Parameters<typeof applyToCounter>[1]): string {
    try {
      const { outcome, change } = applyToCounter(this.counter, command, this.#moment)
      if (change) this.counter = this.counter ? COUNTER.merge(this.counter, change) : change
      return outcome.type === 'total' ? outcome.value : outcome.type
    } catch (error) {
      return error instanceof LarderError ? error.code : String(error)
    }
  }
}

describe('a counter', () => {
  it('counts as an integer of 64 bits does, whatever is added', () => {
    const by = fc.oneof(
      fc.bigInt({ min: -5n, max: 5n }),
      fc.bigInt({ min: MIN, max: MAX }),
      fc.constantFrom(MIN, MAX, 2n ** 53n + 1n, -(2n ** 53n) - 1n),
    )
    fc.assert(
      fc.property(fc.array(by), (amounts) => {
        const copy = new Copy('a')
        let total = 0n
        for (const amount of amounts) {
          const next = total + amount
          const fits = next >= MIN && next <= MAX
          if (fits) total = next
          expect(copy.add(amount)).to.equal(fits ? String(next) : 'OUT_OF_RANGE')
          if (copy.counter) expect(copy.get()).to.equal(String(total))
        }
      }),
    )
  })

  it('stays exact though far more passes through it than 64 bits hold', () => {
    const copy = new Copy('a')
    for (let round = 0; round < 100; round++) {
      expect(copy.add(MAX)).to.equal(String(MAX))
      expect(copy.add(-MAX)).to.equal('0')
    }
  })

  it('is there at 0, and missing before it was ever written', () => {
    const copy = new Copy('a')
    expect([copy.get(), copy.delete(), copy.add(0n), copy.get()]).to.deep.equal([
      'missing',
      'missing',
      '0',
      '0',
    ])
  })

  it('begins again at 0 after it was deleted, as often as that happens', () => {
    const copy = new Copy('a')
    for (let round = 0; round < 3; round++) {
      expect([copy.add(7n), copy.delete(), copy.get(), copy.delete(), copy.add(1n)]).to.deep.equal([
        ...['7', 'deleted', 'missing', 'missing', '1'],
      ])
      expect(copy.delete()).to.equal('deleted')
    }
  })

  it('is not brought back by a copy that has missed its delete', () => {
    const [here, late] = [new Copy('a'), new Copy('b')]
    here.add(5n)
    late.hear(here)
    late.add(2n)
    here.delete()
    here.hear(late)
    expect(here.get()).to.equal('missing')
    here.add(1n)
    late.hear(here)
    expect([here.get(), late.get()]).to.deep.equal(['1', '1'])
  })

  it('keeps what another member adds after it has heard of the delete', () => {
    const [here, other] = [new Copy('a'), new Copy('b')]
    here.add(5n)
    here.delete()
    other.hear(here)
    expect(other.add(3n)).to.equal('3')
    here.hear(other)
    expect(here.get()).to.equal('3')
  })

  it('that was deleted twice counts from the later delete, in whichever order they are heard of', () => {
    const [first, second] = [new Copy('a', 1000), new Copy('b', 2000)]
    first.add(1n)
    second.hear(first)
    first.delete()
    first.add(10n)
    second.delete()
    second.add(20n)
    first.hear(second)
    second.hear(first)
    expect([first.get(), second.get()]).to.deep.equal(['20', '20'])
  })

  it('that is deleted is a tombstone, which is forgotten after its grace; one that counts never is', () => {
    const copy = new Copy('a', 5000)
    copy.add(1n)
    expect(copy.counter && [isCounting(copy.counter), isTombstone(copy.counter)]).to.deep.equal([true, false])
    expect(copy.counter && dueAtMs(copy.counter, 100)).to.equal(Infinity)
    copy.delete()
    expect(copy.counter && [isCounting(copy.counter), isTombstone(copy.counter)]).to.deep.equal([false, true])
    expect(copy.counter && [totalOf(copy.counter), dueAtMs(copy.counter, 100)]).to.deep.equal([0n, 5100])
    copy.add(1n)
    expect(copy.counter && dueAtMs(copy.counter, 100)).to.equal(Infinity)
  })
})
