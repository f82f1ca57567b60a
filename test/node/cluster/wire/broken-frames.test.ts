/** Frames that something has happened to: nothing that no member could have sent gets in. */
import { expect } from 'chai'
import fc from 'fast-check'
import { CURRENT } from '../../../../node/cluster/wire/format.ts'
import { plain, result, routed } from './commands.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './frames.ts'

const said = { format: CURRENT, epoch: 1, time: 1 }
const view = { epoch: 9, copies: 1, members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4 }] }

/** A few bytes of it are others. */
function damaged(whole: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    .map((all) => {
      const frame = Buffer.from(whole)
      for (const [index, byte] of all) frame[index] = byte
      return frame
    })
}

describe('a frame', () => {
  it('that is cut short, or is anything else, is refused', () => {
    const commands = [
      {
        command: { type: 'value.set', key: 'a', contentType: 't', body: 'stew' },
        requestId: 'r',
        traced: false,
        remainingMs: 1,
      },
    ] as const
    const whole = encodeRequest({ ...said, commands })
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeRequest(whole.subarray(0, length)), `${length} bytes`).to.throw()
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => decodeRequest(Buffer.from(bytes))).to.throw()
      }),
    )
  })

  it('that is damaged is refused, or is one that a member could have sent', () => {
    const requests = fc
      .array(routed, { minLength: 1, maxLength: 4 })
      .map((commands) => encodeRequest({ ...said, view, commands }))
    const responses = fc
      .array(result, { minLength: 1, maxLength: 4 })
      .map((results) => encodeResponse({ ...said, results }))
    fc.assert(
      fc.property(requests.chain(damaged), responses.chain(damaged), (request, response) => {
        const asked = unlessRefused(() => decodeRequest(request))
        if (asked) expect(plain(decodeRequest(encodeRequest(asked)))).to.deep.equal(plain(asked))
        const answered = unlessRefused(() => decodeResponse(response))
        if (answered) expect(plain(decodeResponse(encodeResponse(answered)))).to.deep.equal(plain(answered))
      }),
      { numRuns: 500 },
    )
  })
})

function unlessRefused<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
