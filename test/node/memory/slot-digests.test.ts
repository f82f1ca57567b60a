/** Digests of slots: those of what is there, whatever has happened, and never worked out from very much at once. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Digest } from '../../../node/entries/digest.ts'
import type { Entry } from '../../../node/entries/entry.ts'
import { SlotDigests } from '../../../node/memory/slot-digests.ts'

const SLOT = 7

/** A slot, and what was looked at to work out its digest. */
class Bench {
  readonly entries = new Map<string, Entry>()
  readonly looks: number[] = []
  readonly digests = new SlotDigests(() => this.#look())
  #time = 0

  put(name: string): void {
    this.#takeOut(name)
    const entry: Entry = { kind: 'register', stamp: { time: ++this.#time, origin: 'a' }, endsAtMs: 9 }
    this.entries.set(name, entry)
    this.digests.add({ slot: SLOT, id: name, entry })
  }

  remove(name: string): void {
    this.#takeOut(name)
    this.entries.delete(name)
  }

  putAll(from: number, to: number): void {
    for (let name = from; name < to; name++) this.put(`v${name}`)
  }

  #takeOut(id: string): void {
    const entry = this.entries.get(id)
    if (entry !== undefined) this.digests.takeOut({ slot: SLOT, id, entry })
  }

  #look(): { id: string; entry: Entry }[] {
    this.looks.push(this.entries.size)
    return [...this.entries].map(([id, entry]) => ({ id, entry }))
  }

  /** Worked out anew. */
  get expected(): string {
    const digest = new Digest()
    for (const [id, entry] of this.entries) digest.toggle(id, entry)
    return String(digest)
  }
}

const act = fc.constantFrom('put' as const, 'put' as const, 'remove' as const, 'ask' as const)
const steps = fc.array(fc.record({ act, name: fc.integer({ min: 0, max: 9 }) }), { maxLength: 60 })

describe('the digest of a slot', () => {
  // With those that stay there are some more, or less, than are looked through.
  for (const stay of [0, 495])
    it(`is that of what is there, whenever it is asked for, beside ${stay} that stay`, () => {
      fc.assert(
        fc.property(steps, (all) => {
          const bench = new Bench()
          bench.putAll(10, 10 + stay)
          for (const { act, name } of all) {
            if (act === 'ask') expect(bench.digests.of(SLOT)).to.equal(bench.expected)
            else bench[act](`v${name}`)
          }
          expect(bench.digests.of(SLOT)).to.equal(bench.expected)
        }),
        { numRuns: stay === 0 ? 200 : 20 },
      )
    })

  it('is not worked out where nobody asks', () => {
    const bench = new Bench()
    bench.putAll(0, 100)
    expect(bench.looks).to.deep.equal([])
  })

  it('follows what changes after it was asked for, and is worked out anew after as many changes as there are entries', () => {
    const bench = new Bench()
    bench.putAll(0, 100)
    bench.digests.of(SLOT)
    for (let turn = 0; turn < 5; turn++) {
      bench.putAll(0, 50)
      bench.digests.of(SLOT)
    }
    expect(bench.looks).to.deep.equal([100])
    bench.putAll(0, 51)
    bench.digests.of(SLOT)
    expect(bench.looks).to.deep.equal([100, 100])
  })

  it('follows every change where there is much, so that no more than 500 are ever looked through', () => {
    const bench = new Bench()
    bench.putAll(0, 3000)
    expect(bench.digests.of(SLOT)).to.equal(bench.expected)
    bench.putAll(0, 3000)
    expect(bench.digests.of(SLOT)).to.equal(bench.expected)
    expect(bench.looks).to.deep.equal([500])
  })

  it('is not worked out again for each that comes and goes, where that is as many as are looked through', () => {
    const bench = new Bench()
    for (let turn = 0; turn < 5; turn++) bench.putAll(0, 500)
    for (let turn = 0; turn < 50; turn++) {
      bench.remove('v1')
      bench.put('v1')
    }
    expect(bench.looks).to.deep.equal([500])
    expect(bench.digests.of(SLOT)).to.equal(bench.expected)
  })
})
