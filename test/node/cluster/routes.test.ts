/** The door of the members: frames of commands, and everything else that may arrive there. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeResponse, encodeRequest, type RoutedCommand } from '../../../node/cluster/wire/execute.ts'
import { CURRENT } from '../../../node/cluster/wire/format.ts'
import { encodeSlotRequest } from '../../../node/cluster/wire/slots.ts'
import { nowBy } from '../../../node/cluster/wire/times.ts'
import type { SlotEntry } from '../../../node/entries/entry.ts'
import type { Command } from '../../../shared/command.ts'
import { slotOf } from '../../../shared/placement.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { type Answer, call, expectProblem } from '../http/call.ts'

const FRAME = { 'content-type': 'application/vnd.larder.frame' }

describe('/cluster/execute', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const execute = (frame: Uint8Array): Promise<Answer> =>
    call(`POST ${node.url}/cluster/execute`, { headers: FRAME, body: new Uint8Array(frame) })

  const resultsOf = async (...commands: readonly Command[]) => {
    const body = frameOf(...commands)
    const answer = await fetch(`${node.url}/cluster/execute`, { method: 'POST', headers: FRAME, body })
    return decodeResponse(Buffer.from(await answer.arrayBuffer()), nowBy(node.clock)).results
  }

  it('carries out commands, one result each', async () => {
    const body = new Uint8Array([0, 255, 10])
    const owner = node.node.member.id
    const writes = await resultsOf(
      { type: 'value.set', key: 'k', contentType: 'image/png', body },
      { type: 'counter.add', key: 'c', by: '-3' },
      { type: 'value.delete', key: 'none' },
    )
    expect(writes[0]).to.have.nested.property('reply.created', true)
    expect(writes[1]).to.deep.equal({ reply: { type: 'total', value: '-3', owner } })
    expect(writes[2]).to.deep.equal({ reply: { type: 'missing', owner } })
    const [read] = await resultsOf({ type: 'value.get', key: 'k' })
    expect(read).to.deep.nested.include({ 'reply.contentType': 'image/png', 'reply.owner': owner })
    expect(read).to.have.nested.property('reply.body').that.deep.equals(body)
  })

  it('carries out an empty frame', async () => {
    expect((await execute(frameOf())).status).to.equal(200)
  })

  const whole = frameOf({ type: 'value.set', key: 'k', contentType: 'a/b', body: 'some text' })
  const large = frameOf({ type: 'value.set', key: 'k', contentType: 'a/b', body: 'some text'.repeat(1000) })
  const get = ['value.get', 'k', null]
  const setWith = (body: unknown, ttlMs: unknown = null) => ['value.set', 'k', 'a/b', body, ttlMs, null]
  const headWith = (command: unknown) => headOf([1, 1, null, [['r', false, 1000, [command]]]])
  const broken: Readonly<Record<string, Uint8Array>> = {
    'no bytes': Buffer.alloc(0),
    'half a length': whole.subarray(0, 3),
    'an empty head': withLength(whole.subarray(0, 5), 0),
    'a head cut short': whole.subarray(0, 20),
    'a body cut short': large.subarray(0, -1),
    'more bytes than its bodies': Buffer.concat([whole, Buffer.from('x')]),
    'a length beyond its end': withLength(headWith(get), 0xffffffff),
    'a length short of its head': withLength(headWith(get), 10),
    'a head that is not UTF-8': withLength(Buffer.from([CURRENT, 0, 0, 0, 0, 0x22, 0xff, 0x22]), 3),
    'a head of null': headOf(null),
    'a head that is an object': headOf({ epoch: 1, time: 1, commands: [] }),
    'a head that is too short': headOf([1, 1, null]),
    'a head nested deeply': rawHead('['.repeat(1_000_000)),
    'no epoch': headOf([null, 1, null, []]),
    'an epoch of text': headOf(['1', 1, null, []]),
    'an epoch beyond integers': rawHead('[1e300,1,null,[]]'),
    'no time': headOf([1, null, null, []]),
    'a view of text': headOf([1, 1, 'all', []]),
    'a view without members': headOf([1, 1, { epoch: 1, copies: 1 }, []]),
    'commands that are no list': headOf([1, 1, null, {}]),
    'a call that is no list': headOf([1, 1, null, [{}]]),
    'a call without commands': headOf([1, 1, null, [['r', false, 1000]]]),
    'a call without time': headOf([1, 1, null, [['r', false, null, [get]]]]),
    'a command of null': headWith(null),
    'an unknown command': headWith(['value.steal', 'k']),
    'an inherited command': headWith(['toString', 'k']),
    'a command that is inherited by objects': headWith({ type: 'toString', key: 'k' }),
    'no key': headWith(['value.get']),
    'a key of null': headWith(['value.get', null, null]),
    'no body': headWith(setWith(null)),
    'a body that is an object': headWith(setWith({ text: true, length: 0 })),
    'a body of negative length': headWith(setWith([true, -1])),
    'a body of broken length': headWith(setWith([true, 0.5])),
    'a body without end': headWith(setWith([false, Number.MAX_SAFE_INTEGER])),
    'a body of text that is not UTF-8': Buffer.concat([headWith(setWith([true, 1])), Buffer.from([0xff])]),
    'a time to live of text': headWith(setWith('', '1')),
    'an amount that is no integer': headWith(['counter.add', 'k', '1.5', null]),
    'an amount of a number': headWith(['counter.add', 'k', 1, null]),
    'a condition of text': headWith(['value.get', 'k', '*']),
    'conditions of numbers': headWith(['value.get', 'k', { ifMatch: [1] }]),
  }
  for (const [what, frame] of Object.entries(broken)) {
    it(`cannot understand a frame with ${what}`, async () => {
      expectProblem(await execute(frame), 400, 'BAD_REQUEST')
    })
  }

  it('refuses a frame of another format, whatever it holds, and counts whose it is', async () => {
    const frame = Buffer.concat([Buffer.of(1), headWith(get).subarray(1)])
    const headers = { ...FRAME, 'larder-member': 'elder' }
    const answer = await call(`POST ${node.url}/cluster/execute`, { headers, body: new Uint8Array(frame) })
    expectProblem(answer, 409, 'NOT_UNDERSTOOD')
    const { text } = await call(`GET ${node.url}/metrics`)
    expect(text).to.include('larder_not_understood_total{peer="elder"} 1')
  })

  it('stores nothing that it could not give back', async () => {
    const key = 'unanswerable'
    const stored = await execute(frameOf({ type: 'value.set', key, contentType: 'a/b\r\nx: y', body: 'x' }))
    expect(stored.status).to.be.oneOf([200, 400])
    expect((await call(`GET ${node.url}/api/v1/kv/${key}`)).status).to.be.below(500)
  })

  it('speaks frames only', async () => {
    for (const type of ['application/json', 'application/octet-stream', '']) {
      const headers = { 'content-type': type }
      const answer = await call(`POST ${node.url}/cluster/execute`, { headers, body: 'x' })
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
  })

  it('survives any bytes, and any damage to a frame', async () => {
    const anything = fc.uint8Array({ maxLength: 200 })
    const damaged = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length))
      .map(([index, byte, length]) => {
        const bytes = new Uint8Array(whole)
        bytes[index] = byte
        return bytes.subarray(0, length)
      })
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, damaged), async (bytes) => {
        expect((await execute(bytes)).status).to.be.oneOf([200, 400, 409])
      }),
      { numRuns: 300 },
    )
    expect((await call(`GET ${node.url}/livez`)).status).to.equal(200)
  })
})

function frameOf(...commands: readonly Command[]): Buffer<ArrayBuffer> {
  const routed = commands.map(
    (command): RoutedCommand => ({
      command,
      requestId: 'r',
      traced: false,
      remainingMs: 1000,
    }),
  )
  return Buffer.from(
    encodeRequest({ format: CURRENT, epoch: 1, time: 1, commands: routed }, { nowMs: 0, wallMs: 0 }),
  )
}

function headOf(head: unknown): Buffer {
  return rawHead(JSON.stringify(head))
}

function rawHead(text: string): Buffer {
  return withLength(
    Buffer.concat([Buffer.of(CURRENT, 0, 0, 0, 0), Buffer.from(text)]),
    Buffer.byteLength(text),
  )
}

function withLength(frame: Uint8Array, length: number): Buffer {
  const bytes = Buffer.from(frame)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

describe('/cluster/slots', () => {
  it('takes in nothing of what speaks of a time that cannot be, and counts it', async () => {
    await using node = await startTestNode()
    const entry = (id: string, time: number): SlotEntry => ({
      slot: slotOf(id.slice(1)),
      id,
      entry: {
        kind: 'register',
        stamp: { time, origin: 'b-1' },
        value: { contentType: 'text/plain', body: 'x' },
        endsAtMs: Infinity,
      },
    })
    const given = (...entries: SlotEntry[]) => {
      const message = { type: 'give', entries } as const
      const request = { format: CURRENT, epoch: 1, time: 1, from: 'b-1', message }
      const body = new Uint8Array(encodeSlotRequest(request, nowBy(node.clock)))
      const headers = { ...FRAME, 'larder-member': 'b' }
      return call(`POST ${node.url}/cluster/slots`, { headers, body })
    }
    expectProblem(await given(entry('vgood', 1), entry('vbad', 1e300)), 409, 'IMPOSSIBLE')
    expect((await call(`GET ${node.url}/api/v1/kv/good`)).status).to.equal(404)
    expect((await given(entry('vgood', 1))).status).to.equal(200)
    expect((await call(`GET ${node.url}/api/v1/kv/good`)).status).to.equal(200)
    const metrics = (await call(`GET ${node.url}/metrics`)).text
    expect(metrics).to.match(/^larder_disbelieved_total\{peer="b"\} 1$/m)
  })
})
