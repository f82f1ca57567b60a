/** A long list that is put together in steps is the same as in one. */
import { expect } from 'chai'
import { preparedFor } from '../../../node/resp/long-reply.ts'
import { Encoded, type Reply, SetReply, type Told, type Version, Writer } from '../../../node/resp/writer.ts'
import { countedTurns, unlimitedTurns } from '../../support/turns.ts'

function written(version: Version, reply: Told): Buffer {
  const writer = new Writer()
  writer.version = version
  writer.add(reply)
  return Buffer.concat(
    writer
      .take()
      .map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece))),
  )
}

const EACH: readonly Reply[] = ['jam', 'crème', null, 7n, Buffer.alloc(5000, 'x'), ['a', 'b'], true, 3]
const long = Array.from({ length: 3001 }, (_, index) => EACH[index % EACH.length] ?? null)

describe('a long reply', () => {
  for (const version of [2, 3] as const)
    it(`is the same when it is put together in steps, in RESP${version}`, async () => {
      for (const reply of [long, new SetReply(long)]) {
        const prepared = await preparedFor(version, reply, countedTurns(1))
        expect(prepared).to.be.instanceOf(Encoded)
        expect(written(version, prepared).equals(written(version, reply))).to.equal(true)
      }
    })

  it('is as it is where it is short, or no list', () => {
    for (const reply of [long.slice(0, 1000), 'x'.repeat(5000), null])
      expect(preparedFor(2, reply, unlimitedTurns())).to.equal(reply)
  })
})
