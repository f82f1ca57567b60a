/** Lives that are over do not stay in the counters that they touched. */
import { expect } from 'chai'
import fc from 'fast-check'
import { applyToCounter } from '../../../node/entries/count.ts'
import { COUNTER, type Counter, tended, totalOf } from '../../../node/entries/counter.ts'
import { counterOf, counterText } from '../../../node/entries/counter-text.ts'
import { dueAtMs, remainsOf } from '../../../node/entries/entry.ts'
import {
  balanceOfAll,
  foldInto,
  hasFoldedOn,
  isFold,
  withoutFolded,
  withoutFolds,
} from '../../../node/entries/folds.ts'
import { lifeOf } from '../../../node/entries/stamp.ts'
import type { Tally } from '../../../node/entries/tally.ts'
import { voidOf } from '../../../node/entries/voids.ts'

const GRACE_MS = 600_000

/** Who counts: each life takes the place of the one before. */
interface Counting {
  readonly life: number
  readonly by: bigint
}

function nameOf(life: number): string {
  return `life${life}`
}

function merged(...copies: readonly (Counter | undefined)[]): Counter {
  const [first, ...rest] = copies.filter((copy) => copy !== undefined)
  if (first === undefined) throw new Error('nothing was counted')
  return rest.reduce((whole, copy) => COUNTER.merge(whole, copy), first)
}

/** What changes when this life counts, at the given time; lives before it are over. */
function counted(counter: Counter | undefined, { life, by }: Counting, nowMs = 0): Counter {
  const isOver = (origin: string) => Number(lifeOf(origin).slice(4)) < life
  const moment = {
    nowMs,
    origin: nameOf(life),
    isCertain: true,
    isOver,
    stamp: () => ({ time: 1, origin: '' }),
  }
  const { change } = applyToCounter(counter, { type: 'counter.add', key: 'k', by: String(by) }, moment)
  if (change === undefined) throw new Error('nothing has changed')
  return change
}

/** The copy of whoever counted all of these, one after the other. */
function copyOf(all: readonly Counting[], { isTended = false } = {}): Counter {
  let counter: Counter | undefined
  for (const [index, one] of all.entries()) {
    counter = merged(counter, counted(counter, one, index))
    if (isTended) counter = tended(counter)
  }
  return merged(counter)
}

function sumOf(all: readonly Counting[]): bigint {
  return all.reduce((sum, { by }) => sum + by, 0n)
}

const by = fc.bigInt({ min: -9n, max: 9n })
/** In the order of the lives. */
const countings = fc
  .array(fc.record({ life: fc.nat(6), by }), { minLength: 1, maxLength: 30 })
  .map((all) => all.sort((a, b) => a.life - b.life))

