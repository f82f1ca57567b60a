/** What is stored comes back as it was, however unusual, and does no harm on its way. */
import { expect } from 'chai'
import fc from 'fast-check'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

describe('data stored at /api', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const store = (dataText: string) => send(`POST ${node.url}/api`, `{"key":"k","data":${dataText}}`)
  const read = () => call(`GET ${node.url}/api?key=k`)

  for (const text of [
    'null',
    'false',
    '0',
    '""',
    '[]',
    '{}',
    '12345678901234567890',
    '{"id":9223372036854775807,"price":0.12345678901234567890123}',
    '[1e400,-1e-400]',
    '{"":{"":""}}',
    '"\u2028 \\u0000 \u{1f600} </script>"',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}',
    '{"__proto__":{"big":12345678901234567890}}',
    '{"toJSON":"x","rawJSON":"1"}',
    '"\\ud800"',
  ]) {
    it(`is ${text} again`, async () => {
      const stored = await store(text)
      expect(stored.status).to.equal(200)
      expect(stored.text).to.match(/,"data":/)
      expect(stored.text.endsWith(`,"data":${text}}`)).to.equal(true)
      expect((await read()).text).to.equal(stored.text)
    })
  }

  it('pollutes no prototype', async () => {
    await store('{"__proto__":{"polluted":1}}')
    await send(`POST ${node.url}/api`, '{"__proto__":{"key":"x","data":1,"ttl":1}}')
    expect({}).not.to.have.property('polluted')
    expect({}).not.to.have.property('key')
  })

  it('is the same value again, whatever it was', async () => {
    const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 })
    await fc.assert(
      fc.asyncProperty(value, async (data) => {
        const text = JSON.stringify(data)
        await store(text)
        expect((await read()).json).to.deep.include({ data: JSON.parse(text) })
      }),
      { numRuns: 100 },
    )
  })

  it('may be nested deeply, or is refused, but breaks nothing', async () => {
    for (const depth of [1000, 100_000, 500_000]) {
      const nested = '['.repeat(depth) + ']'.repeat(depth)
      for (const text of [nested, `[12345678901234567890,${nested}]`]) {
        const { status } = await store(text)
        expect(status).to.be.oneOf([200, 400])
        if (status === 200) expect((await read()).text.endsWith(`,"data":${text}}`)).to.equal(true)
      }
    }
  })

  it('is invalid when its bytes are no UTF-8', async () => {
    const body = new Uint8Array(Buffer.from('{"key":"k","data":"\xff"}', 'latin1'))
    const answer = await call(`POST ${node.url}/api`, {
      headers: { 'content-type': 'application/json' },
      body,
    })
    expectProblem(answer, 400, 'BAD_REQUEST')
  })
})
