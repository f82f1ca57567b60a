/** Events that invalidate: what they do with every copy of a response, and with whatever is being fetched. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { OBJECT_EVENTS, TestUpstream } from '../../support/upstream.ts'
import { type Answer, call, expectProblem, JSON_TYPE, send } from '../http/call.ts'

const UPDATE = { type: 'object.update', objectid: '42' }

describe('events that invalidate', () => {
  let upstream: TestUpstream
  let node: TestNode
  let version = 1

  beforeEach(async () => {
    upstream = await TestUpstream.start()
    version = 1
    upstream.answer = ({ tenant, headers }) => ({
      body: `${tenant} ${version} ${headers.authorization ?? '-'}`,
    })
    node = await startTestNode({
      ROUTES_FILE: await upstream.contract({ events: OBJECT_EVENTS }),
    })
  })
  afterEach(async () => {
    upstream.release()
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const get = (org: string, query = '', authorization = `Bearer ${org}`, id = '42'): Promise<Answer> =>
    call(`GET ${node.url}/server/object(${id})/header${query}`, { headers: { org_id: org, authorization } })
  const tell = (message: unknown): Promise<Answer> => send(`POST ${node.url}/api/v1/events`, message)
  const statusOf = (answer: Answer) => answer.headers.get('cache-status')

  it('are answered with 202 and nothing else, and reach the copies of every tenant and every query', async () => {
    const copies = [
      ['acme', ''],
      ['acme', '?full=1'],
      ['zeta', ''],
      ['zeta', '?full=2'],
    ] as const
    for (const [org, query] of copies) await get(org, query)
    await get('acme', '', 'Bearer acme', '43')
    version = 2
    const told = await tell(UPDATE)
    expect([told.status, told.text]).to.deep.equal([202, ''])
    for (const [org, query] of copies) expect((await get(org, query)).text).to.equal(`${org} 2 Bearer ${org}`)
    expect((await get('acme', '', 'Bearer acme', '43')).text).to.equal('acme 1 Bearer acme')
    expect(upstream.calls).to.have.length(9)
  })

  for (const [id, written] of [
    ['9007199254740993', '9007199254740993'],
    ['1524831183200260097', '1524831183200260097'],
    ['-7', '-7'],
    ['0', '-0'],
    ['42', '4.2e1'],
  ] as const) {
    it(`have the id ${id} where ${written} is written, digit by digit`, async () => {
      for (const one of [id, '9007199254740992']) await get('acme', '', 'Bearer acme', one)
      version = 2
      const body = `\ufeff{"type":"object.update","objectid":${written}}`
      const told = await call(`POST ${node.url}/api/v1/events`, { headers: JSON_TYPE, body })
      expect(told.status, told.text).to.equal(202)
      expect((await get('acme', '', 'Bearer acme', id)).text).to.include('acme 2')
      expect((await get('acme', '', 'Bearer acme', '9007199254740992')).text).to.include('acme 1')
    })
  }

  for (const type of OBJECT_EVENTS.types) {
    it(`may be ${type}, with the id as an integer`, async () => {
      await get('acme')
      version = 2
      expect((await tell({ type, objectid: 42, more: [1] })).status).to.equal(202)
      expect((await get('acme')).text).to.include('acme 2')
    })
  }

  it('reach ids that have to be written differently in a path', async () => {
    for (const id of ['a b', 'a/b', 'ä', '100%', "it's (1)", '{id}', '日本']) {
      const ask = () => get('acme', '', 'x', encodeURIComponent(id))
      version = 1
      await ask()
      expect((await tell({ ...UPDATE, objectid: id })).status).to.equal(202)
      version = 2
      expect((await ask()).text, id).to.include('acme 2')
    }
  })

  it('of types that nobody knows are ignored', async () => {
    await get('acme')
    for (const type of ['object.read', 'OBJECT.UPDATE', 'toString', '__proto__'])
      expect((await tell({ type, objectid: '42' })).status).to.equal(202)
    expect((await tell({ type: 'other' })).status).to.equal(202)
    expect(statusOf(await get('acme'))).to.match(/hit/)
  })

  for (const [message, reason] of [
    ['{', 'not JSON'],
    ['', 'not JSON'],
    ['[]', 'type'],
    ['null', 'type'],
    ['{"objectid":"42"}', 'type'],
    ['{"type":5,"objectid":"42"}', 'type'],
    ['{"type":"object.update"}', 'objectid'],
    ['{"type":"object.update","objectid":null}', 'objectid'],
    ['{"type":"object.update","objectid":4.2}', 'objectid'],
    ['{"type":"object.update","objectid":""}', 'objectid'],
    ['{"type":"object.update","objectid":["42"]}', 'objectid'],
  ] as const) {
    it(`that cannot be understood are refused and do nothing: ${message}`, async () => {
      await get('acme')
      const answer = await tell(message)
      expectProblem(answer, 400, 'BAD_REQUEST')
      expect(answer.text).to.include(reason)
      expect(statusOf(await get('acme'))).to.match(/hit/)
    })
  }

  it('have to be JSON, and not too long', async () => {
    const url = `POST ${node.url}/api/v1/events`
    const text = { headers: { 'content-type': 'text/csv' }, body: JSON.stringify(UPDATE) }
    expectProblem(await call(url, text), 415, 'UNSUPPORTED_MEDIA_TYPE')
    const long = JSON.stringify({ ...UPDATE, more: 'x'.repeat(9_000_000) })
    expectProblem(await call(url, { headers: JSON_TYPE, body: long }), 413, 'TOO_LARGE')
  })

  it('keep out what was being fetched before: who waited gets it, whoever asks later gets what is new', async () => {
    upstream.hold()
    const before = get('acme')
    await upstream.holds(1)
    version = 2
    await tell(UPDATE)
    const after = get('acme')
    await upstream.holds(2)
    upstream.releaseOne(1)
    expect((await after).text).to.include('acme 2')
    upstream.releaseOne(0)
    const late = await before
    expect([late.text, statusOf(late)]).to.deep.equal([
      'acme 1 Bearer acme',
      'Larder; fwd=miss; fwd-status=200',
    ])
    const now = await get('acme')
    expect([now.text, statusOf(now)]).to.deep.equal(['acme 2 Bearer acme', 'Larder; hit; ttl=300'])
  })
})
