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

const [ONE, TWO] = ['the-first-key-of-1', 'the-other-key-of-2']
const [SHOWN, TAKEN] = ['secret-that-is-shown', 'secret-that-is-taken']

describe('a node with API keys', () => {
  let node: TestNode

  before(async () => {
    node = await startTestNode({ API_KEY: `${ONE}, ${TWO}`, CLUSTER_SECRET: `${SHOWN},${TAKEN}` })
  })
  after(() => node[Symbol.asyncDispose]())

  const at = (target: string) => target.replace(' ', ` ${node.url}`)

  for (const target of PUBLIC) {
    it(`answers ${target} only to those who have one`, async () => {
      for (const key of [undefined, '', 'three', `${ONE}, ${TWO}`, ONE.slice(1), ONE.toUpperCase(), SHOWN]) {
        const answer = await call(at(target), { headers: key === undefined ? {} : { 'api-key': key } })
        expect(answer.status, `with ${key}`).to.equal(401)
        if (!target.startsWith('HEAD')) expectProblem(answer, 401, 'UNAUTHORIZED')
      }
      for (const key of [ONE, TWO]) {
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
    const read = await call(at('GET /api?key=k'), { headers: { 'api-key': ONE } })
    expect(read.json).to.include({ data: null })
  })

  it('carries out what members ask only with one of the secrets of the cluster', async () => {
    const headers = { 'content-type': 'application/vnd.larder.frame' }
    const ask = (more: Record<string, string>) =>
      call(at('POST /cluster/execute'), { headers: { ...headers, ...more }, body: '\u0004' })
    for (const wrong of [
      {},
      { 'api-key': ONE },
      { 'api-key': SHOWN },
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${SHOWN}2` },
      { authorization: `Bearer ${SHOWN},${TAKEN}` },
      { authorization: `Bearer ${ONE}` },
      { authorization: `Basic ${SHOWN}` },
    ]) {
      expectProblem(await ask(wrong), 401, 'UNAUTHORIZED')
    }
    for (const secret of [SHOWN, TAKEN])
      expectProblem(await ask({ authorization: `Bearer ${secret}` }), 400, 'BAD_REQUEST')
  })
})

describe('a node with API keys and no cluster secret', () => {
  it('lets nobody in by the door of the members, whatever they show', async () => {
    await using node = await startTestNode({ API_KEY: ONE })
    for (const shown of [undefined, ONE, SHOWN]) {
      const type = { 'content-type': 'application/vnd.larder.frame' }
      const headers = shown === undefined ? type : { ...type, authorization: `Bearer ${shown}` }
      const answer = await call(`POST ${node.url}/cluster/execute`, { headers, body: 'x' })
      expectProblem(answer, 401, 'UNAUTHORIZED')
    }
  })
})

describe('a node without API keys', () => {
  it('lets everyone in, whatever key they send', async () => {
    await using node = await startTestNode()
    const answer = await call(`GET ${node.url}/api?key=1`, { headers: { 'api-key': 'any' } })
    expect(answer.status).to.equal(200)
  })
})
