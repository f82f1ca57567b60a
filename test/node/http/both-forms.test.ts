/** One value, two ways to it: what is written at /api is read at /api/v1/kv, and the other way round. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

describe('a value', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const put = (type: string, body: string) =>
    call(`PUT ${node.url}/api/v1/kv/k`, { headers: { 'content-type': type }, body })
  const readApi = () => call(`GET ${node.url}/api?key=k`)
  const readResource = () => call(`GET ${node.url}/api/v1/kv/k`)

  it('stored at /api is a JSON resource', async () => {
    await send(`POST ${node.url}/api`, '{"key":"k","data":{"n":12345678901234567890}}')
    const answer = await readResource()
    expect(answer.headers.get('content-type')).to.equal('application/json')
    expect(answer.text).to.equal('{"n":12345678901234567890}')
  })

  it('stored at /api as null is there as a resource', async () => {
    await send(`POST ${node.url}/api`, { key: 'k', data: null })
    const answer = await readResource()
    expect([answer.status, answer.text]).to.deep.equal([200, 'null'])
  })

  it('stored as JSON is read at /api, whatever the exact type', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/vnd.a+json']) {
      await put(type, ' {"type": "json", "n": 12345678901234567890 }\n')
      const answer = await readApi()
      expect(answer.json).to.have.nested.property('data.type', 'json')
      expect(answer.text).to.include('12345678901234567890')
    }
  })

  it('that is no JSON says so at /api and in a batch', async () => {
    for (const type of ['text/csv', 'image/png', 'application/json; charset=utf-16']) {
      await put(type, '{"looks":"like JSON"}')
      expectProblem(await readApi(), 409, 'NOT_JSON')
      const batch = await send(`POST ${node.url}/api/v1/batch`, { ops: [{ op: 'get', key: 'k' }] })
      expect(batch.json).to.have.nested.property('results[0].content_type', type)
    }
  })

  it('is deleted for both by either', async () => {
    await put('text/plain', 'x')
    expect((await call(`DELETE ${node.url}/api?key=k`)).status).to.equal(200)
    expectProblem(await readResource(), 404, 'NO_SUCH_KEY')
    await send(`POST ${node.url}/api`, { key: 'k', data: 1 })
    expect((await call(`DELETE ${node.url}/api/v1/kv/k`)).status).to.equal(204)
    expect((await readApi()).json).to.include({ data: null })
  })

  it('has another tag once either has written it', async () => {
    const tag = (await put('text/plain', 'x')).headers.get('etag') ?? ''
    await send(`POST ${node.url}/api`, { key: 'k', data: 1 })
    const answer = await call(`PUT ${node.url}/api/v1/kv/k`, { headers: { 'if-match': tag }, body: 'y' })
    expectProblem(answer, 412, 'PRECONDITION_FAILED')
  })
})
