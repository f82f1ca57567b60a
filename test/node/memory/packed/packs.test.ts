/** How packs are split: whoever looks for what is in a slot meets what is there, and none of very much beside it. */
import { expect } from 'chai'
import { EncodedId, hashesOf } from '../../../../node/memory/packed/encoded-id.ts'
import { offsetOf, type Pack } from '../../../../node/memory/packed/pack.ts'
import { Packs } from '../../../../node/memory/packed/packs.ts'
import { draftBytes, draftOf, writeRecord } from '../../../../node/memory/packed/record.ts'

const RECORDS_MAX = 40
const draft = draftOf({ kind: 'register', stamp: { time: 1, origin: 'a' }, endsAtMs: Infinity })

class Bench {
  readonly #packs = new Packs(0, RECORDS_MAX)
  readonly #id = new EncodedId()

  put(slot: number, id: string): void {
    this.#id.encode(slot, id)
    const pack = this.#packs.of(this.#id.hash)
    const place = pack.claim(this.#id, draftBytes(this.#id, draft))
    writeRecord(pack.pageOf(place), offsetOf(place), this.#id, draft)
    this.#packs.split(pack, this.#id.hash)
  }

  /** All in which something of the slot may be. */
  of(slot: number): Pack[] {
    const packs: Pack[] = []
    const { first, end } = hashesOf(slot)
    for (let hash = first; hash < end; hash = this.#packs.after(hash)) packs.push(this.#packs.of(hash))
    return packs
  }
}

describe('packs', () => {
  it('have a few of a slot apart from very many of its neighbour', () => {
    const bench = new Bench()
    for (let count = 0; count < 2000; count++) bench.put(5, `v${count}`)
    for (const slot of [4, 6]) bench.put(slot, 'va')
    for (const slot of [4, 6]) {
      const [pack, ...others] = bench.of(slot)
      expect([pack?.count, pack?.placesOf(slot).length, others]).to.deep.equal([1, 1, []])
    }
    const packs = bench.of(5)
    expect(packs.reduce((sum, pack) => sum + pack.placesOf(5).length, 0)).to.equal(2000)
    expect(Math.max(...packs.map(({ count }) => count))).to.be.at.most(RECORDS_MAX)
  })
})
