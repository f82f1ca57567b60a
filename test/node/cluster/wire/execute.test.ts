/** Frames between members: everything survives the way, and nothing broken gets in. */
import { expect } from 'chai'
import fc from 'fast-check'
import { bytesOfCommand, isKnownIn } from '../../../../node/cluster/wire/command.ts'
import { CURRENT, FORMER } from '../../../../node/cluster/wire/format.ts'
import { FRAME_BYTES_MAX } from '../../../../node/cluster/wire/parts.ts'
import type { Result } from '../../../../node/cluster/wire/reply.ts'
import type { Body } from '../../../../shared/command.ts'
import { LARGE_BYTES } from '../../../../shared/steps.ts'
import { command, format, plain, result, routed } from './commands.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, frameWriter, HEAD } from './frames.ts'

const said = { format: CURRENT, epoch: 1, time: 1 }
const stamp = { time: 1, origin: 'a-1' }
const view = { epoch: 9, copies: 1, members: [{ id: 'b', url: 'http://b', incarnation: 'b-1', since: 4 }] }

function frameOf(...commands: readonly unknown[]): Buffer {
  return frameWriter(CURRENT).finish([...HEAD, [['r', false, 1, commands]]])
}

/** What no member of the former format ever asks for. */
function isNew(result: Result): boolean {
  return 'reply' in result && result.reply.type === 'outOfBounds'
}

