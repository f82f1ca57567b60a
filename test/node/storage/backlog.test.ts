/** Whatever happens to it, a backlog holds the latest state of each row once, and knows what it weighs. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Backlog, type Batch } from '../../../node/storage/backlog.ts'
import { bytesOfRow, nameOf, type Row } from '../../../node/storage/rows.ts'
import { allOf } from '../../support/turns.ts'
import { nameOfKey, rowOf } from './fake-target.ts'

type Step =
  | { readonly type: 'add'; readonly key: string; readonly body: string; readonly slot: number }
  | { readonly type: 'forget'; readonly key: string }
  | { readonly type: 'drop'; readonly slot: number }
  | { readonly type: 'take' | 'giveBack' | 'done' | 'doneBut' | 'retry' }

const key = fc.constantFrom('a', 'b', 'c', 'd')
const slotOfKey: Readonly<Record<string, number>> = { a: 1, b: 1, c: 2, d: 3 }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ key, body: fc.string({ maxLength: 50 }) }).map(({ key, body }): Step => {
    return { type: 'add', key, body, slot: slotOfKey[key] ?? 0 }
  }),
  key.map((key): Step => ({ type: 'forget', key })),
  fc.constantFrom(1, 2, 3).map((slot): Step => ({ type: 'drop', slot })),
  fc.constantFrom('take', 'giveBack', 'done', 'doneBut', 'retry').map((type): Step => ({ type }) as Step),
)

/** The same with less care: what disk and backlog together have to come to. */
class Model {
  readonly backlog = new Backlog()
  /** What the disk holds. */
  readonly stored = new Map<string, Row>()
  /** What it has to hold in the end. */
  readonly wanted = new Map<string, Row>()
  #taken: Batch | undefined
  /** One step of it between two of all else. */
  #givingBack: Iterator<void, void> | undefined

  run(step: Step): void {
    if (this.#givingBack?.next().done) this.#givingBack = undefined
    if (step.type === 'add') {
      const row = rowOf(step.key, step.body, step.slot)
      this.backlog.add(row)
      this.wanted.set(nameOf(row), row)
    } else if (step.type === 'forget') {
      const { table, key } = rowOf(step.key, '')
      this.backlog.add({ table, slot: slotOfKey[step.key] ?? 0, key })
      this.wanted.delete(nameOfKey(step.key))
    } else if (step.type === 'drop') {
      this.backlog.drop([step.slot])
      removeSlots(this.wanted, new Set([step.slot]))
    } else if (step.type === 'retry') allOf(this.backlog.retryAside())
    else if (step.type === 'take') this.#take()
    else this.#end(step.type)
  }

  /** Everything is written, with a disk that takes it all. */
  finish(): void {
    this.#end('giveBack')
    if (this.#givingBack !== undefined) allOf(this.#givingBack)
    this.#givingBack = undefined
    allOf(this.backlog.retryAside())
    this.#take()
    this.#end('done')
  }

  #take(): void {
    if (this.#givingBack === undefined) this.#taken ??= this.backlog.take()
  }

  #end(how: string): void {
    const batch = this.#taken
    if (batch === undefined) return
    this.#taken = undefined
    if (how === 'giveBack') this.#givingBack = this.backlog.giveBack(batch)
    else this.#store(batch, how === 'doneBut')
  }

  #store({ dropped, rows }: Batch, isFirstRefused: boolean): void {
    removeSlots(this.stored, dropped)
    const [refused] = isFirstRefused ? rows : []
    for (const row of rows) {
      if (row === refused) continue
      if (row.cells === undefined) this.stored.delete(nameOf(row))
      else this.stored.set(nameOf(row), row)
    }
    this.backlog.done(refused === undefined ? [] : [refused])
  }
}

function removeSlots(rows: Map<string, Row>, slots: ReadonlySet<number>): void {
  for (const [name, { cells }] of rows) if (slots.has(Number(cells?.[0]))) rows.delete(name)
}

describe('a backlog', () => {
  it('brings the disk to the last state of each row, whatever fails on the way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Model()
        for (const one of steps) model.run(one)
        model.finish()
        expect(model.stored).to.deep.equal(model.wanted)
        expect(model.backlog).to.include({ bytes: 0, waiting: 0, aside: 0, isEmpty: true })
      }),
      { numRuns: 500 },
    )
  })

  it('weighs what waits, what is taken and what is set aside, each row once', () => {
    const backlog = new Backlog()
    const [light, heavy] = [rowOf('a', 'x'), rowOf('a', 'x'.repeat(100))]
    backlog.add(light)
    expect(backlog.bytes).to.equal(bytesOfRow(light))
    backlog.add(heavy)
    expect(backlog.bytes).to.equal(bytesOfRow(heavy))
    backlog.take()
    expect(backlog.bytes).to.equal(bytesOfRow(heavy))
    backlog.done([heavy])
    expect(backlog).to.include({ bytes: bytesOfRow(heavy), aside: 1, waiting: 0, isEmpty: true })
    backlog.add(light)
    expect(backlog).to.include({ bytes: bytesOfRow(light), aside: 0, waiting: 1 })
  })

  it('names what waits and what is set aside', () => {
    const backlog = new Backlog()
    backlog.add(rowOf('a', '1'))
    const { rows } = backlog.take()
    backlog.done(rows)
    backlog.add(rowOf('b', '2'))
    expect(backlog.names).to.have.members([nameOfKey('a'), nameOfKey('b')])
  })

  it('has something to do when only slots are to go', () => {
    const backlog = new Backlog()
    backlog.drop([4, 5])
    expect(backlog.isEmpty).to.equal(false)
    const batch = backlog.take()
    expect([...batch.dropped]).to.deep.equal([4, 5])
    allOf(backlog.giveBack(batch))
    expect(backlog.isEmpty).to.equal(false)
  })
})
