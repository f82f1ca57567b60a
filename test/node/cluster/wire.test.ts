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
/** Also the names that objects have by themselves. */
const name = fc.oneof(key, fc.constantFrom('__proto__', 'constructor', 'toString', '\0'))
const limit = fc.integer({ min: 1, max: 1000 })
const pageEnd = fc.record({ reaction: text, user: text })
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
  fc.record(
    {
      type: fc.constant('counter.add' as const),
      key,
      by: fc.bigInt().map(String),
      idempotencyKey: fc.string({ unit: 'binary-ascii', minLength: 1 }),
    },
    { requiredKeys: ['type', 'key', 'by'] },
  ),
  fc.record({ type: fc.constant('counter.get' as const), key }),
  fc.record({ type: fc.constant('counter.delete' as const), key }),
  fc.record(
    { type: fc.constant('reaction.add' as const), key, user: name, reaction: name, ttlMs: fc.nat() },
    { requiredKeys: ['type', 'key', 'user', 'reaction'] },
  ),
  fc.record({ type: fc.constant('reaction.remove' as const), key, user: name, reaction: name }),
  fc.record({ type: fc.constant('reaction.count' as const), key }),
  fc.record(
    { type: fc.constant('reaction.users' as const), key, reaction: name, after: pageEnd, limit },
    { requiredKeys: ['type', 'key', 'limit'] },
  ),
  fc.record({ type: fc.constant('activity' as const), limit }),
)
const routed = fc.record({ command, requestId: text, traced: fc.boolean(), remainingMs: fc.nat() })
/** As an object with names of its own, whatever they are. */
function dictionary<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map((members) => Object.fromEntries(members))
}
const counts = dictionary(fc.nat())

function reply<T>(
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<{ reply: T & { owner: string } }> {
  return fc.record({ fields: fc.record(fields), owner: text }).map(({ fields, owner }) => ({
    reply: { ...fields, owner } as T & { owner: string },
  }))
}

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
  reply({ type: fc.constant('deleted' as const) }),
  reply({ type: fc.constant('missing' as const) }),
  reply({ type: fc.constant('total' as const), value: fc.bigInt().map(String) }),
  reply({ type: fc.constant('reacted' as const) }),
  reply({ type: fc.constant('counts' as const), counts }),
  reply({
    type: fc.constant('users' as const),
    users: dictionary(fc.array(name, { maxLength: 3 })),
    next: pageEnd,
  }),
  reply({
    type: fc.constant('activity' as const),
    contents: fc.array(fc.record({ content: name, users: fc.nat(), counts }), { maxLength: 3 }),
  }),
  fc.record({ error: fc.record({ code: fc.constant('OVERLOADED' as const), detail: text }) }),
)

const view = { epoch: 9, copies: 1, members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4 }] }

/** Bytes compare by content, whatever class holds them. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part)))
}

function frameOf(head: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

describe('a frame', () => {
  it('carries every command, with any text and any bytes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(routed, { maxLength: 8 }), (epoch, commands) => {
        expect(plain(decodeRequest(encodeRequest({ epoch, time: 1, view, commands })))).to.deep.equal(
          plain({ epoch, time: 1, view, commands }),
        )
      }),
    )
  })

  it('carries every result', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 8 }), (results) => {
        expect(plain(decodeResponse(encodeResponse({ epoch: 3, time: 1, view, results })))).to.deep.equal(
          plain({ epoch: 3, time: 1, view, results }),
        )
      }),
    )
  })

  it('carries a name that every object has as a name like any other', () => {
    const counts: Record<string, number> = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}')
    const reply = { type: 'counts', counts, owner: 'a' } as const
    const { results } = decodeResponse(encodeResponse({ epoch: 1, time: 1, results: [{ reply }] }))
    expect(JSON.stringify(results)).to.include('{"__proto__":1,"constructor":2,"toString":3}')
  })

  it('with a command that no member would send is refused', () => {
    const refused = [
      { type: 'counter.add', key: 'k', by: '1.5' },
      { type: 'counter.add', key: 'k', by: '9'.repeat(101) },
      { type: 'counter.add', key: 'k', by: '1', idempotencyKey: '' },
      { type: 'counter.add', key: '', by: '1' },
      { type: 'counter.set', key: 'k' },
      { type: 'reaction.add', key: 'k', user: 'Sam', reaction: '' },
      { type: 'reaction.add', key: 'k', user: ['Sam'], reaction: 'fire' },
      { type: 'reaction.users', key: 'k', limit: 0 },
      { type: 'reaction.users', key: 'k', limit: 1, after: { user: 'Sam' } },
      { type: 'activity', limit: -1 },
      { type: 'activity' },
    ]
    for (const command of refused) {
      const head = {
        epoch: 1,
        time: 1,
        commands: [{ command, requestId: 'r', traced: false, remainingMs: 1 }],
      }
      expect(() => decodeRequest(frameOf(head)), JSON.stringify(command)).to.throw()
    }
  })

  it('defers values that would make it too large, and never the reply to a write', () => {
    const body = 'x'.repeat(20 * 2 ** 20)
    const value: Result = { reply: { type: 'value', owner: 'a', contentType: 't', tag: '"1"', body } }
    const small: Result = { reply: { type: 'value', owner: 'a', contentType: 't', tag: '"1"', body: 'x' } }
    const stored: Result = { reply: { type: 'stored', owner: 'a', tag: '"1"', created: true } }
    const { results } = decodeResponse(
      encodeResponse({ epoch: 1, time: 1, results: [value, value, value, small, stored] }),
    )
    expect(
      results.map((result) => ('error' in result ? result.error.code : result.reply.type)),
    ).to.deep.equal(['value', 'value', 'DEFERRED', 'value', 'stored'])
  })

  it('defers long lists as it defers large values', () => {
    const names = Array.from({ length: 1000 }, (_, user) => `${'\u{1}'.repeat(1020)}${user}`)
    const reads: Result[] = Array.from({ length: 12 }, () => ({
      reply: { type: 'users', users: { fire: names }, owner: 'a' },
    }))
    const stored: Result = { reply: { type: 'stored', owner: 'a', tag: '"1"', created: true } }
    const frame = encodeResponse({ epoch: 1, time: 1, results: [...reads, stored] })
    expect(frame.length).to.be.below(48 * 2 ** 20)
    const { results } = decodeResponse(frame)
    expect(results.at(0)).to.have.nested.property('reply.type', 'users')
    expect(results.at(-2)).to.have.nested.property('error.code', 'DEFERRED')
    expect(results.at(-1)).to.have.nested.property('reply.type', 'stored')
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
    const whole = encodeRequest({ epoch: 1, time: 1, commands })
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
