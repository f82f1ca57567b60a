/** gzip and br: of answers where they are asked for, of requests where they are sent. */
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, JSON_TYPE } from './call.ts'

const LONG = JSON.stringify(Array.from({ length: 300 }, (_, index) => ({ name: `soup ${index}` })))

interface Raw {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

/** As it comes: fetch would decode it. */
function raw(method: string, url: string, headers: Record<string, string> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece) => pieces.push(piece))
      answer.on('end', () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

describe('an answer', () => {
  let node: TestNode
  let kv: string
  beforeEach(async () => {
    node = await startTestNode({ MAX_BODY: '100000' })
    kv = `${node.url}/api/v1/kv`
    await call(`PUT ${kv}/k`, { body: LONG, headers: JSON_TYPE })
  })
  afterEach(() => node[Symbol.asyncDispose]())

  it('above 1 kB is coded as asked for, with an entity tag of its own, and says that it depends on that', async () => {
    const plain = await raw('GET', `${kv}/k`)
    expect(plain.body.toString()).to.equal(LONG)
    expect(plain.headers).to.include({ vary: 'accept-encoding' }).and.not.have.property('content-encoding')
    const tag = String(plain.headers['etag'])
    for (const [coding, decode] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const answer = await raw('GET', `${kv}/k`, { 'accept-encoding': coding })
      expect(decode(answer.body).toString()).to.equal(LONG)
      const etag = tag.replace(/"$/, `-${coding}"`)
      const told = { 'content-encoding': coding, vary: 'accept-encoding', etag }
      expect(answer.headers).to.include({ ...told, 'content-length': String(answer.body.length) })
      const head = await raw('HEAD', `${kv}/k`, { 'accept-encoding': coding })
      expect(head.headers).to.include({ ...told, 'content-length': String(answer.body.length) })
    }
  })

  it('is coded wherever it comes from: /api, batches, metrics and pages', async () => {
    for (const path of ['/api?key=k', '/redis/get/k', '/metrics', '/openapi.json']) {
      const answer = await raw('GET', node.url + path, { 'accept-encoding': 'gzip' })
      expect(answer.headers, path).to.include({ 'content-encoding': 'gzip' })
      expect(gunzipSync(answer.body).length).to.be.above(1024)
    }
  })

  it('is left as it is where that is asked for, where it is short, and where it is compressed already', async () => {
    const asked = async (key: string, coding: string) =>
      (await raw('GET', `${kv}/${key}`, { 'accept-encoding': coding })).headers['content-encoding']
    for (const coding of ['identity', 'gzip;q=0', 'deflate', '', 'gzip;q=0.1, identity'])
      expect(await asked('k', coding), coding).to.equal(undefined)
    expect(await asked('k', 'br;q=0.5, gzip')).to.equal('gzip')
    await call(`PUT ${kv}/short`, { body: 'x'.repeat(1000) })
    await call(`PUT ${kv}/image`, { body: 'x'.repeat(5000), headers: { 'content-type': 'image/png' } })
    for (const key of ['short', 'image']) expect(await asked(key, 'gzip'), key).to.equal(undefined)
  })

  it('is of the same value for conditions, by either tag', async () => {
    const tag = String((await raw('GET', `${kv}/k`)).headers['etag'])
    const coded = tag.replace(/"$/, '-gzip"')
    for (const known of [tag, coded, `W/${coded}`, `"x", ${coded}`]) {
      const answer = await raw('GET', `${kv}/k`, { 'if-none-match': known, 'accept-encoding': 'gzip' })
      expect([answer.status, answer.headers['vary']]).to.deep.equal([304, 'accept-encoding'])
      expect(answer.headers['etag']).to.equal(known === tag ? tag : coded)
    }
    const part = await raw('GET', `${kv}/k`, { range: 'bytes=0-2000', 'accept-encoding': 'gzip' })
    expect(part.headers)
      .to.include({ etag: tag, vary: 'accept-encoding' })
      .and.not.have.property('content-encoding')
    const put = { body: '1', headers: { ...JSON_TYPE, 'if-match': coded } }
    expect((await call(`PUT ${kv}/k`, put)).status).to.equal(204)
    expectProblem(await call(`PUT ${kv}/k`, put), 412, 'PRECONDITION_FAILED')
  })

  it('may not be kept by what is on the way, nor given to somebody else, be there a value or not', async () => {
    await call(`POST ${node.url}/api/v1/counters/c`, { body: '{"by":1}', headers: JSON_TYPE })
    for (const path of [
      '/api?key=k',
      '/api/v1/kv/k',
      '/api/v1/kv/none',
      '/api/v1/counters/c',
      '/redis/get/k',
      '/api/v1/activity',
    ])
      expect((await raw('GET', node.url + path)).headers['cache-control'], path).to.equal('private, no-cache')
  })

  describe('to a request in gzip', () => {
    const put = (body: Buffer, coding = 'gzip') =>
      call(`PUT ${kv}/z`, { body: new Uint8Array(body), headers: { 'content-encoding': coding } })

    it('is as to one without, whatever is sent', async () => {
      expect((await put(gzipSync('soup'))).status).to.equal(201)
      expect((await call(`GET ${kv}/z`)).text).to.equal('soup')
      const body = new Uint8Array(gzipSync('{"key":"j","data":{"salt":1}}'))
      const posted = { body, headers: { ...JSON_TYPE, 'content-encoding': 'X-GZIP' } }
      expect((await call(`POST ${node.url}/api`, posted)).json).to.deep.include({ data: { salt: 1 } })
    })

    it('keeps to the limit with what it becomes, however little was sent', async () => {
      expect((await put(gzipSync(Buffer.alloc(100_000)))).status).to.equal(201)
      expectProblem(await put(gzipSync(Buffer.alloc(100_001))), 413, 'TOO_LARGE')
      const bomb = gzipSync(Buffer.alloc(50_000_000))
      for (let time = 0; time < 20; time++) expectProblem(await put(bomb), 413, 'TOO_LARGE')
      expect((await call(`GET ${kv}/z`)).text.length).to.equal(100_000)
      expect((await call(`GET ${node.url}/metrics`)).text).to.include('larder_inflight_bytes 0')
    })

    it('says what is wrong with it', async () => {
      for (const body of [Buffer.from('soup'), gzipSync('soup').subarray(0, -5), Buffer.from('')])
        expectProblem(await put(body), 400, 'BAD_REQUEST')
      for (const coding of ['br', 'deflate', 'gzip, gzip', 'zstd', 'snappy'])
        expectProblem(await put(gzipSync('soup'), coding), 415, 'UNSUPPORTED_MEDIA_TYPE')
    })
  })
})
