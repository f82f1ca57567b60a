/** What goes over a channel, cut into pieces as a network does, and what must not. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Message, MessageReader } from '../../../../node/cluster/peers/message.ts'
import { LarderError } from '../../../../shared/errors.ts'
import { bytesOf } from '../wire/messages.ts'

describe('messages', () => {
  const message = fc.record({
    code: fc.nat(65_535),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  })

  it('arrive as they were sent, whatever pieces they come in', () => {
    fc.assert(
      fc.property(
        fc.array(message),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (messages, cuts) => {
          const reader = new MessageReader(300)
          for (const sent of messages) {
            const bytes = bytesOf(sent)
            let heard: Message | undefined
            for (let start = 0, piece = 0; start < bytes.length; piece++) {
              expect(heard).to.equal(undefined)
              const end = start + (cuts[piece % cuts.length] ?? 1)
              heard = reader.take(bytes.subarray(start, end))
              start = end
            }
            expect(heard).to.deep.equal(sent)
          }
        },
      ),
    )
  })

  it('are refused as soon as their length is known, and what is none too', () => {
    const codeOf = (bytes: Buffer): string => {
      try {
        new MessageReader(300).take(bytes)
        return 'taken'
      } catch (error) {
        return error instanceof LarderError ? error.code : String(error)
      }
    }
    const whole = bytesOf({ code: 0, body: Buffer.alloc(300) })
    expect(codeOf(whole)).to.equal('taken')
    expect(codeOf(bytesOf({ code: 0, body: Buffer.alloc(301) }).subarray(0, 4))).to.equal('TOO_LARGE')
    expect(codeOf(Buffer.from([0xff, 0xff, 0xff, 0xff]))).to.equal('TOO_LARGE')
    expect(codeOf(Buffer.from([0, 0, 0, 1, 0]))).to.equal('BAD_REQUEST')
    expect(codeOf(Buffer.concat([whole, whole]))).to.equal('BAD_REQUEST')
  })
})
