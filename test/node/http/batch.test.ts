/** Many operations in one call: in order, each with its own result. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

interface Result {
  readonly status: number
  readonly [field: string]: unknown
}

describe('/api/v1/batch', () => {
  let node: TestNode
  let url: string

  beforeEach(async () => {
    node = await startTestNode()
    url = `${node.url}/api/v1/batch`
  })
  afterEach(() => node[Symbol.asyncDispose]())

  /** `ops` as values, or as the text of a JSON list. */
  const run = async (ops: readonly unknown[] | string): Promise<readonly Result[]> => {
    const text = typeof ops === 'string' ? ops : JSON.stringify(ops)
    const answer = await send(`POST ${url}`, `{"ops":${text}}`)
    expect(answer.status, answer.text).to.equal(200)
    return (answer.json as { results: Result[] }).results
  }
  const pick = (results: readonly Result[], field: string) => results.map((result) => result[field])

  it('answers every operation, in their order', async () => {
    const entry = { status: 200, key: '1', id: '1', node: node.node.member.id }
    const results = await run([
      { op: 'set', key: 1, data: { a: 1 } },
      { op: 'get', key: '1' },
      { op: 'get', key: 'nothing' },
      { op: 'increment', key: 'c', by: '2' },
      { op: 'counter', key: 'c' },
      { op: 'delete', key: '1' },
    ])
    const etag = results[0]?.['etag']
    expect(etag).to.match(/^"[^"]+"$/)
    expect(results).to.deep.equal([
      { ...entry, data: { a: 1 }, etag },
      { ...entry, data: { a: 1 }, etag },
      { ...entry, key: 'nothing', id: String(BigInt('0x6e6f7468696e67')), data: null },
      { status: 200, key: 'c', value: '2' },
      { status: 200, key: 'c', value: '2' },
      { ...entry, data: null, deleted: true },
    ])
  })

  it('may be empty', async () => {
    expect(await run([])).to.deep.equal([])
  })

  it('is spoiled by no operation', async () => {
    const results = await run(
      `[{"op":"set","key":"a","data":1}, null, 5, "get", [], {}, {"op":"fly","key":"a"}, {"op":"get"},
        {"op":"get","key":"nil"}, {"op":"get","key":null}, {"op":"get","key":1.5}, {"op":"set","key":"a"},
        {"op":"increment","key":"a","by":"x"}, {"op":"counter","key":"none"}, {"op":"get","key":"\\ud800"},
        {"op":"toString","key":"a"}, {"op":"__proto__","key":"a"}, 12345678901234567890, {"op":"get","key":"a"}]`,
    )
    expect(pick(results, 'status')).to.deep.equal([
      ...[200, 400, 400, 400, 400, 400, 400, 403, 403, 403, 400, 400, 400, 404, 400, 400, 400, 400, 200],
    ])
    expect(results[7]).to.include({ code: 'KEY_NULL', message: 'key cannot be null' })
    expect(results.at(-1)).to.include({ data: 1 })
  })

  it('refuses the null keys in every operation', async () => {
    for (const op of ['get', 'set', 'delete', 'increment', 'counter', 'reset']) {
      const keys = [{}, { key: null }, { key: '' }, { key: 'null' }, { key: 'nil' }]
      const amount = op === 'set' ? { data: 1 } : op === 'increment' ? { by: 1 } : {}
      const results = await run(keys.map((key) => ({ op, ...amount, ...key })))
      expect(pick(results, 'status')).to.deep.equal([403, 403, 403, 403, 403])
    }
  })

  it('reads what was written before, and nothing later', async () => {
    const results = await run([
      { op: 'get', key: 'k' },
      { op: 'set', key: 'k', data: 1 },
      { op: 'get', key: 'k' },
      { op: 'set', key: 'k', data: 2 },
      { op: 'get', key: 'k' },
      { op: 'delete', key: 'k' },
      { op: 'get', key: 'k' },
    ])
    expect(pick(results, 'data')).to.deep.equal([null, 1, 1, 2, 2, null, null])
  })

  it('reads the total as of its place in the list', async () => {
    const add = { op: 'increment', key: 'k', by: 1 }
    const read = { op: 'counter', key: 'k' }
    const results = await run([read, add, read, add, add, read])
    expect(pick(results, 'value')).to.deep.equal([undefined, '1', '1', '2', '3', '3'])
  })

  it('has a value or a counter under a key, whichever was written last', async () => {
    const results = await run([
      { op: 'set', key: 'k', data: 'value' },
      { op: 'increment', key: 'k', by: 5 },
      { op: 'set', key: 'k', data: 4 },
      { op: 'increment', key: 'k' },
      { op: 'get', key: 'k' },
      { op: 'counter', key: 'k' },
      { op: 'delete', key: 'k' },
      { op: 'counter', key: 'k' },
    ])
    expect(pick(results, 'status')).to.deep.equal([200, 409, 200, 200, 200, 200, 200, 404])
    expect(results[1]).to.include({ code: 'WRONG_TYPE' })
    expect(results[3]).to.deep.equal({ status: 200, key: 'k', value: '5' })
    expect(results[4]).to.include({ data: 5 })
    expect(results[5]).to.include({ value: '5' })
  })

  it('ends a counter, bounds it, sets it back and counts once, as each call by itself does', async () => {
    const once = { op: 'increment', key: 'k', by: 2, ttl: 60, idempotency_key: 'once' }
    const results = await run([
      ...[once, once, { op: 'counter', key: 'k' }],
      ...[
        { op: 'increment', key: 'k', by: 9, max: 10 },
        { op: 'increment', key: 'k', by: -3, min: '0' },
      ],
      ...[{ op: 'reset', key: 'k' }, { op: 'counter', key: 'k' }, once],
      ...[
        { op: 'increment', key: 'k', idempotency_key: '' },
        { op: 'increment', key: 'k', ttl: 0 },
      ],
      { op: 'increment', key: 'k', min: 2, max: 1 },
    ])
    const total = { status: 200, key: 'k', value: '2', ttl: 60 }
    expect(results.slice(0, 3)).to.deep.equal([total, total, total])
    for (const refused of results.slice(3, 5))
      expect(refused).to.include({ status: 409, code: 'OUT_OF_BOUNDS', value: '2' })
    expect(results[5]).to.deep.equal({ status: 204, key: 'k' })
    expect(results[6]).to.include({ status: 404 })
    expect(results[7], 'the first answer, of a counter that is gone').to.deep.equal({
      status: 200,
      key: 'k',
      value: '2',
    })
    expect(pick(results.slice(8), 'status')).to.deep.equal([400, 400, 400])
  })

  it('adds exactly, whatever the size', async () => {
    const results = await run(
      `[{"op":"increment","key":"c","by":9007199254740993}, {"op":"increment","key":"c","by":"+2"},
        {"op":"increment","key":"c","by":-1}, {"op":"increment","key":"c","by":"0007"},
        {"op":"increment","key":"c","by":9214364837600034806}, {"op":"counter","key":"c"}]`,
    )
    expect(pick(results, 'value')).to.deep.equal([
      '9007199254740993',
      '9007199254740995',
      '9007199254740994',
      '9007199254741001',
      '9223372036854775807',
      '9223372036854775807',
    ])
  })

  it('leaves a total that would leave 64 bits as it was', async () => {
    const results = await run(
      `[{"op":"increment","key":"c","by":"9223372036854775807"}, {"op":"increment","key":"c","by":1},
        {"op":"increment","key":"c","by":"${'9'.repeat(200)}"}, {"op":"counter","key":"c"},
        {"op":"increment","key":"d","by":-9223372036854775808}, {"op":"increment","key":"d","by":-1},
        {"op":"counter","key":"d"}]`,
    )
    expect(pick(results, 'status')).to.deep.equal([200, 409, 409, 200, 200, 409, 200])
    expect(results[1]).to.include({ code: 'OUT_OF_RANGE' })
    expect(results[3]).to.include({ value: '9223372036854775807' })
    expect(results[6]).to.include({ value: '-9223372036854775808' })
  })

  it('adds nothing but integers', async () => {
    const bys = [
      '""',
      '" 1"',
      '"1 "',
      '"1.0"',
      '"1e2"',
      '"0x1"',
      '"--1"',
      '"+"',
      '1.5',
      'true',
      'null',
      '[]',
      '{}',
    ]
    const results = await run(`[${bys.map((by) => `{"op":"increment","key":"c","by":${by}}`).join()}]`)
    expect(pick(results, 'status')).to.deep.equal(bys.map(() => 400))
    expect(await run([{ op: 'counter', key: 'c' }])).to.have.nested.property('[0].status', 404)
  })

  it('takes 1000 operations and no more', async () => {
    const ops = (count: number) => Array.from({ length: count }, () => ({ op: 'increment', key: 'c', by: 1 }))
    const results = await run(ops(1000))
    expect(results.at(-1)).to.include({ value: '1000' })
    expectProblem(await send(`POST ${url}`, { ops: ops(1001) }), 413, 'TOO_LARGE')
    expect(await run([{ op: 'counter', key: 'c' }])).to.have.nested.property('[0].value', '1000')
  })

  it('begins many operations in several turns, and few in one', async () => {
    const gets = Array.from({ length: 1000 }, (_, index) => ({ op: 'get', key: `k${index}` }))
    const turns = async () => {
      const { text } = await call(`GET ${node.url}/metrics`)
      return Number(/^larder_turn_seconds_count\{work="bodies"\} (\d+)/m.exec(text)?.[1] ?? 0)
    }
    await run(gets.slice(0, 200))
    expect(await turns()).to.equal(0)
    await run(gets)
    expect(await turns()).to.be.at.least(2)
  })

  it('does not break on an answer that would be larger than any text can be', async () => {
    await send(`POST ${node.url}/api`, { key: 'k', data: 'x'.repeat(2 ** 20) })
    const answer = await send(`POST ${url}`, {
      ops: Array.from({ length: 600 }, () => ({ op: 'get', key: 'k' })),
    })
    expect(answer.status, answer.text.slice(0, 200)).to.be.below(500)
  })

  for (const body of [
    '{}',
    '[]',
    'null',
    '{"ops":null}',
    '{"ops":{}}',
    '{"ops":"get"}',
    '{"ops":{"length":1}}',
    '',
  ]) {
    it(`cannot understand ${body || 'nothing'}`, async () => {
      expectProblem(await send(`POST ${url}`, body), 400, 'BAD_REQUEST')
    })
  }

  it('wants its body declared as JSON', async () => {
    const answer = await call(`POST ${url}`, {
      headers: { 'content-type': 'text/csv' },
      body: '{"ops":[]}',
    })
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
  })
})
