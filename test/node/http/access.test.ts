/** Who may call what: API keys for the public, the cluster's secret for members, nothing for probes. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

const PUBLIC = [
  'POST /api',
  'GET /api?key=1',
  'DELETE /api?key=1',
  'PUT /api/v1/kv/1',
  'GET /api/v1/kv/1',
  'HEAD /api/v1/kv/1',
  'DELETE /api/v1/kv/1',
  'POST /api/v1/batch',
  'GET /api/v1/cluster',
  'GET /metrics',
  'GET /openapi.json',
]
const PROBES = ['GET /livez', 'GET /readyz', 'GET /healthcheck', 'HEAD /livez']

describe('a node with API keys', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode({ API_KEY: 'one, two', CLUSTER_SECRET: 'secret' })
  })
  after(() => node[Symbol.asyncDispose]())

  const at = (target: string) => target.replace(' ', ` ${node.url}`)

  for (const target of PUBLIC) {
    it(`answers ${target} only to those who have one`, async () => {
      for (const key of [undefined, '', 'three', 'one, two', 'on', 'ONE', 'secret']) {
        const answer = await call(at(target), { headers: key === undefined ? {} : { 'api-key': key } })
        expect(answer.status, `with ${key}`).to.equal(401)
        if (!target.startsWith('HEAD')) expectProblem(answer, 401, 'UNAUTHORIZED')
      }
      for (const key of ['one', 'two']) {
        expect((await call(at(target), { headers: { 'api-key': key } })).status).not.to.equal(401)
      }
    })
  }

  for (const target of PROBES) {
    it(`answers ${target} to everyone`, async () => {
      expect((await call(at(target))).status).to.equal(200)
    })
  }

  it('stores nothing for a stranger, and reads no more of the body than it must', async () => {
    const body = JSON.stringify({ key: 'k', data: 1 })
    expectProblem(await send(at('POST /api'), body), 401, 'UNAUTHORIZED')
    expectProblem(await send(at('POST /api'), 'x'.repeat(9_000_000)), 401, 'UNAUTHORIZED')
    const read = await call(at('GET /api?key=k'), { headers: { 'api-key': 'one' } })
    expect(read.json).to.include({ data: null })
  })

  it('carries out what members ask only with the secret of the cluster', async () => {
    const headers = { 'content-type': 'application/vnd.larder.frame' }
    const ask = (more: Record<string, string>) =>
      call(at('POST /cluster/execute'), { headers: { ...headers, ...more }, body: '\u0004' })
    for (const wrong of [
      {},
      { 'api-key': 'one' },
      { 'api-key': 'secret' },
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer wrong' },
      { authorization: 'Bearer secret2' },
      { authorization: 'Basic secret' },
    ]) {
      expectProblem(await ask(wrong), 401, 'UNAUTHORIZED')
    }
    expectProblem(await ask({ authorization: 'Bearer secret' }), 400, 'BAD_REQUEST')
  })
})

describe('a node with API keys and no cluster secret', () => {
  it('does not let strangers in by the door of the members', async () => {
    await using node = await startTestNode({ API_KEY: 'one' })
    const headers = { 'content-type': 'application/vnd.larder.frame' }
    const answer = await call(`POST ${node.url}/cluster/execute`, { headers, body: 'x' })
    expectProblem(answer, 401, 'UNAUTHORIZED')
  })
})

describe('a node without API keys', () => {
  it('lets everyone in, whatever key they send', async () => {
    await using node = await startTestNode()
    const answer = await call(`GET ${node.url}/api?key=1`, { headers: { 'api-key': 'any' } })
    expect(answer.status).to.equal(200)
  })
})
