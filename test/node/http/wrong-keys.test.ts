/** What somebody meets who shows wrong keys, and what the log of the node has of it. */
import { expect } from 'chai'
import { pino } from 'pino'
import { readConfig } from '../../../node/config.ts'
import { type Node, startNode } from '../../../node/node.ts'
import { systemClock } from '../../../shared/clock.ts'
import { until } from '../../support/until.ts'

const KEY = 'the-first-key-of-1'
const SECRET = 'secret-of-the-cluster'

describe('a node that is shown wrong keys', () => {
  let node: Node
  let url: string
  let said: string[]

  beforeEach(async () => {
    said = []
    const log = pino({}, { write: (line: string) => void said.push(line) })
    const config = readConfig({ PORT: '0', DATA_DIR: 'off', API_KEY: KEY, CLUSTER_SECRET: SECRET })
    node = await startNode(config, { log, clock: systemClock, onFatal() {} })
    url = `http://127.0.0.1:${node.port}`
  })
  afterEach(() => node[Symbol.asyncDispose]())

  const read = (headers: Record<string, string>, path = '/api?key=1') => fetch(url + path, { headers })
  const statusOf = async (headers: Record<string, string>) => (await read(headers)).status

  it('says so once with the address, and counts each', async () => {
    for (let count = 0; count < 5; count++)
      expect(await statusOf({ 'api-key': `wrong-${count}` })).to.equal(401)
    expect((await read({ authorization: 'Bearer wrong' }, '/cluster/status')).status).to.equal(401)
    const lines = said.filter((line) => line.includes('wrong key or secret'))
    expect(lines).to.have.length(1)
    expect(JSON.parse(lines[0] ?? '')).to.include({ level: 40, address: '127.0.0.1' })
    const page = await (await read({ 'api-key': KEY }, '/metrics')).text()
    expect(page).to.include('larder_wrong_credentials_total{of="key"} 5')
    expect(page).to.include('larder_wrong_credentials_total{of="secret"} 1')
    expect(said.join()).not.to.include('wrong-')
  })

  it('slows them down, however many come at once, and lets the right one in meanwhile', async () => {
    const startedAtMs = performance.now()
    const guesses = Array.from({ length: 100 }, (_, count) => statusOf({ 'api-key': `wrong-${count}` }))
    await Promise.race(guesses)
    expect(await statusOf({ 'api-key': KEY })).to.equal(200)
    const statuses = await Promise.all(guesses)
    expect([...new Set(statuses)].sort()).to.deep.equal([401, 429])
    expect(performance.now() - startedAtMs).to.be.above(4000)
    expect(await statusOf({ 'api-key': KEY })).to.equal(200)
  })

  it('does not slow those down who show nothing', async () => {
    const statuses = await Promise.all(Array.from({ length: 300 }, () => statusOf({})))
    expect(new Set(statuses)).to.deep.equal(new Set([401]))
    expect(said.join()).not.to.include('wrong key')
  })

  it('repeats nothing of what strangers send', async () => {
    const named = { 'x-request-id': 'a-stranger-was-here', 'user-agent': 'a-stranger-was-here' }
    for (const path of ['/livez', '/readyz', '/', '/healthcheck', '/a-stranger-was-here', '/api?key=1'])
      await read(named, path)
    await read({ ...named, 'api-key': 'a-stranger-was-here' })
    await read({ ...named, 'api-key': KEY }, '/api?key=known')
    await until(
      async () => said.filter((line) => line.includes('a-stranger-was-here')),
      (lines) => lines.length === 1,
    )
    expect(said.join('')).to.include('"msg":"answered"')
  })

  it('tells who has cleared all responses', async () => {
    await fetch(`${url}/clear`, { method: 'DELETE', headers: { 'api-key': KEY, org_id: 'acme' } })
    const line = JSON.parse(said.find((line) => line.includes('"audit"')) ?? '{}')
    expect(line).to.include({ audit: 'responses were cleared', org_id: 'acme', address: '127.0.0.1' })
  })

  it('tells who has forgotten many keys, by either door', async () => {
    const headers = { 'api-key': KEY, 'content-type': 'application/json' }
    for (const key of ['tmp:1', 'tmp:2', 'kept'])
      await fetch(`${url}/api`, { method: 'POST', headers, body: JSON.stringify({ key, data: 1 }) })
    await fetch(`${url}/api/v1/kv?prefix=tmp:`, { method: 'DELETE', headers })
    await fetch(`${url}/redis/flushall`, { method: 'POST', headers })
    const lines = said.map((line) => JSON.parse(line)).filter(({ audit }) => audit === 'keys were forgotten')
    expect(lines.map(({ prefix, deleted, address }) => [prefix, deleted, address])).to.deep.equal([
      ['tmp:', 2, '127.0.0.1'],
      ['', 1, '127.0.0.1'],
    ])
  })
})
