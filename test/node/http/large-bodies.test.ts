/** Bodies too large for one turn: they mean what small ones mean, and what is in them comes back as it was. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, JSON_TYPE, send } from './call.ts'

const SIZE = 300_000
const LARGE_VALUES = {
  'a text': JSON.stringify('x'.repeat(SIZE)),
  'a text of other letters': JSON.stringify('é漢😀\\u0000'.repeat(SIZE / 10)),
  'numbers that objects cannot hold': `[${Array.from({ length: 20_000 }, () => '1e400,12345678901234567890').join(',')}]`,
  'an object with many members': `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}" : ${index}`).join(',')}}`,
  space: `${' '.repeat(SIZE)}1${'\n'.repeat(SIZE)}`,
}

describe('a large body', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const put = (key: string, body: string, type = 'application/json') =>
    call(`PUT ${node.url}/api/v1/kv/${key}`, { headers: { 'content-type': type }, body })
  const textOf = async (path: string) => (await call(`GET ${node.url}${path}`)).text

  for (const [name, json] of Object.entries(LARGE_VALUES)) {
    it(`that is ${name} is the same at every door`, async () => {
      expect((await put('put', json)).status).to.be.oneOf([201, 204])
      expect(await textOf('/api/v1/kv/put')).to.equal(json)
      expect(await textOf('/api?key=put'))
        .to.match(/^\{"key":"put",.{0,100}"data":/)
        .and.satisfy((text: string) => text.endsWith(`"data":${json}}`))
      const stored = await send(`POST ${node.url}/api`, `{"key":"post","data":${json},"ttl":60}`)
      const data = json.trim()
      expect(stored.status).to.equal(200)
      expect(stored.text.endsWith(`"data":${data}}`)).to.equal(true)
      expect(await textOf('/api/v1/kv/post')).to.equal(data)
      const ops = `{"ops":[{"op":"set","key":"batch","data":${json}},{"op":"get","key":"put"},{"op":"increment","key":"n","by":1}]}`
      const batch = await send(`POST ${node.url}/api/v1/batch`, ops)
      const { results } = batch.json as { results: { status: number }[] }
      expect(results.map(({ status }) => status)).to.deep.equal([200, 200, 200])
      expect(batch.text.includes(data)).to.equal(true)
      expect(await textOf('/api/v1/kv/batch')).to.equal(data)
    })
  }

  it('of bytes is kept as it came', async () => {
    const body = 'b'.repeat(SIZE)
    await put('bytes', body, 'application/octet-stream')
    expect(await textOf('/api/v1/kv/bytes')).to.equal(body)
    expectProblem(await call(`GET ${node.url}/api?key=bytes`), 409, 'NOT_JSON')
  })

  it('is refused with a reason where it is wrong, and nothing is kept', async () => {
    const pad = ' '.repeat(SIZE)
    for (const body of [`${pad}{"key":"w","data":1`, `${pad}[1,]`, `${pad}"\n"`, pad])
      expectProblem(await send(`POST ${node.url}/api`, body), 400, 'BAD_REQUEST')
    expectProblem(await send(`POST ${node.url}/api`, `${pad}[1]`), 400, 'BAD_REQUEST')
    expectProblem(await put('w', `${pad}tru`), 400, 'BAD_REQUEST')
    expectProblem(
      await send(`POST ${node.url}/api`, `{"key":"${'k'.repeat(SIZE)}","data":1}`),
      400,
      'BAD_REQUEST',
    )
    expect((await call(`GET ${node.url}/api/v1/kv/w`)).status).to.equal(404)
  })

  it('with more than anybody asks for is refused for the first of it, where that is not for others', async () => {
    const more = Array.from({ length: 30_000 }, (_, index) => `"more${index}":[${index}]`).join(',')
    const set = await send(`POST ${node.url}/api`, `{${more},"key":"last","data":7}`)
    expectProblem(set, 400, 'UNKNOWN_FIELD')
    expect(set.text).to.include('more0')
    expectProblem(
      await send(`POST ${node.url}/api/v1/counters/c`, `{"by":"4",${more}}`),
      400,
      'UNKNOWN_FIELD',
    )
    const reaction = `{"type":"reaction","action":"add","content_id":"c","user_id":"u","reaction_type":"r",${more}}`
    expectProblem(await send(`POST ${node.url}/api/v1/reaction`, reaction), 400, 'UNKNOWN_FIELD')
    expect((await send(`POST ${node.url}/api/v1/events`, `{"type":"x",${more}}`)).status).to.equal(202)
    const many = { ops: Array.from({ length: 100_000 }, () => ({})) }
    expectProblem(await send(`POST ${node.url}/api/v1/batch`, many), 413, 'TOO_LARGE')
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const fields = 'a=1&'.repeat(100_000)
    expectProblem(await call(`POST ${node.url}/increment`, { ...form, body: fields }), 400, 'BAD_REQUEST')
  })

  it('whose field is far too long is refused as one that is a little too long is', async () => {
    const reaction = {
      type: 'reaction',
      action: 'add',
      content_id: 'c',
      reaction_type: 'r',
      user_id: 'u'.repeat(SIZE),
    }
    expectProblem(await send(`POST ${node.url}/api/v1/reaction`, reaction), 422, 'UNPROCESSABLE')
  })
})

describe('JSON that is nested too deeply', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  it('is refused at every door, and up to 128 levels taken', async () => {
    const doors: ((json: string) => Promise<{ status: number; text: string }>)[] = [
      (json) => call(`PUT ${node.url}/api/v1/kv/deep`, { headers: JSON_TYPE, body: json }),
      (json) =>
        call(`PUT ${node.url}/api/v1/kv/deep`, {
          headers: { 'content-type': 'application/ld+json' },
          body: json,
        }),
      (json) => send(`POST ${node.url}/api`, `{"key":"deep","data":${json}}`),
      (json) => send(`POST ${node.url}/api/v1/batch`, `{"ops":[{"op":"set","key":"deep","data":${json}}]}`),
      (json) => send(`POST ${node.url}/api/v1/events`, `{"type":"x","more":${json}}`),
    ]
    for (const [index, door] of doors.entries()) {
      expect((await door(nested(128))).status, `door ${index}`).to.be.within(200, 204)
      for (const depth of [129, 100_000]) {
        const refused = await door(nested(depth))
        expectProblem(refused, 400, 'BAD_REQUEST')
        expect(refused.text).to.include('128 levels at most')
      }
    }
    for (const path of ['/increment', '/api/v1/counters/deep', '/api/v1/reaction'])
      expectProblem(await send(`POST ${node.url}${path}`, `{"key":${nested(129)}}`), 400, 'BAD_REQUEST')
    const kept = await call(`GET ${node.url}/api/v1/kv/deep`)
    expect(kept.text).to.equal(nested(128))
  })

  it('is kept where it is no JSON that anybody looks at', async () => {
    const body = nested(1000)
    const stored = await call(`PUT ${node.url}/api/v1/kv/text`, {
      headers: { 'content-type': 'text/plain' },
      body,
    })
    expect(stored.status).to.equal(201)
    expect((await call(`GET ${node.url}/api/v1/kv/text`)).text).to.equal(body)
  })
})
