/** What a node holds of bodies that do not arrive whole, and of answers that nobody takes. */
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { until } from '../../support/until.ts'
import { call, expectProblem, send } from './call.ts'

const MIB = 2 ** 20
/** More than the system takes for a client that reads nothing. */
const LARGE = 12 * MIB
const LIMIT = 49 * MIB

describe('what is in flight at a node', () => {
  let node: TestNode
  let sockets: Socket[]

  beforeEach(async () => {
    sockets = []
    node = await startTestNode({ MAX_INFLIGHT_BYTES: `${LIMIT}`, MAX_BODY: '16MiB' })
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await node[Symbol.asyncDispose]()
  })

  const metric = async (name: string): Promise<number> => {
    const { text } = await call(`GET ${node.url}/metrics`)
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    )
  }
  const inFlight = () => metric('larder_inflight_bytes')
  const isEmpty = () => until(inFlight, (bytes) => bytes === 0)
  const store = (key: string) => send(`POST ${node.url}/api`, { key, data: 'x'.repeat(LARGE) })

  /** Says something, and reads nothing. */
  function say(text: string | Buffer): Socket {
    const socket = connect(node.node.port, '127.0.0.1').on('error', () => {})
    socket.pause()
    socket.write(text)
    sockets.push(socket)
    return socket
  }

  /** Announces a body, and sends all of it but the end. */
  function sayHalf(index: number): void {
    const headers = `Host: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: ${LARGE + 1}`
    say(Buffer.concat([Buffer.from(request(`PUT /api/v1/kv/half${index}`, headers)), Buffer.alloc(LARGE)]))
  }

  async function isFull(): Promise<void> {
    const refused = await send(`POST ${node.url}/api`, { key: 'more', data: 'x'.repeat(LARGE) })
    expect(refused.status).to.equal(503)
    expectProblem(refused, 503, 'OVERLOADED')
    expect(refused.headers.get('retry-after')).to.equal('1')
    expect((await call(`GET ${node.url}/api?key=more`)).json).to.include({ data: null })
    expect((await send(`POST ${node.url}/api`, { key: 'small', data: 1 })).status).to.equal(200)
    for (const path of ['/api?key=small', '/livez', '/readyz', '/metrics', '/api/v1/cluster'])
      expect((await call(`GET ${node.url}${path}`)).status, path).to.equal(200)
  }

  it('has room for so many bodies; what is small still gets through, and more is not kept', async () => {
    for (let index = 0; index < 4; index++) sayHalf(index)
    await until(inFlight, (bytes) => bytes >= 4 * LARGE)
    await isFull()
    expect(await metric('larder_inflight_refused_total{what="body"}')).to.be.above(0)
    expect(await inFlight()).to.be.at.most(LIMIT)
  })

  it('is free again once those are gone who sent half of a body', async () => {
    for (let index = 0; index < 4; index++) sayHalf(index)
    await until(inFlight, (bytes) => bytes >= 4 * LARGE)
    for (const socket of sockets) socket.destroy()
    await isEmpty()
    expect((await store('more')).status).to.equal(200)
    await isEmpty()
  })

  it('refuses on the way who began when there was room, and keeps nothing of it', async () => {
    for (let index = 0; index < 3; index++) sayHalf(index)
    await until(inFlight, (bytes) => bytes >= 3 * LARGE)
    const headers = 'Host: localhost\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked'
    const chunk = `${(15 * MIB).toString(16)}\r\n${'y'.repeat(15 * MIB)}\r\n0\r\n\r\n`
    const [answer] = await converse(node.node.port, request('PUT /api/v1/kv/late', headers, chunk), {
      answers: 1,
    })
    expect(answer).to.include({ status: 503 })
    expect(await inFlight()).to.be.below(3 * LARGE + 64 * 1024)
    expect((await call(`GET ${node.url}/api/v1/kv/late`)).status).to.equal(404)
  })

  for (const [form, target] of [
    ['the way it mostly is', 'GET /api?key=large'],
    ['by its whole URL', 'GET http://localhost/api?key=large'],
  ] as const) {
    it(`has room for so many answers that nobody takes, asked for ${form}`, async () => {
      await store('large')
      for (let index = 0; index < 6; index++) say(request(target, 'Host: localhost'))
      await until(
        async () => [await inFlight(), await metric('larder_inflight_refused_total{what="answer"}')] as const,
        ([bytes, refused]) => bytes > 4 * LARGE && refused === 2,
      )
      await isFull()
      expect((await call(`GET ${node.url}/api?key=large`)).status).to.equal(503)
      for (const socket of sockets) socket.destroy()
      await isEmpty()
      expect((await call(`GET ${node.url}/api?key=large`)).status).to.equal(200)
    })
  }

  const batch = JSON.stringify({ ops: Array.from({ length: 4 }, () => ({ op: 'get', key: 'large' })) })
  const json = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${batch.length}`
  for (const [form, text, count] of [
    ['values', request('GET /api/v1/kv/large', 'Host: localhost'), 4],
    ['values in JSON', request('GET /api?key=large', 'Host: localhost'), 4],
    ['batches of values', request('POST /api/v1/batch', json, batch), 1],
  ] as const) {
    it(`takes no memory of its own for ${form} that nobody takes: they are sent from where the value lies`, async () => {
      await store('large')
      const held = () => process.memoryUsage().arrayBuffers
      const before = held()
      for (let index = 0; index < count; index++) say(text)
      await until(inFlight, (bytes) => bytes >= 4 * LARGE)
      expect(held() - before).to.be.below(LARGE / 2)
    })
  }

  it('takes back the room of answers that are taken in the end', async () => {
    await store('large')
    const slow = say(request('GET /api?key=large', 'Host: localhost'))
    await until(inFlight, (bytes) => bytes > LARGE)
    slow.resume()
    await isEmpty()
  })

  it('refuses the values of a batch that there is no room for, and no write', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await store(key)
    const ops = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ op: 'get', key }))
    const set = { op: 'set', key: 'set', data: 'written' }
    const { json } = await send(`POST ${node.url}/api/v1/batch`, { ops: [...ops.slice(0, 5), set, ...ops] })
    const { results } = json as { results: { status: number; code?: string; data?: string }[] }
    const told = results.map(({ status, code, data }) => code ?? `${status} ${data?.length}`)
    expect(told.filter((text) => text === `200 ${LARGE}`)).to.have.lengthOf(4)
    expect(told.filter((text) => text === 'OVERLOADED')).to.have.lengthOf(7)
    expect(told[5]).to.equal('200 7')
    await isEmpty()
  })

  it('counts nothing of who is not let in, and of what is refused for its size', async () => {
    const headers = `Host: localhost\r\nContent-Length: ${17 * MIB}`
    const [answer] = await converse(node.node.port, request('PUT /api/v1/kv/big', headers), { answers: 1 })
    expect(answer).to.include({ status: 413 })
    await isEmpty()
  })
})
