/** Conditional requests (RFC 9110, section 13): a write that must not overwrite, a read that need not answer. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { type Answer, call, expectProblem } from './call.ts'

describe('a conditional request', () => {
  let node: TestNode
  let url: string
  let tag: string

  before(async () => {
    node = await startTestNode()
    url = `${node.url}/api/v1/kv/k`
  })
  after(() => node[Symbol.asyncDispose]())

  beforeEach(async () => {
    const written = await call(`PUT ${url}`, { body: 'first' })
    tag = written.headers.get('etag') ?? ''
  })

  const get = (headers: Record<string, string>) => call(`GET ${url}`, { headers })
  const put = (headers: Record<string, string>) => call(`PUT ${url}`, { headers, body: 'second' })
  const stored = async () => (await call(`GET ${url}`)).text

  /** Headers with `TAG` standing for the current tag. */
  const filled = (text: string) => text.replaceAll('TAG', tag)

  it('is refused where tags are not looked at, and nothing is done', async () => {
    await call(`PUT ${node.url}/api/v1/counters/c`, { body: '{"value":1}' })
    for (const [name, tags] of [
      ['if-none-match', '*'],
      ['if-match', '"nope"'],
    ] as const)
      for (const [what, body] of [
        ['PUT /api/v1/counters/c', '{"value":2}'],
        ['DELETE /api/v1/counters/c', undefined],
        ['DELETE /api?key=k', undefined],
        ['POST /api', '{"key":"k","data":2}'],
        ['POST /api/v1/batch', '{"ops":[{"op":"delete","key":"k"}]}'],
        ['POST /api/v1/events', '{"type":"object.update","objectid":"42"}'],
        ['POST /redis', '["SET","k","2"]'],
        ['POST /redis/pipeline', '[["DEL","k"]]'],
        ['POST /redis/del/k', undefined],
      ] as const) {
        const [method, path] = what.split(' ')
        const sent = { headers: { [name]: tags }, ...(body !== undefined && { body }) }
        expectProblem(await call(`${method} ${node.url}${path}`, sent), 400, 'BAD_REQUEST')
      }
    expect((await call(`GET ${node.url}/api/v1/counters/c`)).json).to.include({ value: '1' })
    expect(await stored()).to.equal('first')
    expect(
      (await call(`GET ${node.url}/api?key=none`, { headers: { 'if-match': '"nope"' } })).status,
    ).to.equal(200)
  })

  it('is not carried out with another tag', async () => {
    for (const method of ['PUT', 'DELETE', 'GET']) {
      const body = method === 'PUT' ? { body: 'second' } : {}
      const answer = await call(`${method} ${url}`, { headers: { 'if-match': '"another"' }, ...body })
      expectProblem(answer, 412, 'PRECONDITION_FAILED')
    }
    expect(await stored()).to.equal('first')
  })

  for (const matching of ['*', 'TAG', '"a", TAG', 'TAG,"a"', '"a",,TAG ,', '"a,b", TAG', '"*", TAG']) {
    it(`is carried out with If-Match: ${matching}`, async () => {
      expect((await get({ 'if-match': filled(matching) })).status).to.equal(200)
      expect((await put({ 'if-match': filled(matching) })).status).to.equal(204)
    })
  }

  for (const other of ['"a"', '"a", "b"', 'W/TAG', 'W/"a"', '"*"', '"TAG', '""', ',']) {
    it(`is not carried out with If-Match: ${other}`, async () => {
      const answer = await put({ 'if-match': other === '"TAG' ? tag.replace('"', '"x') : filled(other) })
      expectProblem(answer, 412, 'PRECONDITION_FAILED')
      expect(await stored()).to.equal('first')
    })
  }

  for (const matching of ['*', 'TAG', 'W/TAG', '"a", TAG', 'W/"a", W/TAG']) {
    it(`has nothing new with If-None-Match: ${matching}`, async () => {
      const read = await get({ 'if-none-match': filled(matching) })
      expect([read.status, read.text, read.headers.get('etag')]).to.deep.equal([304, '', tag])
      const head = await call(`HEAD ${url}`, { headers: { 'if-none-match': filled(matching) } })
      expect(head.status).to.equal(304)
      expectProblem(await put({ 'if-none-match': filled(matching) }), 412, 'PRECONDITION_FAILED')
      expect(await stored()).to.equal('first')
    })
  }

  for (const other of ['"a"', 'W/"a"', '"a,b"', '"*"', '']) {
    it(`is carried out with If-None-Match: ${other}`, async () => {
      expect((await get({ 'if-none-match': other })).status).to.equal(200)
      expect((await put({ 'if-none-match': other })).status).to.equal(204)
    })
  }

  it('needs both of its conditions', async () => {
    const both = { 'if-match': tag, 'if-none-match': tag }
    expect((await get(both)).status).to.equal(304)
    expectProblem(await get({ 'if-match': '"a"', 'if-none-match': tag }), 412, 'PRECONDITION_FAILED')
    expectProblem(await put(both), 412, 'PRECONDITION_FAILED')
    expect((await put({ 'if-match': tag, 'if-none-match': '"a"' })).status).to.equal(204)
  })

  it('deletes only what was read', async () => {
    expectProblem(await call(`DELETE ${url}`, { headers: { 'if-match': '"a"' } }), 412, 'PRECONDITION_FAILED')
    expect((await call(`DELETE ${url}`, { headers: { 'if-match': tag } })).status).to.equal(204)
  })

  it('creates what must not be there, and does not change what must be', async () => {
    const fresh = `${node.url}/api/v1/kv/fresh`
    const must = await call(`PUT ${fresh}`, { headers: { 'if-match': '*' }, body: 'x' })
    expectProblem(must, 412, 'PRECONDITION_FAILED')
    const create = () => call(`PUT ${fresh}`, { headers: { 'if-none-match': '*' }, body: 'x' })
    expect((await create()).status).to.equal(201)
    expectProblem(await create(), 412, 'PRECONDITION_FAILED')
  })

  it('of a missing value finds it missing', async () => {
    const missing = `${node.url}/api/v1/kv/missing`
    for (const headers of [{ 'if-match': '*' }, { 'if-none-match': '*' }, { 'if-none-match': '"a"' }]) {
      expectProblem(await call(`GET ${missing}`, { headers }), 404, 'NO_SUCH_KEY')
    }
  })

  it('lets one of many writers that have read the same win', async () => {
    const writers = Array.from({ length: 20 }, () => put({ 'if-match': tag }))
    const statuses = (await Promise.all(writers)).map(({ status }: Answer) => status).sort()
    expect(statuses).to.deep.equal([204, ...Array.from({ length: 19 }, () => 412)])
  })

  for (const malformed of [
    'a',
    '"',
    '"a',
    'W/a',
    'w/"a"',
    "'a'",
    '"a";',
    '"a" b',
    '"a" "b"',
    '"a""b"',
    '"a"*',
    '**',
    '*, "a"',
  ]) {
    it(`cannot be understood with ${malformed}`, async () => {
      for (const name of ['if-match', 'if-none-match']) {
        expectProblem(await get({ [name]: malformed }), 400, 'BAD_REQUEST')
        expectProblem(await put({ [name]: malformed }), 400, 'BAD_REQUEST')
      }
      expect(await stored()).to.equal('first')
    })
  }
})
