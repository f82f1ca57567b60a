/** Batches by load, deadlines by item; on a fake clock and a partner that answers when told. */
import { expect } from 'chai'
import { Batcher } from '../../../node/cluster/batcher.ts'
import type { LarderError } from '../../../shared/errors.ts'
import { LarderError as Failure } from '../../../shared/errors.ts'
import { FakeClock, settled } from '../../support/clock.ts'

class Partner {
  readonly clock = new FakeClock()
  readonly batches: {
    items: readonly number[]
    answer(results?: number[]): void
    fail(error: Error): void
  }[] = []
  readonly batcher = new Batcher<number, number>({
    clock: this.clock,
    bytesOf: () => 2 ** 20,
    send: (items) =>
      new Promise((resolve, reject) => {
        const double = items.map((item) => item * 2)
        this.batches.push({ items, answer: (results = double) => resolve(results), fail: reject })
      }),
  })

  add(item: number, withinMs = 1000): Promise<number | string> {
    return this.batcher.add(item, this.clock.now() + withinMs).catch((error: LarderError) => error.code)
  }
}

describe('the batcher', () => {
  it('sends the first item at once, and what comes meanwhile as the next batch', async () => {
    const partner = new Partner()
    const results = [1, 2, 3].map((item) => partner.add(item))
    expect(partner.batches.map(({ items }) => items)).to.deep.equal([[1]])
    partner.batches[0]?.answer()
    await settled()
    expect(partner.batches.map(({ items }) => items)).to.deep.equal([[1], [2, 3]])
    partner.batches[1]?.answer()
    expect(await Promise.all(results)).to.deep.equal([2, 4, 6])
  })

  it('closes a batch that has become heavy', async () => {
    const partner = new Partner()
    const results = Array.from({ length: 8 }, (_, item) => partner.add(item))
    for (let index = 0; index < 3; index++) {
      partner.batches[index]?.answer()
      await settled()
    }
    await Promise.all(results)
    expect(partner.batches.map(({ items }) => items.length)).to.deep.equal([1, 4, 3])
  })

  it('gives up each item at its own deadline, whether it waits or is under way', async () => {
    const partner = new Partner()
    const settledItems: string[] = []
    for (const [item, withinMs] of [
      [1, 300],
      [2, 500],
      [3, 100],
    ] as const) {
      void partner.add(item, withinMs).then((result) => settledItems.push(`${item}: ${result}`))
    }
    await partner.clock.advance(100)
    expect(settledItems).to.deep.equal(['3: UNREACHABLE'])
    await partner.clock.advance(200)
    expect(settledItems).to.deep.equal(['3: UNREACHABLE', '1: UNREACHABLE'])
    partner.batches[0]?.answer()
    await settled()
    expect(partner.batches[1]?.items).to.deep.equal([2])
    partner.batches[1]?.answer()
    await settled()
    expect(settledItems.at(-1)).to.equal('2: 4')
  })

  it('goes on with the next batch after one that failed', async () => {
    const partner = new Partner()
    const [first, second] = [partner.add(1), partner.add(2)]
    partner.batches[0]?.fail(new Failure('REFUSED', 'no'))
    expect(await first).to.equal('REFUSED')
    partner.batches[1]?.answer()
    expect(await second).to.equal(4)
  })

  it('takes an answer of the wrong length for none', async () => {
    const partner = new Partner()
    const result = partner.add(1)
    partner.batches[0]?.answer([])
    expect(await result).to.equal('UNREACHABLE')
  })

  it('refuses at once what would make too many wait', async () => {
    const partner = new Partner()
    for (let item = 0; item <= 10_000; item++) void partner.add(item)
    expect(await partner.add(1)).to.equal('OVERLOADED')
  })

  it('gives up, when it is stopped, what was never sent, and still answers what was', async () => {
    const partner = new Partner()
    const results = [partner.add(1), partner.add(2)]
    partner.batcher.stop(new Failure('WRONG_OWNER', 'never sent'))
    partner.batches[0]?.answer()
    expect(await Promise.all(results)).to.deep.equal([2, 'WRONG_OWNER'])
  })
})
