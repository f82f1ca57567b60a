/** Values as resources: any bytes, their media type, and the status that tells what happened. */
import { expect } from 'chai'
import fc from 'fast-check'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { call, expectProblem } from './call.ts'

const STRONG_TAG = /^"[^"]+"$/

describe('/api/v1/kv', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const at = (key: string) => `${node.url}/api/v1/kv/${encodeURIComponent(key)}`
  const put = (key: string, body: string, type = 'text/plain') =>
    call(`PUT ${at(key)}`, { headers: { 'content-type': type }, body })

  it('creates, replaces, reads and forgets', async () => {
    const created = await put('life', 'one')
    expect([created.status, created.text]).to.deep.equal([201, ''])
    const replaced = await put('life', 'two')
    expect([replaced.status, replaced.text]).to.deep.equal([204, ''])
    const read = await call(`GET ${at('life')}`)
    expect([read.status, read.text]).to.deep.equal([200, 'two'])
    const gone = await call(`DELETE ${at('life')}`)
    expect([gone.status, gone.text]).to.deep.equal([204, ''])
    expectProblem(await call(`GET ${at('life')}`), 404, 'NO_SUCH_KEY')
    expectProblem(await call(`DELETE ${at('life')}`), 404, 'NO_SUCH_KEY')
    expect((await put('life', 'three')).status).to.equal(201)
  })

  it('names every write by a strong tag of its own', async () => {
    const first = (await put('tag', 'same')).headers.get('etag')
    const second = (await put('tag', 'same')).headers.get('etag')
    expect(first).to.match(STRONG_TAG)
    expect(second).to.match(STRONG_TAG).and.not.to.equal(first)
    expect((await call(`GET ${at('tag')}`)).headers.get('etag')).to.equal(second)
    expect((await call(`HEAD ${at('tag')}`)).headers.get('etag')).to.equal(second)
  })

  it('keeps any bytes as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await call(`PUT ${at('bytes')}`, { body: new Uint8Array(bytes) })
        const answer = await fetch(at('bytes'))
        expect(new Uint8Array(await answer.arrayBuffer())).to.deep.equal(new Uint8Array(bytes))
      }),
      { numRuns: 50 },
    )
  })

  for (const type of [
    'text/plain',
    'image/png',
    'text/html; charset=iso-8859-1',
    'application/json; charset=utf-8',
    'application/problem+json',
    'application/json; charset=utf-16',
    'nonsense',
  ]) {
    it(`keeps the media type ${type}`, async () => {
      await put('type', '"x"', type)
      const answer = await call(`GET ${at('type')}`)
      expect(answer.headers.get('content-type')).to.equal(type)
      expect(answer.text).to.equal('"x"')
    })
  }

  it('calls bytes without a type octets', async () => {
    await call(`PUT ${at('untyped')}`, { body: new Uint8Array([1]) })
    expect((await call(`GET ${at('untyped')}`)).headers.get('content-type')).to.equal(
      'application/octet-stream',
    )
  })

  it('keeps an empty body, and one that never began', async () => {
    expect((await put('empty', '')).status).to.equal(201)
    expect((await call(`PUT ${at('empty')}`)).status).to.equal(204)
    const answer = await call(`GET ${at('empty')}`)
    expect([answer.status, answer.text]).to.deep.equal([200, ''])
  })

  it('answers HEAD as GET, without the body', async () => {
    await put('head', 'four')
    const answer = await call(`HEAD ${at('head')}`)
    expect([answer.status, answer.text]).to.deep.equal([200, ''])
    expect(answer.headers.get('content-length')).to.equal('4')
    expect(answer.headers.get('content-type')).to.equal('text/plain')
    expect((await call(`HEAD ${at('no head')}`)).status).to.equal(404)
  })

  for (const key of [
    'a/b',
    '?',
    '#',
    '%',
    '%2F',
    ' ',
    '+',
    '&=',
    '\0',
    '\r\n',
    'é',
    'e\u0301',
    '😀',
    '__proto__',
    '\\',
    ';',
  ]) {
    it(`holds the key ${JSON.stringify(key)} apart from all others`, async () => {
      const body = `of ${JSON.stringify(key)}`
      await put(key, body)
      expect((await call(`GET ${at(key)}`)).text).to.equal(body)
      expect((await call(`DELETE ${at(key)}`)).status).to.equal(204)
    })
  }

  it('holds the keys . and .. for clients that send them as they are', async () => {
    for (const key of ['.', '..', '%2e%2e']) {
      const [answer] = await converse(node.node.port, request(`GET /api/v1/kv/${key}`))
      expect(answer).to.deep.include({ status: 404 })
      expect(answer?.body).to.include('NO_SUCH_KEY')
    }
  })

  for (const key of ['null', 'nil', '%6e%69%6c', '']) {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      it(`refuses ${method} of the key "${key}": key cannot be null`, async () => {
        const body = method === 'PUT' ? { body: 'x' } : {}
        const answer = await call(`${method} ${node.url}/api/v1/kv/${key}`, body)
        expectProblem(answer, 403, 'KEY_NULL')
        expect(answer.json).to.include({ message: 'key cannot be null' })
      })
    }
  }

  for (const path of ['%', '%2', '%zz', 'a%ff', '%c3%28', '%ed%a0%80', '%c0%80']) {
    it(`cannot understand the path ${path}`, async () => {
      for (const method of ['PUT', 'GET', 'DELETE']) {
        const [answer] = await converse(node.node.port, request(`${method} /api/v1/kv/${path}`))
        expectProblem({ status: answer?.status ?? 0, text: answer?.body ?? '' }, 400, 'BAD_REQUEST')
      }
    })
  }

  it('takes keys of 4096 bytes and no longer ones', async () => {
    const longest = 'é'.repeat(2048)
    expect((await put(longest, 'x')).status).to.equal(201)
    expect((await call(`GET ${at(longest)}`)).text).to.equal('x')
    expectProblem(await put(`${longest}x`, 'x'), 400, 'BAD_REQUEST')
    expectProblem(await call(`GET ${at('k'.repeat(100_000))}`), 431, 'HEADERS_TOO_LARGE')
  })

  it('refuses what calls itself JSON and is not', async () => {
    for (const body of ['', '{', "{'a':1}", '1 2', '\ufeff1']) {
      expectProblem(await put('json', body, 'application/json'), 400, 'BAD_REQUEST')
    }
    expectProblem(await call(`GET ${at('json')}`), 404, 'NO_SUCH_KEY')
  })

  it('refuses a body that is compressed in a way of its own', async () => {
    const answer = await call(`PUT ${at('zipped')}`, {
      headers: { 'content-encoding': 'compress' },
      body: 'x',
    })
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
  })
})
