/** A limit: never more than it says at once, refilled evenly, and nothing to remember once it is full. */
import { expect } from 'chai'
import fc from 'fast-check'
import { apply, dueAtMs, type Entry, merge, remainsOf } from '../../../node/entries/entry.ts'
import { StampClock } from '../../../node/entries/stamp.ts'

const GRACE_MS = 600_000

/** A member that holds one limit. */
class Copy {
  entry: Entry | undefined
  nowMs = 1_000_000
  readonly #stamps: StampClock

  constructor(origin = 'a') {
    this.#stamps = new StampClock(origin)
  }

  take(limit: number, windowMs: number, cost = 1) {
    const outcome = this.#do({ type: 'limit.take', key: 'k', limit, windowMs, cost })
    if (outcome.type !== 'limit') throw new Error(outcome.type)
    return outcome
  }

  /** How many of so many takes are allowed. */
  allowed(times: number, limit: number, windowMs: number): number {
    return Array.from({ length: times }, () => this.take(limit, windowMs)).filter((one) => one.isAllowed)
      .length
  }

  delete(): string {
    return this.#do({ type: 'limit.delete', key: 'k' }).type
  }

  hear(other: Copy): void {
    if (other.entry !== undefined) this.#merge(structuredClone(other.entry))
  }

  tend(): void {
    const due = { nowMs: this.nowMs, oldestMs: this.nowMs - GRACE_MS, isKept: false }
    while (this.entry !== undefined && dueAtMs(this.entry, GRACE_MS) <= this.nowMs)
      this.entry = remainsOf('lk', this.entry, due)
  }

  #do(command: Parameters<typeof apply>[0]) {
    const { nowMs } = this
    const stamp = () => this.#stamps.next(nowMs)
    const moment = { nowMs, origin: 'a', isCertain: true, isOver: () => false, stamp }
    const { outcome, changes } = apply(command, { get: () => this.entry, under: () => [] }, moment)
    for (const { entry } of changes) this.#merge(entry)
    return outcome
  }

  #merge(entry: Entry): void {
    this.entry = this.entry === undefined ? entry : merge(this.entry, entry)
  }
}

describe('a limit', () => {
  it('allows just so many at once, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (limit, window) => {
          const copy = new Copy()
          expect(copy.allowed(limit + 5, limit, window)).to.equal(limit)
        },
      ),
    )
  })

  it('tells what is left, and when all of it is', () => {
    const copy = new Copy()
    expect(copy.take(100, 60_000)).to.deep.equal({
      type: 'limit',
      isAllowed: true,
      remaining: 99,
      fullMs: 600,
    })
    expect(copy.take(100, 60_000, 99)).to.include({ isAllowed: true, remaining: 0, fullMs: 60_000 })
    expect(copy.take(100, 60_000, 2)).to.deep.equal({
      ...{ type: 'limit', isAllowed: false, remaining: 0, fullMs: 60_000 },
      retryMs: 1200,
    })
    expect(copy.take(100, 60_000, 0), 'only asked').to.include({ isAllowed: true, remaining: 0 })
  })

  it('refills evenly, and never beyond all of it', () => {
    const copy = new Copy()
    copy.allowed(10, 10, 1000)
    copy.nowMs += 250
    expect(copy.allowed(5, 10, 1000)).to.equal(2)
    copy.nowMs += 1e9
    expect(copy.allowed(15, 10, 1000)).to.equal(10)
  })

  it('uses nothing up where it refuses', () => {
    const copy = new Copy()
    expect(copy.take(10, 1000, 8)).to.include({ isAllowed: true, remaining: 2 })
    const { entry } = copy
    expect(copy.take(10, 1000, 3)).to.include({ isAllowed: false, remaining: 2 })
    expect(copy.entry).to.equal(entry)
    expect(copy.take(10, 1000, 2)).to.include({ isAllowed: true, remaining: 0 })
  })

  it('never allows more than what it has and what has refilled, whatever is asked when', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      cost: fc.integer({ min: 0, max: 10 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const copy = new Copy()
        const [limit, windowMs] = [10, 1000]
        const startMs = copy.nowMs
        let taken = 0
        for (const { afterMs, cost } of steps) {
          copy.nowMs += afterMs
          if (copy.take(limit, windowMs, cost).isAllowed) taken += cost
          expect(taken).to.be.at.most(limit + ((copy.nowMs - startMs) * limit) / windowMs + 1e-2)
        }
      }),
    )
  })

  it('goes on on a copy where its owner has left it', () => {
    const [owner, copy] = [new Copy('a'), new Copy('b')]
    expect(owner.allowed(7, 10, 1000)).to.equal(7)
    copy.hear(owner)
    expect(copy.allowed(10, 10, 1000)).to.equal(3)
  })

  it('begins anew once it is deleted, also where a copy has missed that', () => {
    const [here, late] = [new Copy('a'), new Copy('b')]
    expect(here.delete()).to.equal('missing')
    here.allowed(10, 10, 1000)
    late.hear(here)
    here.nowMs += 1
    expect(here.delete()).to.equal('deleted')
    here.hear(late)
    expect(here.allowed(15, 10, 1000)).to.equal(10)
  })

  it('is gone once it is full, and that it was deleted is forgotten after a while', () => {
    const copy = new Copy()
    copy.take(10, 1000)
    copy.nowMs += 99
    copy.tend()
    expect(copy.entry).to.not.equal(undefined)
    copy.nowMs += 1
    copy.tend()
    expect(copy.entry).to.equal(undefined)
    copy.take(10, 1000)
    copy.delete()
    copy.take(10, 1000)
    copy.nowMs += 100
    copy.tend()
    expect(copy.entry).to.have.property('reset')
    copy.nowMs += GRACE_MS
    copy.tend()
    expect(copy.entry).to.equal(undefined)
  })
})
