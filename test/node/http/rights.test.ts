/** Keys with rights: what each may do at a node, in batches op by op, and with whose keys and responses. */
import { expect } from 'chai'
import { type KeyRow, KeysFile, keyOf, withKey } from '../../support/keys.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem, JSON_TYPE, send } from './call.ts'

const ADMIN = { 'api-key': 'a-wooden-spoon-0' }
const ROWS: Readonly<Record<string, KeyRow>> = {
  reader: { can: ['read'] },
  writer: { can: ['write'] },
  sweeper: { can: ['clear'] },
  crier: { can: ['events'] },
  grafana: { can: ['metrics'] },
  shop: { can: ['read', 'write', 'clear'], prefix: 'shop:', org_id: 'acme' },
  zeta: { can: ['read'], org_id: 'zeta' },
}
const SET = { key: 'k', data: 1 }
const REACTION = { type: 'reaction', action: 'add', content_id: 'k', user_id: 'Sam', reaction_type: 'fire' }
/** Each call with those who may make it; whoever may do everything may anyway. */
const CALLS: readonly [target: string, body: unknown, ...may: string[]][] = [
  ['POST /api', SET, 'writer'],
  ['GET /api?key=k', undefined, 'reader', 'zeta'],
  ['DELETE /api?key=k', undefined, 'writer'],
  ['PUT /api/v1/kv/k', SET, 'writer'],
  ['GET /api/v1/kv/k', undefined, 'reader', 'zeta'],
  ['HEAD /api/v1/kv/k', undefined, 'reader', 'zeta'],
  ['DELETE /api/v1/kv/k', undefined, 'writer'],
  ['POST /increment', { key: 'c', value: 1 }, 'writer'],
  ['POST /api/v1/counters/c', { by: 1 }, 'writer'],
  ['GET /api/v1/counters/c', undefined, 'reader', 'zeta'],
  ['DELETE /api/v1/counters/c', undefined, 'writer'],
  ['POST /api/v1/reaction', REACTION, 'writer'],
  ['GET /api/v1/reaction/reactions_count/k', undefined, 'reader', 'zeta'],
  ['GET /api/v1/reaction/reaction_counts/k', undefined, 'reader', 'zeta'],
  ['GET /api/v1/reaction/users/k', undefined, 'reader', 'zeta'],
  ['GET /api/v1/activity', undefined, 'reader', 'zeta', 'shop'],
  ['DELETE /clear', undefined, 'sweeper'],
  ['POST /api/v1/events', { type: 'nothing' }, 'crier'],
  ['GET /metrics', undefined, 'grafana'],
  ['GET /api/v1/cluster', undefined, 'reader', 'grafana', 'shop', 'zeta'],
  ['GET /openapi.json', undefined, ...Object.keys(ROWS)],
  ['POST /api/v1/batch', { ops: [] }, 'reader', 'writer', 'shop', 'zeta'],
]

