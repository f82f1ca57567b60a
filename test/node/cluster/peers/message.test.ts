/** What goes over a channel, cut into pieces as a network does, and what must not. */
import { expect } from 'chai'
import fc from 'fast-check'
import { bytesOf, type Message, MessageReader } from '../../../../node/cluster/peers/message.ts'
import { LarderError } from '../../../../shared/errors.ts'

const BYTES_MAX = { question: 200, answer: 300 }

describe('messages', () => {
  const message = fc.record({
    code: fc.nat(65_535),
    number: fc.nat(2 ** 32 - 1),
    body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  })

  it('arrive as they were sent, however many at once, and whatever pieces they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(message)),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        (turns, cuts) => {
          const reader = new MessageReader(BYTES_MAX)
          const bytes = Buffer.concat(turns.map(bytesOf))
          const heard: Message[] = []
          for (let start = 0, piece = 0; start < bytes.length; piece++) {
            const end = start + (cuts[piece % cuts.length] ?? 1)
            reader.take(bytes.subarray(start, end), (message) => heard.push(message))
            start = end
          }
          expect(heard).to.deep.equal(turns.flat())
          expect(reader.isAmid).to.equal(false)
        },
      ),
    )
  })

  /** What became of it, and of which message. */
  const outcomeOf = (bytes: Buffer): [outcome: string, number: number] => {
    const reader = new MessageReader(BYTES_MAX)
    try {
      let taken = 0
      reader.take(bytes, () => void taken++)
      return [`${taken} taken`, reader.number]
    } catch (error) {
      return [error instanceof LarderError ? error.code : String(error), reader.number]
    }
  }
  const question = (length: number) => bytesOf([{ code: 1, number: 7, body: Buffer.alloc(length) }])
  const answer = (length: number) => bytesOf([{ code: 200, number: 8, body: Buffer.alloc(length) }])

  it('are refused as soon as it is known what they are, and what is none too', () => {
    expect(outcomeOf(question(200))).to.deep.equal(['1 taken', 7])
    expect(outcomeOf(question(201).subarray(0, 10))).to.deep.equal(['TOO_LARGE', 7])
    expect(outcomeOf(answer(300))).to.deep.equal(['1 taken', 8])
    expect(outcomeOf(answer(301).subarray(0, 10))).to.deep.equal(['TOO_LARGE', 8])
    expect(outcomeOf(Buffer.alloc(10, 0xff))).to.include('TOO_LARGE')
    expect(outcomeOf(Buffer.alloc(10))).to.deep.equal(['BAD_REQUEST', 0])
  })

  it('are heard where one after them is refused', () => {
    const heard: number[] = []
    const bytes = Buffer.concat([answer(0), question(201)])
    const reader = new MessageReader(BYTES_MAX)
    expect(() => reader.take(bytes, ({ number }) => heard.push(number))).to.throw(LarderError)
    expect(heard).to.deep.equal([8])
  })
})
