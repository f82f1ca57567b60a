/** Frames between members: everything survives the way, and nothing broken gets in. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Result,
} from '../../../node/cluster/wire.ts'
import type { Command } from '../../../shared/command.ts'

const text = fc.string({ unit: 'grapheme' })
const body = fc.oneof(text, fc.uint8Array())
const key = fc.string({ unit: 'grapheme', minLength: 1 })
/** What a header may hold. */
const contentType = fc.string({ unit: 'grapheme-ascii' })
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: fc.constant('value.get' as const), key }),
  fc.record({ type: fc.constant('value.set' as const), key, contentType, body, ttlMs: fc.nat() }),
  fc.record({
    type: fc.constant('value.delete' as const),
    key,
    condition: fc.record({ ifMatch: fc.array(text) }, { requiredKeys: [] }),
  }),
  fc.record({ type: fc.constant('counter.add' as const), key, by: fc.bigInt().map(String) }),
  fc.record({ type: fc.constant('counter.get' as const), key }),
)
const routed = fc.record({ command, requestId: text, traced: fc.boolean(), remainingMs: fc.nat() })
const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({
    reply: fc.record({
      type: fc.constant('value' as const),
      owner: text,
      contentType: text,
      body,
      tag: text,
    }),
  }),
  fc.record({
    reply: fc.record({ type: fc.constant('stored' as const), owner: text, tag: text, created: fc.boolean() }),
  }),
  fc.record({ error: fc.record({ code: fc.constant('OVERLOADED' as const), detail: text }) }),
)

const view = { epoch: 9, copies: 1, members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4 }] }

/** Bytes compare by content, whatever class holds them. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part)))
}

describe('a frame', () => {
  it('carries every command, with any text and any bytes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(routed, { maxLength: 8 }), (epoch, commands) => {
        expect(plain(decodeRequest(encodeRequest({ epoch, view, commands })))).to.deep.equal(
          plain({ epoch, view, commands }),
        )
      }),
    )
  })

  it('carries every result', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 8 }), (results) => {
        expect(plain(decodeResponse(encodeResponse({ epoch: 3, view, results })))).to.deep.equal(
          plain({ epoch: 3, view, results }),
        )
      }),
    )
  })

  it('defers values that would make it too large, and never the reply to a write', () => {
    const body = 'x'.repeat(20 * 2 ** 20)
    const value: Result = { reply: { type: 'value', owner: 'a', contentType: 't', tag: '"1"', body } }
    const small: Result = { reply: { type: 'value', owner: 'a', contentType: 't', tag: '"1"', body: 'x' } }
    const stored: Result = { reply: { type: 'stored', owner: 'a', tag: '"1"', created: true } }
    const { results } = decodeResponse(
      encodeResponse({ epoch: 1, results: [value, value, value, small, stored] }),
    )
    expect(
      results.map((result) => ('error' in result ? result.error.code : result.reply.type)),
    ).to.deep.equal(['value', 'value', 'DEFERRED', 'value', 'stored'])
  })

  it('that is cut short, or is anything else, is refused', () => {
    const commands = [
      {
        command: { type: 'value.set', key: 'a', contentType: 't', body: 'stew' },
        requestId: 'r',
        traced: false,
        remainingMs: 1,
      },
    ] as const
    const whole = encodeRequest({ epoch: 1, commands })
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeRequest(whole.subarray(0, length)), `${length} bytes`).to.throw()
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => decodeRequest(Buffer.from(bytes))).to.throw()
      }),
    )
  })
})