describe('a frame', () => {
  it('carries every command in either format, with any text and any bytes', () => {
    fc.assert(
      fc.property(format, fc.nat(), fc.array(routed, { maxLength: 8 }), (format, epoch, commands) => {
        const sayable = commands.filter(({ command }) => isKnownIn(format, command))
        const request = { format, epoch, time: 1, view, commands: sayable }
        expect(plain(decodeRequest(encodeRequest(request)))).to.deep.equal(plain(request))
      }),
    )
  })

  it('carries every result in either format', () => {
    fc.assert(
      fc.property(format, fc.array(result, { maxLength: 8 }), (format, results) => {
        const told = results.filter((one) => format !== FORMER || !isNew(one))
        const response = { format, epoch: 3, time: 1, view, results: told }
        expect(plain(decodeResponse(encodeResponse(response)))).to.deep.equal(plain(response))
      }),
    )
  })

  it('tells who speaks the former format of a full memory as of too much that waits, which that one knows', () => {
    const error = { code: 'MEMORY_FULL', detail: 'no room' } as const
    const told = (format: number) =>
      decodeResponse(encodeResponse({ ...said, format, results: [{ error }] })).results
    expect(told(CURRENT)).to.deep.equal([{ error }])
    expect(told(FORMER)).to.deep.equal([{ error: { ...error, code: 'OVERLOADED' } }])
  })

  it('carries a name that every object has as a name like any other', () => {
    const counts: Record<string, number> = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}')
    const reply = { type: 'counts', counts, owner: 'a' } as const
    const { results } = decodeResponse(encodeResponse({ ...said, results: [{ reply }] }))
    expect(JSON.stringify(results)).to.include('{"__proto__":1,"constructor":2,"toString":3}')
  })

  it('carries JSON that is kept as bytes as the text that it is, and gives large text as bytes', () => {
    const body = Buffer.from(`"${'é'.repeat(LARGE_BYTES)}"`)
    const set = (contentType: string, body: Body) => {
      const command = { type: 'value.set', key: 'k', contentType, body } as const
      const sent = { command, requestId: 'r', traced: false, remainingMs: 1 }
      const frame = encodeRequest({ ...said, commands: [sent] })
      const [routed] = decodeRequest(frame).commands
      return { frame, body: routed?.command.type === 'value.set' ? routed.command.body : undefined }
    }
    const asText = set('application/json', String(body))
    for (const { frame, body: heard } of [asText, set('application/json', body)]) {
      expect(frame.equals(asText.frame)).to.equal(true)
      expect(heard).to.deep.equal(body)
    }
    expect(set('application/json', Buffer.from('"a"')).body).to.equal('"a"')
    expect(set('a/b', body).frame.equals(asText.frame)).to.equal(false)
    const beside = set('a/b', Buffer.alloc(10)).body
    expect(beside instanceof Uint8Array && beside.buffer.byteLength).to.equal(10)
  })

  it('with a command that no member would send is refused', () => {
    const good = [
      ['value.get', 'k', null],
      ['value.set', 'k', 'a/b', 'jam', null, null],
      ['counter.add', 'k', '1', null, 5, null, '9'],
      ['counter.set', 'k', '1', null],
      ['response.get', '/k', 't', '?q', null],
      { type: 'reaction.count', key: 'k' },
    ]
    expect(decodeRequest(frameOf(...good)).commands).to.have.lengthOf(good.length)
    const refused = [
      null,
      'value.get',
      [],
      ['value.steal', 'k'],
      ['toString', 'k'],
      ['value.get', 'k'],
      ['value.get', 'k', null, null],
      ['value.get', '', null],
      ['value.get', null, null],
      ['value.get', 'k', '*'],
      ['value.get', 'k', { ifMatch: [1] }],
      ['value.set', 'k', 'a/b', null, null, null],
      ['value.set', 'k', 'a/b', ['jam'], null, null],
      ['value.set', 'k', 'a/b', [true, 1], null, null],
      ['value.set', 'k', 'a/b', [false, -1], null, null],
      ['value.set', 'k', 'a/b', [false, 0.5], null, null],
      ['value.set', 'k', 'a/b', [false, Number.MAX_SAFE_INTEGER], null, null],
      ['value.set', 'k', 'a/b', 'jam', '1', null],
      ['value.set', 'k', 'a/b\r\nx: y', 'jam', null, null],
      ['counter.get', 'k', null],
      ['counter.add', 'k', '1.5', null],
      ['counter.add', 'k', 1, null],
      ['counter.add', 'k', '9'.repeat(101), null],
      ['counter.add', 'k', '1', ''],
      ['counter.add', '', '1', null],
      ['response.get', '/k', 't', '', null, null],
      ['response.get', '/k', 't', '', null, { a: 'b\n' }, null],
      ['response.get', '/k', 't', '', 'a\nb'],
      { type: 'value.get', key: 'k' },
      { type: 'counter.set', key: 'k' },
      { type: 'reaction.add', key: 'k', user: 'Sam', reaction: '' },
      { type: 'reaction.add', key: 'k', user: ['Sam'], reaction: 'fire' },
      { type: 'reaction.users', key: 'k', limit: 0 },
      { type: 'reaction.users', key: 'k', limit: 1, after: { user: 'Sam' } },
      { type: 'activity', limit: -1 },
      { type: 'activity' },
    ]
    for (const command of refused)
      expect(() => decodeRequest(frameOf(command)), JSON.stringify(command)).to.throw()
  })

  it('with a result that no member would give is refused', () => {
    const responseOf = (...results: readonly unknown[]) => frameWriter(CURRENT).finish([...HEAD, results])
    const good = [
      ['missing', 'a'],
      ['total', 'a', '1', null],
      ['error', 'OVERLOADED', ''],
      { type: 'counts', owner: 'a' },
    ]
    expect(decodeResponse(responseOf(...good)).results).to.have.lengthOf(good.length)
    const refused = [
      null,
      [],
      ['missing'],
      ['missing', 1],
      ['missing', 'a', 1],
      ['total', 'a', 1],
      ['stored', 'a', '"1"', 1],
      ['value', 'a', 't', 'jam'],
      ['value', 'a', 't', null, '"1"'],
      ['value', 'a', 't', [true, 1], '"1"'],
      ['error', 'NO_SUCH_CODE', ''],
      ['error', 'toString', ''],
      ['toString', 'a'],
      { type: 'missing', owner: 'a' },
      { type: 'response', owner: 'a' },
      { type: 'counts' },
    ]
    for (const result of refused)
      expect(() => decodeResponse(responseOf(result)), JSON.stringify(result)).to.throw()
  })

  it('of another format is refused, and says so', () => {
    const other = frameOf()
    other[0] = 1
    expect(() => decodeRequest(other)).to.throw(RangeError, 'format 1')
    const head = Buffer.from('{"epoch":1,"time":1,"commands":[]}')
    const unnumbered = Buffer.concat([Buffer.of(0, 0, 0, head.length), head])
    expect(() => decodeRequest(unnumbered)).to.throw(RangeError, 'format 0')
  })

  it('tells a time to live without an end by not telling any', () => {
    const command = { type: 'value.set', key: 'k', contentType: 'a/b', body: '', ttlMs: Infinity } as const
    const routed = { command, requestId: 'r', traced: false, remainingMs: 1 }
    const [arrived] = decodeRequest(encodeRequest({ ...said, commands: [routed] })).commands
    expect(arrived?.command).to.deep.equal({ type: 'value.set', key: 'k', contentType: 'a/b', body: '' })
  })

  it('tells only once whose commands they are, as long as they are the same', () => {
    const id = 'a-long-name-of-a-request'
    const routed = (requestId: string, key: string) => ({
      command: { type: 'counter.get' as const, key },
      requestId,
      traced: true,
      remainingMs: 5,
    })
    const commands = [routed(id, 'a'), routed(id, 'b'), routed('other', 'c'), routed(id, 'd')]
    const frame = encodeRequest({ ...said, commands })
    expect(frame.toString().split(id)).to.have.lengthOf(3)
    expect(decodeRequest(frame).commands).to.deep.equal(commands)
  })

  it('weighs no more than its commands are taken for', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 5 }), (commands) => {
        const routed = commands.map((command) => ({ command, requestId: 'r', traced: false, remainingMs: 1 }))
        const weight = commands.reduce((sum, one) => sum + bytesOfCommand(one), 100)
        expect(encodeRequest({ ...said, commands: routed }).length).to.be.at.most(weight)
      }),
    )
  })

  it('defers values that would make it too large, and never the reply to a write', () => {
    const body = 'x'.repeat(900 * 2 ** 10)
    const value: Result = { reply: { type: 'value', owner: 'a', contentType: 't', stamp, body } }
    const small: Result = { reply: { type: 'value', owner: 'a', contentType: 't', stamp, body: 'x' } }
    const stored: Result = { reply: { type: 'stored', owner: 'a', stamp, created: true } }
    const { results } = decodeResponse(
      encodeResponse({ ...said, results: [...Array<Result>(6).fill(value), small, stored] }),
    )
    expect(
      results.map((result) => ('error' in result ? result.error.code : result.reply.type)),
    ).to.deep.equal([...Array<string>(5).fill('value'), 'DEFERRED', 'value', 'stored'])
  })

  it('has a large value for itself, but where the format is one that knows of no other way', () => {
    const body = 'x'.repeat(2 ** 21)
    const value: Result = { reply: { type: 'value', owner: 'a', contentType: 't', stamp, body } }
    const told = (format: number, results: readonly Result[]) =>
      decodeResponse(encodeResponse({ ...said, format, results })).results.map((result) =>
        'error' in result ? result.error.code : result.reply.type,
      )
    expect(told(CURRENT, [value, value])).to.deep.equal(['DEFERRED', 'DEFERRED'])
    expect(told(CURRENT, [value])).to.deep.equal(['value'])
    expect(told(FORMER, [value, value])).to.deep.equal(['value', 'value'])
  })

  it('defers long lists as it defers large values', () => {
    const names = Array.from({ length: 100 }, (_, user) => `${'\u{1}'.repeat(1020)}${user}`)
    const reads: Result[] = Array.from({ length: 12 }, () => ({
      reply: { type: 'users', users: { fire: names }, owner: 'a' },
    }))
    const stored: Result = { reply: { type: 'stored', owner: 'a', stamp, created: true } }
    const frame = encodeResponse({ ...said, results: [...reads, stored] })
    expect(frame.length).to.be.below(FRAME_BYTES_MAX)
    const { results } = decodeResponse(frame)
    expect(results.at(0)).to.have.nested.property('reply.type', 'users')
    expect(results.at(-2)).to.have.nested.property('error.code', 'DEFERRED')
    expect(results.at(-1)).to.have.nested.property('reply.type', 'stored')
  })
})
