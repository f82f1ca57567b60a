/** Smache's API: what is stored under a key, what a key is, and what is none. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

describe('/api', () => {
  let node: TestNode
  let api: string

  before(async () => {
    node = await startTestNode()
    api = `${node.url}/api`
  })
  after(() => node[Symbol.asyncDispose]())

  const store = (key: unknown, data: unknown) => send(`POST ${api}`, { key, data })
  const read = (key: string) => call(`GET ${api}?key=${encodeURIComponent(key)}`)
  const forget = (key: string) => call(`DELETE ${api}?key=${encodeURIComponent(key)}`)

  it('stores, reads and forgets JSON, always in the same shape', async () => {
    const data = { message: 'hello', list: [1, null, true] }
    const entry = { key: 'abcd', id: '1633837924', node: node.node.member.id, data }
    expect((await store('abcd', data)).json).to.deep.equal(entry)
    const answer = await read('abcd')
    expect(answer.status).to.equal(200)
    expect(answer.headers.get('content-type')).to.match(/^application\/json\b/)
    expect(answer.json).to.deep.equal(entry)
    expect((await forget('abcd')).json).to.deep.equal({ ...entry, data: null, deleted: true })
    expect((await read('abcd')).json).to.deep.equal({ ...entry, data: null })
    expect((await forget('abcd')).json).to.deep.equal({ ...entry, data: null, deleted: false })
  })

  it('answers with a slash behind it too', async () => {
    expect((await send(`POST ${api}/`, { key: 'slash', data: 1 })).json).to.include({ key: 'slash', data: 1 })
    expect((await call(`GET ${api}/?key=slash`)).json).to.include({ data: 1 })
    expect((await call(`DELETE ${api}/?key=slash`)).json).to.include({ data: null })
  })

  it('overwrites', async () => {
    await store('twice', 1)
    await store('twice', 2)
    expect((await read('twice')).json).to.include({ data: 2 })
  })

  const ids: readonly (readonly [key: string | number, id: string])[] = [
    [1, '1'],
    ['1', '1'],
    ['01', '1'],
    [-7, '-7'],
    ['-16382', '-16382'],
    ['aa', '24929'],
    ['aaa', '6381921'],
    ['abcd', '1633837924'],
    ['12abc', String(0x3132616263)],
    ['é', String(0xc3a9)],
    ['😀', String(0xf09f9880)],
    [' 1', String(0x2031)],
    ['1.5', String(0x312e35)],
    ['\0', '0'],
    ['9'.repeat(4096), '9'.repeat(4096)],
  ]
  for (const [key, id] of ids) {
    const named = JSON.stringify(key).slice(0, 20)
    it(`turns ${named} into ${id.slice(0, 20)}, and echoes it as text`, async () => {
      const expected = { key: String(key), id }
      expect((await store(key, 'x')).json).to.include({ ...expected, data: 'x' })
      expect((await read(String(key))).json).to.include({ ...expected, data: 'x' })
      expect((await forget(String(key))).json).to.include({ ...expected, data: null })
    })
  }

  it('takes integers of any size as keys', async () => {
    const answer = await send(`POST ${api}`, '{"key": 123456789012345678901234567890, "data": 1}')
    expect(answer.json).to.include({
      key: '123456789012345678901234567890',
      id: '123456789012345678901234567890',
    })
  })

  for (const [one, other] of [
    ['24929', 'aa'],
    ['1', '01'],
    ['A', 'a'],
    ['a', 'a '],
    ['é', 'e\u0301'],
    ['\0a', 'a'],
  ] as const) {
    it(`keeps ${JSON.stringify(one)} and ${JSON.stringify(other)} apart`, async () => {
      await store(one, 'one')
      await store(other, 'other')
      expect((await read(one)).json).to.include({ key: one, data: 'one' })
      expect((await read(other)).json).to.include({ key: other, data: 'other' })
    })
  }

  it('takes the number 1 and the text "1" as one key', async () => {
    await store(1, 'number')
    expect((await read('1')).json).to.include({ data: 'number' })
  })

  for (const body of [
    '{"data":1}',
    ...['null', '""', '"null"', '"nil"'].map((key) => `{"key":${key},"data":1}`),
  ]) {
    it(`refuses to store ${body}: key cannot be null`, async () => {
      const answer = await send(`POST ${api}`, body)
      expectProblem(answer, 403, 'KEY_NULL')
      expect(answer.json).to.include({ message: 'key cannot be null' })
    })
  }

  for (const query of ['', '?', '?key', '?key=', '?key=null', '?key=nil', '?key=%6eull']) {
    it(`refuses to read or forget ${query || 'nothing'}: key cannot be null`, async () => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await call(`${method} ${api}${query}`)
        expectProblem(answer, 403, 'KEY_NULL')
        expect(answer.json).to.include({ message: 'key cannot be null' })
      }
      const head = await call(`HEAD ${api}${query}`)
      expect([head.status, head.text]).to.deep.equal([403, ''])
    })
  }

  for (const key of ['true', 'false', '1.5', '[]', '["a"]', '{}', '{"key":1}', '1e400', '"\\ud800"']) {
    it(`refuses the key ${key}`, async () => {
      expectProblem(await send(`POST ${api}`, `{"key":${key},"data":1}`), 400, 'BAD_REQUEST')
    })
  }

  it('understands JSON behind a byte order mark, which RFC 8259 lets it ignore', async () => {
    const { json } = await send(`POST ${api}`, '\ufeff{"key":"1","data":1}')
    expect(json).to.include({ key: '1', data: 1 })
  })

  for (const body of [
    '',
    '{',
    'null',
    '1',
    '"text"',
    '[]',
    '12345678901234567890',
    '{"key":"1","data":1',
    '{"key":"1","data":1}}',
    "{'key':'1','data':1}",
    '{"key":"1"}',
    '{"key":"1","data":undefined}',
    '{"key":"1","data":NaN}',
  ]) {
    it(`cannot understand ${JSON.stringify(body)}`, async () => {
      expectProblem(await send(`POST ${api}`, body), 400, 'BAD_REQUEST')
    })
  }

  it('takes keys of 4096 bytes and no longer ones', async () => {
    for (const key of ['k'.repeat(4096), 'é'.repeat(2048), '\u{1f600}'.repeat(1024)]) {
      expect((await store(key, 1)).status).to.equal(200)
      expect((await read(key)).json).to.include({ key, data: 1 })
      expectProblem(await store(`${key}k`, 1), 400, 'BAD_REQUEST')
      expectProblem(await read(`${key}k`), 400, 'BAD_REQUEST')
    }
    expectProblem(await store('k'.repeat(100_000), 1), 400, 'BAD_REQUEST')
  })

  for (const query of [
    'key=%',
    'key=%2',
    'key=%zz',
    'key=%ff',
    'key=%c3',
    'key=%ed%a0%80',
    'key=1&key=2',
    'key=1&%ff=2',
  ]) {
    it(`cannot understand the query ${query}`, async () => {
      expectProblem(await call(`GET ${api}?${query}`), 400, 'BAD_REQUEST')
      expectProblem(await call(`DELETE ${api}?${query}`), 400, 'BAD_REQUEST')
    })
  }

  it('reads a plus in the query as a space, as forms write it', async () => {
    await store('a b', 'spaced')
    expect((await call(`GET ${api}?key=a+b`)).json).to.include({ key: 'a b', data: 'spaced' })
  })

  it('wants its body declared as JSON where it is called anything else', async () => {
    const body = '{"key":"1","data":1}'
    const types = ['multipart/form-data; boundary=a', 'nonsense', 'text/csv', 'text/plain; charset=latin1']
    for (const type of [...types, 'application/json; charset=utf-16']) {
      const answer = await call(`POST ${api}`, { headers: { 'content-type': type }, body })
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
    const zipped = await send(`POST ${api}`, body, { 'content-encoding': 'deflate' })
    expectProblem(zipped, 415, 'UNSUPPORTED_MEDIA_TYPE')
    for (const type of ['Application/JSON', 'application/json; charset="UTF-8"', 'application/vnd.a+json']) {
      const answer = await call(`POST ${api}`, { headers: { 'content-type': type }, body })
      expect(answer.status, type).to.equal(200)
    }
  })
})
