/** Events that refresh: the copies are fetched anew without anybody asking. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { until } from '../../support/until.ts'
import { OBJECT_EVENTS, TestUpstream } from '../../support/upstream.ts'
import { type Answer, call, send } from '../http/call.ts'

const UPDATE = { type: 'object.update', objectid: '42' }

describe('events that refresh', () => {
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
      ROUTES_FILE: await upstream.contract({ events: { ...OBJECT_EVENTS, action: 'refresh' } }),
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

  it('have every copy fetched anew without anybody asking, each with what it was fetched with', async () => {
    await get('acme')
    await get('zeta', '?full=1')
    await get('acme', '', 'Bearer second') // A hit: its token was not used.
    version = 2
    expect((await tell(UPDATE)).status).to.equal(202)
    await upstream.called(4)
    expect(
      upstream.calls.slice(2).map(({ path, tenant, headers }) => [path, tenant, headers.authorization]),
    ).to.have.deep.members([
      ['/services/api/v1/object(42)/header', 'acme', 'Bearer acme'],
      ['/services/api/v1/object(42)/header?full=1', 'zeta', 'Bearer zeta'],
    ])
    const hit = await until(
      () => get('acme'),
      (answer) => statusOf(answer) === 'Larder; hit; ttl=300',
    )
    expect(hit.text).to.equal('acme 2 Bearer acme')
    expect((await get('zeta', '?full=1')).text).to.equal('zeta 2 Bearer zeta')
    expect(upstream.calls).to.have.length(4)
  })

  it('do so for every one of them, also for one that comes while the one before is still being fetched for', async () => {
    await get('acme')
    upstream.hold()
    version = 2
    await tell(UPDATE)
    await upstream.holds(1)
    version = 3
    await tell(UPDATE)
    upstream.release()
    await upstream.called(3)
    expect((await get('acme')).text).to.equal('acme 3 Bearer acme')
  })

  for (const [what, reply] of [
    ['breaks off', { breaks: 'silent' }],
    ['refuses the token', { status: 401, body: 'no' }],
  ] as const) {
    it(`forget what cannot be fetched anew, as upstream ${what}`, async () => {
      await get('acme')
      const { answer } = upstream
      upstream.answer = () => reply
      await tell(UPDATE)
      await upstream.called(2)
      upstream.answer = answer
      version = 2
      expect((await get('acme')).text).to.include('acme 2')
      await tell(UPDATE) // It was fetched again, so it is refreshed again.
      await upstream.called(4)
    })
  }

  it('do not fetch what is not there', async () => {
    await get('acme')
    await call(`DELETE ${node.url}/server/object(42)/header`, { headers: { org_id: 'acme' } })
    await tell(UPDATE)
    await tell({ ...UPDATE, objectid: 'never' })
    version = 2
    expect((await get('acme')).text).to.include('acme 2')
    expect(upstream.calls).to.have.length(2)
  })

  it('do not wait for upstream, but who asks meanwhile does', async () => {
    await get('acme')
    upstream.hold()
    version = 2
    expect((await tell(UPDATE)).status).to.equal(202)
    await upstream.holds(1)
    const meanwhile = get('acme')
    await call(`GET ${node.url}/livez`)
    upstream.release()
    expect((await meanwhile).text).to.include('acme 2')
    expect(upstream.calls).to.have.length(2)
  })
})
