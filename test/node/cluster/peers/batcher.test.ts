/** Batches by load, deadlines by item; on a fake clock and a partner that answers when told. */
import { expect } from 'chai'
import { Batcher } from '../../../../node/cluster/peers/batcher.ts'
import type { LarderError } from '../../../../shared/errors.ts'
import { LarderError as Failure } from '../../../../shared/errors.ts'
import { FakeClock, settled } from '../../../support/clock.ts'

class Partner {
  readonly clock = new FakeClock()
  readonly batches: {
    items: readonly number[]
    answer(results?: (number | Failure | undefined)[]): void
    fail(error: Error): void
  }[] = []
  readonly batcher = new Batcher<number, number>({
    clock: this.clock,
    bytesOf: () => 2 ** 17,
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
  it('sends what one turn brings at once, and what comes meanwhile as the next batch', async () => {
    const partner = new Partner()
    const first = [1, 2].map((item) => partner.add(item))
    await settled()
    const second = [3, 4, 5].map((item) => partner.add(item))
    await settled()
    expect(partner.batches.map(({ items }) => items)).to.deep.equal([[1, 2]])
    partner.batches[0]?.answer()
    await settled()
    expect(partner.batches.map(({ items }) => items)).to.deep.equal([
      [1, 2],
      [3, 4, 5],
    ])
    partner.batches[1]?.answer()
    expect(await Promise.all([...first, ...second])).to.deep.equal([2, 4, 6, 8, 10])
  })

  it('closes a batch that has become heavy', async () => {
    const partner = new Partner()
    const results = Array.from({ length: 11 }, (_, item) => partner.add(item))
    for (let index = 0; index < 3; index++) {
      await settled()
      partner.batches[index]?.answer()
    }
    await Promise.all(results)
    expect(partner.batches.map(({ items }) => items.length)).to.deep.equal([4, 4, 3])
  })

  it('gives up each item at its own deadline, whether it waits or is under way', async () => {
    const partner = new Partner()
    const settledItems: string[] = []
    const note = (item: number, withinMs: number) =>
      void partner.add(item, withinMs).then((result) => settledItems.push(`${item}: ${result}`))
    note(1, 300)
    await settled()
    for (const [item, withinMs] of [
      [2, 500],
      [3, 100],
    ] as const) {
      note(item, withinMs)
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
    const first = partner.add(1)
    await settled()
    const second = partner.add(2)
    partner.batches[0]?.fail(new Failure('REFUSED', 'no'))
    expect(await first).to.equal('REFUSED')
    await settled()
    partner.batches[1]?.answer()
    expect(await second).to.equal(4)
  })

  it('sends again, until its deadline, what came to no result, and fails only the item that has an error', async () => {
    const partner = new Partner()
    const results = [1, 2, 3].map((item) => partner.add(item, item === 3 ? 100 : 1000))
    await settled()
    partner.batches[0]?.answer([undefined, new Failure('TOO_LARGE', 'no'), undefined])
    await settled()
    expect(partner.batches[1]?.items).to.deep.equal([1, 3])
    await partner.clock.advance(100)
    partner.batches[1]?.answer([undefined, undefined])
    await settled()
    expect(partner.batches[2]?.items).to.deep.equal([1])
    partner.batches[2]?.answer()
    expect(await Promise.all(results)).to.deep.equal([2, 'TOO_LARGE', 'UNREACHABLE'])
  })

  it('takes an answer of the wrong length for none', async () => {
    const partner = new Partner()
    const result = partner.add(1)
    await settled()
    partner.batches[0]?.answer([])
    expect(await result).to.equal('UNREACHABLE')
  })

  it('refuses at once what would make too many wait', async () => {
    const partner = new Partner()
    for (let item = 0; item < 10_000; item++) void partner.add(item)
    expect(await partner.add(1)).to.equal('OVERLOADED')
  })

  it('gives up, when it is stopped, what was never sent, and still answers what was', async () => {
    const partner = new Partner()
    const first = partner.add(1)
    await settled()
    const results = [first, partner.add(2)]
    void partner.batcher.stop(new Failure('WRONG_OWNER', 'never sent'))
    partner.batches[0]?.answer()
    expect(await Promise.all(results)).to.deep.equal([2, 'WRONG_OWNER'])
  })
})
