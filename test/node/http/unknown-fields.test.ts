/** What a call does not have is refused and named: nothing that was asked for is silently left out. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { type Answer, call, expectProblem, send } from './call.ts'

let node: TestNode

function expectUnknown(answer: Answer, ...told: readonly string[]): void {
  expectProblem(answer, 400, 'UNKNOWN_FIELD')
  for (const text of told) expect(answer.text).to.include(text)
}

describe('a name that a call does not have', () => {
  eachOnNode((started) => {
    node = started
  })

  it('is refused in JSON, with the nearest that there is, and nothing is stored', async () => {
    const sent = { key: 'a', data: 1, expires: 1 }
    expectUnknown(await send(`POST ${node.url}/api`, sent), 'expires', 'the nearest is ttl')
    expectUnknown(await send(`POST ${node.url}/api`, '{"key":"a","data":1,"tt\\u006d":1}'), 'ttm', 'is ttl')
    expect((await call(`GET ${node.url}/api?key=a`)).json).to.include({ data: null })
    expectUnknown(await send(`POST ${node.url}/api/v1/counters/c`, { by: 1, ttll: 60 }), 'ttll')
    expectUnknown(await send(`POST ${node.url}/increment`, { key: 'c', value: 1, amount: 2 }), 'amount')
    expectUnknown(await call(`POST ${node.url}/increment`, form('key=c&value=1&x=1')), 'x: ', 'key, value')
    expectProblem(await call(`GET ${node.url}/api/v1/counters/c`), 404, 'NO_SUCH_KEY')
    const reaction = { type: 'reaction', action: 'add', content_id: 'k', user_id: 'S', reaction_type: 'fire' }
    expectUnknown(await send(`POST ${node.url}/api/v1/reaction`, { ...reaction, user: 'x' }), 'is user_id')
  })

  it('is refused where it stands twice, with nothing done; in a batch that spoils its operation alone', async () => {
    for (const [path, body] of [
      ['/api', '{"key":"a","data":1,"ttl":1,"ttl":1000}'],
      ['/api', '{"key":"a","key":"b","data":1}'],
      ['/api/v1/counters/c', '{"by":1,"b\\u0079":100}'],
      ['/api/v1/batch', '{"ops":[{"op":"set","key":"a","data":1}],"ops":[]}'],
    ] as const) {
      const answer = await send(`POST ${node.url}${path}`, body)
      expectProblem(answer, 400, 'BAD_REQUEST')
      expect(answer.text, body).to.include(' stands there twice.')
    }
    const ops = '[{"op":"get","op":"set","key":"a","data":1},{"op":"set","key":"b","data":{"x":1,"x":2}}]'
    const { json } = await send(`POST ${node.url}/api/v1/batch`, `{"ops":${ops}}`)
    expect((json as { results: { status: number }[] }).results.map(({ status }) => status)).to.deep.equal([
      400, 200,
    ])
    const { keys } = (await call(`GET ${node.url}/api/v1/kv`)).json as { keys: { key: string }[] }
    expect(keys.map(({ key }) => key)).to.deep.equal(['b'])
  })

  it('is refused in a query, on any call', async () => {
    const put = await call(`PUT ${node.url}/api/v1/kv/a?ex=30`, { body: 'x' })
    expectUnknown(put, 'ex: ', 'the nearest is ttl')
    expectProblem(await call(`GET ${node.url}/api/v1/kv/a`), 404, 'NO_SUCH_KEY')
    expectUnknown(await call(`GET ${node.url}/api?key=a&kye=b`), 'kye', 'key')
    expectUnknown(await call(`GET ${node.url}/api/v1/activity?count=3`), 'count', 'limit')
    expectUnknown(await call(`DELETE ${node.url}/clear?org_id=acme`), 'org_id')
    expectUnknown(await call(`GET ${node.url}/api/v1/cluster?pretty`), 'pretty')
    expect((await call(`HEAD ${node.url}/api?key=a&x=1`)).status).to.equal(400)
  })

  it('spoils in a batch the operation that has it, and no other; beside the operations all of them', async () => {
    const ops = [
      { op: 'get', key: 'a', ttl: 5 },
      { op: 'set', key: 'a', data: 1, expires: 1 },
      { op: 'set', key: 'b', data: 1 },
      { op: 'increment', key: 'c', by: 1, data: 1 },
    ]
    const { json } = await send(`POST ${node.url}/api/v1/batch`, { ops })
    const { results } = json as { results: { status: number; code?: string; detail?: string }[] }
    expect(results.map(({ status }) => status)).to.deep.equal([400, 400, 200, 400])
    expect(results.map(({ code }) => code).filter(Boolean)).to.deep.equal(Array(3).fill('UNKNOWN_FIELD'))
    expect(results[1]?.detail).to.include('expires').and.include('the nearest is ttl')
    expectUnknown(await send(`POST ${node.url}/api/v1/batch`, { ops: [], atomic: true }), 'atomic', 'ops')
  })

  it('is somebody else’s business in events and at probes', async () => {
    const event = { type: 'object.update', objectid: '42', whatever: { it: 'says' } }
    expect((await send(`POST ${node.url}/api/v1/events?x=1`, event)).status).to.equal(202)
    for (const path of ['/', '/livez', '/healthcheck', '/metrics'])
      expect((await call(`GET ${node.url}${path}?x=1`)).status, path).to.equal(200)
  })

  it('is told as far as anybody wants to read it', async () => {
    const answer = await send(`POST ${node.url}/api`, { ['x'.repeat(5000)]: 1, key: 'a', data: 1 })
    expectUnknown(answer, 'x...')
    expect(answer.text.length).to.be.below(600)
  })
})

function form(body: string) {
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
}
