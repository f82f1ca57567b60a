/** What is there now or comes later: used in this turn where it can be, and failing in one way. */
import { expect } from 'chai'
import { andThen, type Eventual, isLater, mapAll, orElse } from '../../shared/eventual.ts'

const fault = new Error('no')

/** The same value, and the same fault, in each of the ways in which they may come. */
const NOW = { value: (): Eventual<number> => 1, failure: fail }
const LATER = {
  value: (): Eventual<number> => Promise.resolve(1),
  failure: (): Eventual<number> => Promise.reject(fault),
}

function fail(): number {
  throw fault
}

describe('an eventual', () => {
  it('is used in this turn where it is there, else once it comes', async () => {
    expect(andThen(NOW.value(), (value) => value + 1)).to.equal(2)
    const later = andThen(LATER.value(), (value) => value + 1)
    expect(isLater(later)).to.equal(true)
    expect(await later).to.equal(2)
  })

  it('may lead to another', async () => {
    expect(await andThen(NOW.value(), () => LATER.value())).to.equal(1)
    expect(await andThen(LATER.value(), () => NOW.value())).to.equal(1)
  })

  it('is replaced where it fails, in this turn or later', async () => {
    const tell = (thrown: unknown) => (thrown === fault ? 0 : -1)
    expect(orElse(NOW.failure, tell)).to.equal(0)
    expect(orElse(NOW.value, tell)).to.equal(1)
    expect(await orElse(LATER.failure, tell)).to.equal(0)
    expect(await orElse(() => andThen(LATER.value(), fail), tell)).to.equal(0)
  })
})

describe('many eventuals', () => {
  it('are there in this turn where all are, in their order', async () => {
    expect(mapAll([3, 1, 2], (value, index) => value * 10 + index)).to.deep.equal([30, 11, 22])
    expect(mapAll([], () => LATER.value())).to.deep.equal([])
    const mixed = mapAll([3, 1, 2], (value) => (value === 1 ? LATER.value() : value))
    expect(isLater(mixed)).to.equal(true)
    expect(await mixed).to.deep.equal([3, 1, 2])
  })

  for (const [name, { failure }] of Object.entries({ NOW, LATER })) {
    it(`are all begun also after one that fails, as a rejection: ${name}`, async () => {
      const begun: number[] = []
      const all = mapAll([1, 2, 3], (value) => {
        begun.push(value)
        return value === 2 ? LATER.value() : failure()
      })
      expect(begun).to.deep.equal([1, 2, 3])
      const outcome = await Promise.try(() => all).then(
        () => 'none',
        (thrown) => thrown,
      )
      expect(outcome).to.equal(fault)
    })
  }
})
