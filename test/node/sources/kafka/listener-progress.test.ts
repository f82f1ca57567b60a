/** What may be committed and what may begin, whatever order messages end in. */
import type { RecordsBatch } from '@platformatic/kafka'
import { expect } from 'chai'
import { Partition } from '../../../../node/sources/kafka/listener-progress.ts'

/** A batch as the library reads it; `kind` 32 is a control batch. */
function batch(firstOffset: bigint, values: readonly string[], kind = 0): RecordsBatch {
  return {
    firstOffset,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: kind,
    lastOffsetDelta: values.length - 1,
    firstTimestamp: 0n,
    maxTimestamp: 0n,
    producerId: -1n,
    producerEpoch: -1,
    firstSequence: -1,
    records: values.map((value, offsetDelta) => ({
      length: 0,
      attributes: 0,
      timestampDelta: 0n,
      offsetDelta,
      key: null,
      value: Buffer.from(value),
      headers: [],
    })),
  }
}

function partitionWith(...values: string[]): Partition {
  const partition = new Partition('topic', 0, 10n)
  partition.take({ records: [batch(10n, values)], highWatermark: 10n + BigInt(values.length) })
  return partition
}

function begin(partition: Partition) {
  const message = partition.begin()
  if (message === undefined) throw new Error('nothing waits')
  return message
}

describe('the progress of a partition', () => {
  it('counts as handled what has no gap before it', () => {
    const partition = partitionWith('a', 'b', 'c')
    const [a, b, c] = [begin(partition), begin(partition), begin(partition)]
    expect([partition.handled, partition.lag]).to.deep.equal([10n, 3])
    partition.finish(c)
    partition.finish(b)
    expect([partition.handled, partition.lag]).to.deep.equal([10n, 3])
    partition.finish(a)
    expect([partition.handled, partition.lag]).to.deep.equal([13n, 0])
  })

  it('passes over what is not a message, and what it has seen', () => {
    const partition = new Partition('topic', 0, 11n)
    partition.take({ records: [batch(10n, ['seen', 'new']), batch(12n, ['end'], 32)], highWatermark: 13n })
    expect(String(begin(partition).value)).to.equal('new')
    expect([partition.waiting, partition.position, partition.handled]).to.deep.equal([0, 13n, 11n])
  })

  it('tries what has failed again, in order and alone, after pauses that grow', () => {
    const partition = partitionWith('a', 'b', 'c')
    const [a, b] = [begin(partition), begin(partition)]
    expect(partition.fail(b)).to.equal(100)
    expect(partition.fail(a)).to.equal(undefined)
    expect([partition.canBegin, partition.handled]).to.deep.equal([false, 10n])
    partition.goOn()
    const again = begin(partition)
    expect([again.offset, partition.canBegin]).to.deep.equal([10n, false])
    expect(partition.fail(again)).to.equal(200)
    partition.goOn()
    expect(partition.finish(begin(partition))).to.equal(true)
    expect([partition.isStuck, partition.canBegin, partition.handled]).to.deep.equal([false, true, 11n])
    expect(partition.fail(begin(partition))).to.equal(100)
  })

  it('never waits longer than five seconds', () => {
    const partition = partitionWith('a')
    let waitMs: number | undefined
    for (let tries = 0; tries < 20; tries++) {
      waitMs = partition.fail(begin(partition))
      partition.goOn()
    }
    expect(waitMs).to.equal(5000)
  })
})