describe('what lives have counted that are over', () => {
  it('counts on, and a copy that still has them changes nothing, whatever it has missed', () => {
    fc.assert(
      fc.property(countings, fc.infiniteStream(fc.boolean()), (all, hasMissed) => {
        const whole = copyOf(all)
        expect(totalOf(whole)).to.equal(sumOf(all))
        const changes = changesOf(all)
        const old = merged(changes[0], ...changes.filter(() => !hasMissed.next().value))
        expect(totalOf(merged(whole, old))).to.equal(sumOf(all))
        expect(totalOf(merged(old, whole))).to.equal(sumOf(all))
        expect(totalOf(copyOf(all, { isTended: true })), 'where folds are forgotten').to.equal(sumOf(all))
      }),
    )
  })

  it('counts once where two have folded it, neither of whom knew of the other', () => {
    fc.assert(
      fc.property(by, by, by, (first, second, third) => {
        const before = counted(undefined, { life: 1, by: first })
        const one = counted(before, { life: 2, by: second })
        const other = counted(before, { life: 3, by: third })
        const all = [before, one, other]
        expect(totalOf(merged(...all))).to.equal(first + second + third)
        expect(totalOf(merged(...all.toReversed()))).to.equal(first + second + third)
        const left = tended(merged(...all), Infinity)
        expect(totalOf(left), 'and none of the two is forgotten').to.equal(first + second + third)
      }),
    )
  })

  it('takes as many tallies as one restart ago, after however many', () => {
    const all = Array.from({ length: 50 }, (_, life) => ({ life, by: 1n }))
    const { tallies } = copyOf(all, { isTended: true })
    expect(Object.keys(tallies)).to.deep.equal(['life49', 'fold life49 life48'])
    const unrestarted = counted(undefined, { life: 49, by: 1n })
    expect(Object.keys(unrestarted.tallies)).to.deep.equal(['life49'])
  })

  it('is as if the life that goes on had counted it, ten minutes later', () => {
    const counter = copyOf([
      { life: 1, by: 5n },
      { life: 2, by: -2n },
    ])
    expect(counter.foldedAtMs).to.equal(1)
    expect(dueAtMs(counter, GRACE_MS)).to.equal(1 + GRACE_MS)
    const left = remainsOf('ck', counter, { nowMs: 1, oldestMs: 1, isKept: false })
    expect(left).to.have.deep.property('tallies', { life2: { added: 5n, taken: 2n } })
    expect(left).to.not.have.property('foldedAtMs')
    expect(left && dueAtMs(left, GRACE_MS)).to.equal(Infinity)
  })

  it('is no news to a copy in which it is folded, and is to others', () => {
    const before = counted(undefined, { life: 1, by: 5n })
    const after = merged(before, counted(before, { life: 2, by: 1n }))
    expect([COUNTER.isNews(after, before), COUNTER.isNews(before, after)]).to.deep.equal([false, true])
  })

  it('goes with what takes back an increment of it', () => {
    const twice = counted(undefined, { life: 1, by: 5n })
    const voided: Counter = { ...twice, tallies: voidOf(twice.tallies, 5n) }
    const together = copyOf([{ life: 2, by: 1n }])
    const folded = merged(twice, voided, counted(merged(twice, voided), { life: 2, by: 1n }))
    expect([totalOf(together), totalOf(folded)]).to.deep.equal([1n, 1n])
    expect(totalOf(tended(folded, Infinity))).to.equal(1n)

    // Found only when the increment was folded already: the fold is kept for it, and it is folded in turn.
    const late = merged(twice, counted(twice, { life: 2, by: 1n }), voided)
    expect([totalOf(late), totalOf(tended(late, Infinity))]).to.deep.equal([1n, 1n])
    const later = merged(late, counted(late, { life: 2, by: 1n }))
    expect([totalOf(later), totalOf(tended(later, Infinity))]).to.deep.equal([2n, 2n])
    expect(Object.keys(tended(later, Infinity).tallies).filter(isFold)).to.deep.equal([])
  })

  it('is written down and read again with what is folded', () => {
    const counter = copyOf([
      { life: 1, by: 5n },
      { life: 2, by: -2n },
    ])
    expect(counterOf(counterText(counter), 7)).to.deep.equal({ ...counter, foldedAtMs: 7 })
  })
})

/** What was told of each, in this order. */
function changesOf(all: readonly Counting[]): Counter[] {
  let counter: Counter | undefined
  return all.map((one, index) => {
    const change = counted(counter, one, index)
    counter = merged(counter, change)
    return change
  })
}

describe('tallies, however many there are,', () => {
  it('are looked through a few times, and not once for each', () => {
    const tally: Tally = { added: 1n, taken: 0n }
    const tallies: Record<string, Tally> = { mine: tally }
    for (let life = 0; life < 300; life++) {
      tallies[nameOf(life)] = tally
      tallies[`fold mine gone${life}`] = tally
      Object.assign(tallies, voidOf({ [nameOf(life)]: tally }, 1n))
    }
    let looks = 0
    const watched = new Proxy(tallies, {
      ownKeys(target) {
        looks++
        return Reflect.ownKeys(target)
      },
    })
    balanceOfAll(watched)
    foldInto('mine', watched, () => true)
    withoutFolded(watched)
    hasFoldedOn(watched)
    withoutFolds(watched, { areAllDue: true })
    expect(looks).to.be.below(20)
  })
})