describe('a node with keys that have rights', () => {
  let file: KeysFile
  let upstream: TestUpstream
  let node: TestNode
  before(async () => {
    file = new KeysFile(ROWS)
    upstream = await TestUpstream.start()
    const { url } = upstream
    const ROUTES_FILE = await upstream.routesFile({
      type: 'dish',
      path: '/dish/{id}',
      upstream: `${url}/dish/{id}`,
      ttl: 60,
    })
    node = await startTestNode({ API_KEY: ADMIN['api-key'], KEYS_FILE: file.path, ROUTES_FILE })
  })
  after(async () => {
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  const at = (target: string) => target.replace(' ', ` ${node.url}`)
  const ask = (target: string, headers: Record<string, string>, body?: unknown) =>
    body === undefined ? call(at(target), { headers }) : send(at(target), body, headers)

  for (const [target, body, ...may] of CALLS) {
    it(`lets ${may.join(', ')} ask for ${target}, and no other`, async () => {
      for (const name of Object.keys(ROWS)) {
        const answer = await ask(target, withKey(name), body)
        if (may.includes(name)) expect(answer.status, `${name}: ${answer.text}`).to.not.be.oneOf([401, 403])
        else if (target.startsWith('HEAD')) expect(answer.status).to.equal(403)
        else expectProblem(answer, 403, 'FORBIDDEN')
      }
      expect((await ask(target, ADMIN, body)).status).to.not.be.oneOf([401, 403])
    })
  }

  it('takes a key as a bearer token too, but not where that is for upstream', async () => {
    const bearer = (name: string) => ({ authorization: `Bearer ${keyOf(name)}` })
    expect((await ask('GET /metrics', bearer('grafana'))).status).to.equal(200)
    expect((await ask('GET /metrics', { authorization: `bearer ${keyOf('grafana')}` })).status).to.equal(200)
    expectProblem(await ask('GET /metrics', bearer('reader')), 403, 'FORBIDDEN')
    for (const authorization of [keyOf('grafana'), `Basic ${keyOf('grafana')}`, 'Bearer', 'Bearer x'])
      expectProblem(await ask('GET /metrics', { authorization }), 401, 'UNAUTHORIZED')
    const acme = { org_id: 'acme' }
    const refused = await ask('GET /dish/1', { ...bearer('shop'), ...acme })
    expectProblem(refused, 401, 'UNAUTHORIZED')
    expect(refused.headers.get('www-authenticate')).to.equal('ApiKey')
    expect(refused.text).to.include('api-key').and.include('upstream')
    const passed = await ask('GET /dish/1', {
      ...withKey('shop'),
      ...acme,
      authorization: 'Bearer of-upstream',
    })
    expect(passed.status).to.equal(200)
    expect(upstream.calls.at(-1)?.headers.authorization).to.equal('Bearer of-upstream')
  })

  it('says to whoever shows none which headers there are', async () => {
    const answer = await ask('GET /api?key=k', {})
    expectProblem(answer, 401, 'UNAUTHORIZED')
    expect(answer.headers.get('www-authenticate')).to.equal('ApiKey, Bearer')
    expect(answer.text).to.include('api-key').and.include('authorization: Bearer')
  })

  it('refuses in a batch what a key may not do, op by op, and does the rest', async () => {
    await ask('POST /api', ADMIN, { key: 'shop:1', data: 'soup' })
    await ask('POST /api', ADMIN, { key: 'bank:1', data: 'gold' })
    const ops = [
      { op: 'get', key: 'shop:1' },
      { op: 'get', key: 'bank:1' },
      { op: 'set', key: 'shop:2', data: 2 },
      { op: 'set', key: 'bank:2', data: 2 },
      { op: 'delete', key: 'bank:1' },
      { op: 'increment', key: 'shop:c', by: 1 },
      { op: 'increment', key: 'c', by: 1 },
      { op: 'counter', key: 'shop:c' },
      { op: 'nonsense', key: 'shop:1' },
    ]
    const statuses = async (name: string) => {
      const { json } = await ask('POST /api/v1/batch', withKey(name), { ops })
      return (json as { results: { status: number; code?: string }[] }).results.map(
        ({ status, code }) => code ?? status,
      )
    }
    const no = 'FORBIDDEN'
    expect((await ask('POST /api/v1/batch', withKey('crier'), { ops })).status).to.equal(403)
    expect(await statuses('shop')).to.deep.equal([200, no, 200, no, no, 200, no, 200, 'BAD_REQUEST'])
    expect(await statuses('reader')).to.deep.equal([200, 200, no, no, no, no, no, 200, 'BAD_REQUEST'])
    expect((await ask('GET /api?key=bank:2', ADMIN)).json).to.include({ data: null })
    expect((await statuses('writer')).slice(0, 3)).to.deep.equal([no, no, 200])
  })

  it('takes nothing in a batch for whoever may not delete, also where there is nothing', async () => {
    for (const [name, status] of [
      ['reader', 403],
      ['writer', 403],
      ['shop', 404],
    ] as const) {
      const { json } = await ask('POST /api/v1/batch', withKey(name), {
        ops: [{ op: 'take', key: 'shop:none' }],
      })
      expect(json, name).to.have.nested.property('results[0].status', status)
    }
  })

  it('keeps a key to what begins so', async () => {
    const shop = withKey('shop')
    expect((await ask('PUT /api/v1/kv/shop%3A3', shop, 3)).status).to.equal(201)
    for (const key of ['shop', 'bank:1', 'Shop:1', '%73hop', 'x%2Fshop:1'])
      expectProblem(await ask(`GET /api/v1/kv/${key}`, shop), 403, 'FORBIDDEN')
    expect((await ask('GET /api/v1/kv/%73hop:3', shop)).status).to.equal(200)
    for (const content_id of ['shop:a', 'bank:a']) {
      for (const user_id of ['Sam', 'Ann'])
        await ask('POST /api/v1/reaction', ADMIN, { ...REACTION, content_id, user_id })
    }
    const contents = async (headers: Record<string, string>) => {
      const { json } = await ask('GET /api/v1/activity?limit=1000', headers)
      return (json as { activity: { content_id: string }[] }).activity.map(({ content_id }) => content_id)
    }
    expect(await contents(shop)).to.deep.equal(['shop:a'])
    expect(await contents(ADMIN)).to.include.members(['shop:a', 'bank:a'])
    expectProblem(await ask('GET /api/v1/reaction/users/bank%3Aa', shop), 403, 'FORBIDDEN')
    expect((await ask('GET /api/v1/holders?key=shop:1', shop)).status).to.equal(200)
    expectProblem(await ask('GET /api/v1/holders?key=bank:1', shop), 403, 'FORBIDDEN')
    const keys = async (query: string) => {
      const { json } = await ask(`GET /api/v1/kv?limit=1000${query}`, shop)
      return (json as { keys: { key: string }[] }).keys.map(({ key }) => key)
    }
    for (const query of ['', '&prefix=', '&prefix=sh', '&prefix=shop:3'])
      expect(await keys(query), query).to.satisfy((all: string[]) =>
        all.every((key) => key.startsWith('shop:')),
      )
    expect(await keys('&prefix=s')).to.include('shop:3')
    expectProblem(await ask('GET /api/v1/kv?prefix=bank', shop), 403, 'FORBIDDEN')
    await ask('POST /api', ADMIN, { key: 'bank:1', data: 'gold' })
    for (const prefix of ['', 'sh', 'bank'])
      expectProblem(await ask(`DELETE /api/v1/kv?prefix=${prefix}`, shop), 403, 'FORBIDDEN')
    expectProblem(await ask('DELETE /api/v1/kv?prefix=shop:', withKey('writer')), 403, 'FORBIDDEN')
    expect((await ask('DELETE /api/v1/kv?prefix=shop:3', shop)).status).to.equal(200)
    expect((await ask('GET /api?key=bank:1', ADMIN)).json).to.not.include({ data: null })
  })

  it('lets nobody have the responses of another tenant, or of one that no key names', async () => {
    const of = (org_id: string, name?: string) => ({
      org_id,
      ...(name === undefined ? ADMIN : withKey(name)),
    })
    for (const [headers, status] of [
      [of('acme', 'shop'), 200],
      [of('zeta', 'shop'), 403],
      [of('zeta', 'zeta'), 200],
      [of('acme', 'reader'), 200],
      [of('acme'), 200],
      [of('invented'), 403],
      [of('invented', 'reader'), 403],
    ] as const)
      expect((await ask('GET /dish/2', headers)).status, JSON.stringify(headers)).to.equal(status)
    expect((await ask('PUT /dish/3', of('acme', 'shop'), 'soup')).status).to.equal(204)
    expectProblem(await ask('PUT /dish/3', of('acme', 'reader'), 'soup'), 403, 'FORBIDDEN')
    expectProblem(await ask('PUT /dish/3', of('invented'), 'soup'), 403, 'FORBIDDEN')
    expectProblem(await ask('DELETE /dish/3', of('zeta', 'shop')), 403, 'FORBIDDEN')
    expect((await ask('DELETE /clear', of('acme', 'shop'))).status).to.equal(204)
    expectProblem(await ask('DELETE /clear', of('zeta', 'shop')), 403, 'FORBIDDEN')
    expectProblem(await ask('DELETE /clear', withKey('shop')), 403, 'FORBIDDEN')
    expectProblem(await ask('DELETE /clear', of('invented')), 403, 'FORBIDDEN')
    expect((await ask('DELETE /clear', withKey('sweeper'))).status).to.equal(204)
  })

  it('reads no more of a body than it must to refuse it', async () => {
    const body = 'x'.repeat(9_000_000)
    const answer = await call(at('POST /api'), { headers: { ...JSON_TYPE, ...withKey('reader') }, body })
    expectProblem(answer, 403, 'FORBIDDEN')
  })

  it('takes its keys anew when it is told to, and those before stay where the file is bad', async () => {
    const statusFor = async (name: string) => (await ask('GET /api?key=k', withKey(name))).status
    file.writeText('{"keys": [')
    node.node.renew?.()
    expect([await statusFor('reader'), await statusFor('late')]).to.deep.equal([200, 401])
    const { reader, ...others } = ROWS
    file.write({ ...others, late: { can: ['read'] } })
    node.node.renew?.()
    expect([await statusFor('reader'), await statusFor('late')]).to.deep.equal([401, 200])
    file.write(ROWS)
    node.node.renew?.()
    expect([await statusFor('reader'), await statusFor('late')]).to.deep.equal([200, 401])
  })
})
