/** The API to try the cache with: what it answers, and a node in front of it. */
import { expect } from 'chai'
import { startTestNode } from '../support/node.ts'
import { freePorts } from '../support/ports.ts'
import { TestProcess } from '../support/process.ts'
import { TestUpstream } from '../support/upstream.ts'

describe('scripts: the API to try the cache with', () => {
  it('answers slowly with the id, the organisation and a version, and counts', async () => {
    const [port] = await freePorts(1)
    await using api = await start(port)
    const url = `http://127.0.0.1:${port}`
    const object = `${url}/services/api/v1/object(a%2Fb)/header?x=1`
    const startedAtMs = performance.now()
    const first = await fetch(object, { headers: { org_id: 'acme' } })
    expect(performance.now() - startedAtMs).to.be.above(700)
    expect(await first.json()).to.deep.equal({ type: 'object', id: 'a/b', org: 'acme', version: 1 })
    const etag = first.headers.get('etag') ?? ''
    expect((await fetch(object, { headers: { 'if-none-match': etag } })).status).to.equal(304)
    expect(await jsonOf(`${url}/change/a%2Fb`, 'POST')).to.deep.equal({ id: 'a/b', version: 2 })
    const changed = await fetch(object, { headers: { org_id: 'acme', 'if-none-match': etag } })
    expect([changed.status, await changed.json()]).to.deep.equal([
      200,
      { type: 'object', id: 'a/b', org: 'acme', version: 2 },
    ])
    expect(await jsonOf(`${url}/services/api/v1/templates/7`)).to.include({ type: 'template', version: 1 })
    expect(await jsonOf(`${url}/calls`)).to.deep.equal({ calls: 4 })
    expect((await fetch(`${url}/change/%ff`, { method: 'POST' })).status).to.equal(404)
    expect(await api.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('is asked once by a node in front of it, and again after a change', async () => {
    const [port] = await freePorts(1)
    await using _api = await start(port)
    const api = `http://127.0.0.1:${port}`
    await using upstream = await TestUpstream.start()
    const ROUTES_FILE = await upstream.contract({ upstream: `${api}/services/api/v1/object({id})/header` })
    await using node = await startTestNode({ ROUTES_FILE })
    const get = () => fetch(`${node.url}/server/object(42)/header`, { headers: { org_id: 'acme' } })
    const answers = await Promise.all(Array.from({ length: 5 }, async () => (await get()).json()))
    expect(answers).to.deep.equal(Array(5).fill({ type: 'object', id: '42', org: 'acme', version: 1 }))
    expect(await jsonOf(`${api}/calls`)).to.deep.equal({ calls: 1 })
    await jsonOf(`${api}/change/42`, 'POST')
    const event = JSON.stringify({ type: 'object.update', objectid: 42 })
    const headers = { 'content-type': 'application/json' }
    expect(
      (await fetch(`${node.url}/api/v1/events`, { method: 'POST', headers, body: event })).status,
    ).to.equal(202)
    expect(await (await get()).json()).to.include({ version: 2 })
  })

  for (const args of [['here'], ['0'], ['65536'], ['4600', 'more']]) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      await using api = new TestProcess(process.execPath, ['scripts/demo-api.ts', ...args])
      const { code, stderr } = await api.finished()
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })
  }
})

async function start(port: number): Promise<TestProcess> {
  const api = new TestProcess(process.execPath, ['scripts/demo-api.ts', String(port)])
  await api.says('answers at')
  return api
}

async function jsonOf(url: string, method = 'GET'): Promise<unknown> {
  return (await fetch(url, { method })).json()
}
