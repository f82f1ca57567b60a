/** What is said in one turn, and what leaves. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { bytesOf, type Message } from '../../../../node/cluster/peers/message.ts'
import { Outbox } from '../../../../node/cluster/peers/outbox.ts'

describe('an outbox', () => {
  let written: string[]
  let outbox: Outbox
  beforeEach(() => {
    written = []
    outbox = new Outbox({
      write: (bytes) => written.push(Buffer.from(bytes).toString('latin1')),
      end: () => written.push('the end'),
    })
  })
  const message = (number: number): Message => ({ code: 1, number, body: Buffer.from('body') })
  const asOne = (...numbers: number[]) => bytesOf(numbers.map(message)).toString('latin1')

  it('writes once what a turn has said, with what is said at its end', async () => {
    outbox.say(message(1))
    outbox.atLast(() => outbox.say(message(3)))
    outbox.say(message(2))
    await Promise.resolve().then(() => outbox.say(message(4)))
    expect(written).to.deep.equal([])
    await turn()
    expect(written).to.deep.equal([asOne(1, 2, 4, 3)])
    outbox.say(message(5))
    await turn()
    expect(written.slice(1)).to.deep.equal([asOne(5)])
  })

  it('writes nothing where nothing was said', async () => {
    outbox.atLast(() => {})
    await turn()
    expect(written).to.deep.equal([])
  })

  it('ends after what was said', async () => {
    outbox.end()
    outbox.say(message(1))
    await turn()
    expect(written).to.deep.equal([asOne(1), 'the end'])
  })
})
