/** Keys that begin alike, listed a page at a time, and forgotten together. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

interface Row {
  readonly key: string
  readonly content_type: string
  readonly bytes: number
  readonly ttl?: number
}

let node: TestNode

async function store(...keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 1000) {
    const ops = keys.slice(start, start + 1000).map((key) => ({ op: 'set', key, data: 1 }))
    expect((await send(`POST ${node.url}/api/v1/batch`, { ops })).status).to.equal(200)
  }
}

async function page(query: string): Promise<{ keys: readonly Row[]; cursor?: string }> {
  const { status, text, json } = await call(`GET ${node.url}/api/v1/kv${query}`)
  expect(status, text).to.equal(200)
  return json as { keys: readonly Row[]; cursor?: string }
}

async function all(query: string, begin = ''): Promise<readonly string[]> {
  const keys: string[] = []
  let cursor = begin
  do {
    const told = await page(`?${query}&cursor=${cursor}`)
    keys.push(...told.keys.map(({ key }) => key))
    cursor = told.cursor ?? ''
  } while (cursor !== '')
  return keys
}

const numbered = (count: number, prefix = 'k:') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('GET /api/v1/kv', () => {
  eachOnNode((one) => {
    node = one
  })

  it('tells each key once, with what it is, in pages of any size', async () => {
    const keys = numbered(200)
    await store(...keys)
    for (const limit of [1, 7, 100, 199, 200, 201, 1000])
      expect(await all(`limit=${limit}`), `${limit}`).to.have.members(keys)
    expect((await page('')).keys, 'a hundred, if nobody says how many').to.have.length(100)
    expect(await page('?limit=1000'), 'the last page').to.not.have.property('cursor')
  })

  it('tells type, size and what is left of a life', async () => {
    await call(`PUT ${node.url}/api/v1/kv/é%2F1?ttl=60`, {
      headers: { 'content-type': 'text/plain' },
      body: 'süß',
    })
    await send(`POST ${node.url}/api`, { key: '1', data: [1] })
    await call(`PUT ${node.url}/api/v1/kv/large`, { body: new Uint8Array(100_000) })
    await node.clock.advance(500)
    await send(`POST ${node.url}/api/v1/counters/total`, { by: '-12', ttl: 90 })
    const { keys } = await page('')
    expect(keys).to.have.deep.members([
      { key: 'total', content_type: 'application/json', bytes: 3, ttl: 90 },
      { key: 'é/1', content_type: 'text/plain', bytes: 5, ttl: 59.5 },
      { key: '1', content_type: 'application/json', bytes: 3 },
      { key: 'large', content_type: 'application/octet-stream', bytes: 100_000 },
    ])
  })

  it('tells those that begin so, and not what is gone, has ended or is no value', async () => {
    await store('a', 'ab', 'abc', 'b')
    await send(`POST ${node.url}/api`, { key: 'abd', data: 1, ttl: 1 })
    await call(`DELETE ${node.url}/api?key=abc`)
    await send(`POST ${node.url}/api/v1/counters/abe`, { by: 1, ttl: 1 })
    await send(`POST ${node.url}/api/v1/counters/abf`, { by: 1 })
    await call(`DELETE ${node.url}/api/v1/counters/abf`)
    await send(`POST ${node.url}/api/v1/limits/abg`, { limit: 5, window: 60 })
    await node.clock.advance(1000)
    expect(await all('prefix=ab')).to.deep.equal(['ab'])
    expect(await all('prefix=')).to.have.members(['a', 'ab', 'b'])
    expect(await page('?prefix=none')).to.deep.equal({ keys: [] })
    expect(await all(`prefix=${'a'.repeat(4096)}`)).to.deep.equal([])
  })

  it('tells what is there, be it a value, a counter, or each in its turn', async () => {
    await store('turned', 'was')
    for (const key of ['turned', 'is', 'was'])
      expect((await send(`POST ${node.url}/api/v1/counters/${key}`, { by: 1 })).status).to.equal(200)
    await store('was')
    expect(await all('limit=1')).to.have.members(['turned', 'is', 'was'])
  })

  it('goes on where it was, whatever came and went', async () => {
    const keys = numbered(300)
    await store(...keys)
    const first = await page('?limit=100')
    await store(...numbered(300, 'new:'))
    for (const { key } of first.keys.slice(0, 50)) await call(`DELETE ${node.url}/api?key=${key}`)
    const rest = await all('limit=1000&prefix=k:', first.cursor)
    const met = [...first.keys.map(({ key }) => key), ...rest].filter((key) => key.startsWith('k:'))
    expect(met, 'each once').to.have.members(keys)
  })

  it('cannot understand a cursor, a limit or a prefix that is none', async () => {
    const tuple = (...parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
    const cursors = [
      'nonsense',
      '%00',
      tuple(),
      tuple(1),
      tuple(2, 0, 0),
      tuple(1, 16381, 0),
      tuple(1, -1, 0),
      tuple(1, 0, 0, ''),
      tuple(1, 0, 0, 5),
      tuple(1, 0.5, 0),
    ]
    for (const cursor of cursors)
      expectProblem(await call(`GET ${node.url}/api/v1/kv?cursor=${cursor}`), 400, 'BAD_REQUEST')
    for (const limit of ['0', '1001', '-1', 'x', '1.5', ''])
      expectProblem(await call(`GET ${node.url}/api/v1/kv?limit=${limit}`), 400, 'BAD_REQUEST')
    expectProblem(await call(`GET ${node.url}/api/v1/kv?prefix=%ff`), 400, 'BAD_REQUEST')
    expectProblem(await call(`GET ${node.url}/api/v1/kv?prefix=${'a'.repeat(4097)}`), 400, 'BAD_REQUEST')
    expectProblem(await call(`GET ${node.url}/api/v1/kv/`), 403, 'KEY_NULL')
  })
})

describe('DELETE /api/v1/kv', () => {
  eachOnNode((one) => {
    node = one
  })
  const clear = (query: string) => call(`DELETE ${node.url}/api/v1/kv${query}`)

  it('forgets what has such a key, says how many, and leaves all else', async () => {
    await store(...numbered(2500, 'tmp:'), ...numbered(10))
    await call(`PUT ${node.url}/api/v1/kv/tmp:text`, { body: 'x' })
    await send(`POST ${node.url}/api/v1/counters/tmp:counter`, { by: 1 })
    await send(`POST ${node.url}/api/v1/reaction`, {
      type: 'reaction',
      action: 'add',
      content_id: 'tmp:stew',
      user_id: 'Sam',
      reaction_type: 'fire',
    })
    expect((await clear('?prefix=tmp:')).json).to.deep.equal({ deleted: 2502 })
    expect((await call(`GET ${node.url}/api/v1/counters/tmp:counter`)).status).to.equal(404)
    expect((await call(`GET ${node.url}/api/v1/reaction/reactions_count/tmp:stew`)).status).to.equal(200)
    expect(await all('limit=1000')).to.have.members(numbered(10))
    expect((await call(`GET ${node.url}/api?key=tmp:1`)).json).to.include({ data: null })
    expect((await clear('?prefix=tmp:')).json).to.deep.equal({ deleted: 0 })
    expect((await clear('?prefix=')).json).to.deep.equal({ deleted: 10 })
  })

  it('wants a prefix, be it an empty one, as a key may have been meant', async () => {
    await store('k')
    expectProblem(await clear(''), 400, 'BAD_REQUEST')
    expectProblem(await clear('?prefix'), 400, 'BAD_REQUEST')
    expectProblem(await clear('?key=k'), 400, 'UNKNOWN_FIELD')
    expectProblem(await clear('/'), 403, 'KEY_NULL')
    expect(await all('')).to.deep.equal(['k'])
  })

  it('lets other requests in between', async () => {
    await store(...numbered(5000))
    const clearing = clear('?prefix=k:')
    let isDone = false
    void clearing.then(() => {
      isDone = true
    })
    let answered = 0
    while (!isDone) {
      expect((await call(`GET ${node.url}/api?key=other`)).status).to.equal(200)
      answered++
    }
    expect(answered).to.be.above(1)
    expect((await clearing).json).to.deep.equal({ deleted: 5000 })
  })
})
