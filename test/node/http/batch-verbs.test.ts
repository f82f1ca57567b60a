/** What a batch can do with values that a call can do: bytes, conditions, lifetimes, and to take what is there. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { call, send } from './call.ts'

let node: TestNode
const at = (key: string) => `${node.url}/api/v1/kv/${key}`

async function run(...ops: readonly object[]): Promise<readonly Record<string, unknown>[]> {
  const { json, text, status } = await send(`POST ${node.url}/api/v1/batch`, { ops })
  expect(status, text).to.equal(200)
  return (json as { results: Record<string, unknown>[] }).results
}

describe('in a batch', () => {
  eachOnNode((one) => {
    node = one
  })

  it('bytes are written and read as base64, with their type', async () => {
    const bytes = Buffer.from([0, 255, 128, 10])
    const base64 = bytes.toString('base64')
    const [set, get] = await run(
      { op: 'set', key: 'k', base64, content_type: 'image/png', ttl: 60 },
      { op: 'get', key: 'k' },
    )
    expect(set).to.not.have.any.keys('data', 'base64')
    expect(get).to.include({ status: 200, base64, content_type: 'image/png', ttl: 60, etag: set?.['etag'] })
    expect(get).to.not.have.property('data')
    const read = await call(`GET ${at('k')}`)
    expect(read.headers.get('content-type')).to.equal('image/png')
    expect(read.headers.get('etag')).to.equal(set?.['etag'])
    const [json, none] = await run(
      { op: 'set', key: 'j', base64: 'WzFd', content_type: 'application/json' },
      { op: 'get', key: 'none' },
    )
    expect(json).to.include({ status: 200 })
    expect((await call(`GET ${node.url}/api?key=j`)).json).to.deep.include({ data: [1] })
    expect(none).to.deep.include({ status: 200, data: null }).and.not.have.property('etag')
  })

  it('base64 is read whole, large or with escaped slashes, and what is none is refused', async () => {
    const large = Buffer.alloc(500_001, 255)
    const text = JSON.stringify({ ops: [{ op: 'set', key: 'k', base64: large.toString('base64') }] })
    for (const body of [text, text.replaceAll('/', '\\/')]) {
      await send(`POST ${node.url}/api/v1/batch`, body)
      const read = await fetch(at('k'))
      expect(Buffer.compare(Buffer.from(await read.arrayBuffer()), large)).to.equal(0)
    }
    const [got] = await run({ op: 'get', key: 'k' })
    expect(got).to.include({ base64: large.toString('base64'), content_type: 'application/octet-stream' })
    const bad = ['A', 'AA', 'AA=', '====', 'A A=', 'AAA*', '=AAA', 'AA==AAAA', 5, null, ['AAAA']]
    const results = await run(
      ...bad.map((base64) => ({ op: 'set', key: 'bad', base64 })),
      { op: 'set', key: 'bad', base64: 'AAAA', data: 1 },
      { op: 'set', key: 'bad', base64: 'AAAA', content_type: 'no type' },
      { op: 'set', key: 'bad', data: 1, content_type: 'a/b' },
      { op: 'set', key: 'bad', base64: 'e30x', content_type: 'application/json' },
      { op: 'set', key: 'bad' },
    )
    for (const result of results) expect(result, JSON.stringify(result)).to.include({ status: 400 })
    expect(await run({ op: 'has', key: 'bad' })).to.have.nested.property('[0].has', false)
  })

  it('conditions are heeded', async () => {
    const [first, refused] = await run(
      { op: 'set', key: 'k', data: 1, if_none_match: '*' },
      { op: 'set', key: 'k', data: 2, if_none_match: '*' },
    )
    expect(first).to.include({ status: 200 })
    expect(refused).to.include({ status: 412, code: 'PRECONDITION_FAILED' })
    const if_match = String(first?.['etag'])
    const results = await run(
      { op: 'set', key: 'k', data: 3, if_match: '"other"' },
      { op: 'touch', key: 'k', ttl: 5, if_match: '"other"' },
      { op: 'delete', key: 'k', if_match: '"other"' },
      { op: 'take', key: 'k', if_match: '"other"' },
      { op: 'touch', key: 'k', ttl: 5, if_match },
      { op: 'take', key: 'k', if_match },
      { op: 'set', key: 'k', data: 1, if_match: 5 },
      { op: 'set', key: 'k', data: 1, if_match: 'no tag' },
    )
    expect(results.map(({ status }) => status)).to.deep.equal([412, 412, 412, 412, 200, 200, 400, 400])
    expect(results[5]).to.include({ data: 1, etag: if_match, ttl: 5 })
  })

  it('lifetimes are kept, changed and told', async () => {
    const results = await run(
      { op: 'set', key: 'k', data: 1, ttl: 60 },
      { op: 'set', key: 'k', data: 2, keep_ttl: true },
      { op: 'get', key: 'k' },
      { op: 'touch', key: 'k', ttl: null },
      { op: 'get', key: 'k' },
      { op: 'touch', key: 'none', ttl: 5 },
      { op: 'touch', key: 'k' },
      { op: 'set', key: 'k', data: 1, ttl: 5, keep_ttl: true },
      { op: 'set', key: 'k', data: 1, keep_ttl: 1 },
    )
    expect(results[2]).to.include({ data: 2, ttl: 60 })
    expect(results[3]).to.include({ status: 200, etag: results[1]?.['etag'] })
    expect(results[4]).to.include({ data: 2 }).and.not.have.property('ttl')
    expect(results.slice(5).map(({ status }) => status)).to.deep.equal([404, 400, 400, 400])
  })

  it('what was there is taken in order with all else, and is asked for without being read', async () => {
    const results = await run(
      { op: 'take', key: 'k' },
      { op: 'set', key: 'k', data: 1 },
      { op: 'has', key: 'k' },
      { op: 'take', key: 'k' },
      { op: 'set', key: 'k', data: 2 },
      { op: 'take', key: 'k' },
      { op: 'has', key: 'k' },
      { op: 'delete', key: 'k' },
    )
    expect(results.map(({ status }) => status)).to.deep.equal([404, 200, 200, 200, 200, 200, 200, 200])
    expect([results[2], results[6]].map((one) => one?.['has'])).to.deep.equal([true, false])
    expect([results[3], results[5]].map((one) => one?.['data'])).to.deep.equal([1, 2])
    expect(results[7]).to.include({ deleted: false })
  })
})
