/** Cached responses and their surroundings: keys, secrets, the disk, the other paths, and how a node is started. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseRoutes } from '../../../node/route-file.ts'
import type { Environment } from '../../../shared/config.ts'
import { startTestNode } from '../../support/node.ts'
import { freePorts } from '../../support/ports.ts'
import { startService, statusOf, TestProcess } from '../../support/process.ts'
import { until } from '../../support/until.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem, send } from './call.ts'

const KEY = 'salt-and-pepper-1'
const TOKEN = 'tok-7f3a9c'
const BODY = 'body-51e0d2'
const ORG = { org_id: 'acme', authorization: `Bearer ${TOKEN}` }

describe('cached responses', () => {
  it('need the API key where there is one, and never show it to upstream', async () => {
    await using upstream = await TestUpstream.start()
    await using node = await startTestNode({ ROUTES_FILE: await upstream.contract(), API_KEY: KEY })
    const event = JSON.stringify({ type: 'object.update', objectid: '1' })
    for (const [target, body, status] of [
      ['GET /server/templates/1', undefined, 200],
      ['PUT /server/templates/1', 'x', 204],
      ['DELETE /server/templates/1', undefined, 204],
      ['DELETE /clear', undefined, 204],
      ['POST /api/v1/events', event, 202],
    ] as const) {
      const url = target.replace(' ', ` ${node.url}`)
      const options = { headers: { ...ORG, 'content-type': 'application/json' }, ...(body && { body }) }
      for (const key of [{}, { 'api-key': 'pepper' }, { 'api-key': TOKEN }]) {
        const answer = await call(url, { ...options, headers: { ...options.headers, ...key } })
        expectProblem(answer, 401, 'UNAUTHORIZED')
      }
      const letIn = await call(url, { ...options, headers: { ...options.headers, 'api-key': KEY } })
      expect(letIn.status, target).to.equal(status)
    }
    expect(upstream.calls).to.have.length(1)
    expect(JSON.stringify(upstream.calls)).not.to.include(KEY)
  })

  it('leave nothing on disk: no body, no token, no path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'larder-nothing-'))
    await using upstream = await TestUpstream.start()
    upstream.answer = () => ({ body: BODY })
    await useAll({ ROUTES_FILE: await upstream.contract(), DATA_DIR: folder })
    const text = await written(folder)
    expect(text).to.include('value-on-disk')
    for (const secret of [TOKEN, BODY, 'path-77', 'path-78', 'path-79', 'acme'])
      expect(text).not.to.include(secret)
    await rm(folder, { recursive: true })
  })

  it('leave no token in the log, and no body, whatever goes wrong and however much is logged', async () => {
    await using upstream = await TestUpstream.start()
    upstream.answer = ({ path }) => {
      if (path.includes('broken')) return { breaks: 'silent' }
      if (path.includes('elsewhere')) return { status: 302, headers: { location: 'http://example.invalid/' } }
      return path.includes('refused') ? { status: 401, body: BODY } : { body: BODY }
    }
    const [port] = await freePorts(1)
    const ROUTES_FILE = await upstream.contract({
      timeout_ms: 100,
      events: { topic: 't', id: 'objectid', action: 'refresh', types: ['object.update'] },
    })
    await using node = await startService('node', { PORT: String(port), LOG_LEVEL: 'trace', ROUTES_FILE })
    const url = `http://127.0.0.1:${port}`
    const headers = { ...ORG, 'x-request-id': 'traced-1' }
    for (const id of ['fine', 'broken', 'elsewhere', 'refused', '%', '..'])
      await call(`GET ${url}/server/object(${id})/header?q=1`, { headers })
    await call(`PUT ${url}/server/object(fine)/header`, { headers, body: BODY })
    await send(`POST ${url}/api/v1/events`, { type: 'object.update', objectid: 'fine' })
    upstream.hold()
    await call(`GET ${url}/server/object(slow)/header`, { headers })
    upstream.answer = () => ({ breaks: 'silent' })
    await send(`POST ${url}/api/v1/events`, { type: 'object.update', objectid: 'fine' })
    upstream.release()
    await call(`DELETE ${url}/clear`, { headers })
    await node.stop()
    expect(node.stdout).to.include('traced-1').and.to.include('UPSTREAM_TIMEOUT')
    expect(node.stdout + node.stderr).not.to.include(TOKEN)
    expect(node.stdout + node.stderr).not.to.include(BODY)
  })

  it('leave the paths of Larder itself alone, or are refused, whatever the routes are', async () => {
    await using upstream = await TestUpstream.start()
    const route = { type: 'any', upstream: `${upstream.url}/`, ttl: 1 }
    for (const path of ['/{a}', '/{a}/{b}/{c}', '/l{a}z', '/m{a}']) {
      const ROUTES_FILE = await upstream.routesFile({ ...route, path })
      if ('problems' in parseRoutes(await readFile(ROUTES_FILE, 'utf8'))) continue
      await using node = await startTestNode({ ROUTES_FILE })
      for (const own of ['/livez', '/readyz', '/metrics', '/openapi.json', '/healthcheck', '/api/v1/cluster'])
        expect((await call(`GET ${node.url}${own}`)).status, `${own} beside ${path}`).to.equal(200)
    }
  })

  it('are not there without a routes file; events and clearing are', async () => {
    await using node = await startTestNode()
    expectProblem(await call(`GET ${node.url}/server/templates/1`, { headers: ORG }), 404, 'NO_SUCH_PATH')
    expect((await send(`POST ${node.url}/api/v1/events`, { type: 'object.update' })).status).to.equal(202)
    expect((await call(`DELETE ${node.url}/clear`)).status).to.equal(204)
  })

  it('refuse the start of a node with one message that names every wrong line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'larder-routes-'))
    const path = join(folder, 'routes.json')
    await writeFile(path, '{"routes": [\n{"type": "a",\n"path": "/a",\n"upstream": "x",\n"ttl": -1}\n]}\n')
    await using node = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { PORT: '0', ROUTES_FILE: path, SHARD_LIMIT: 'many' },
    })
    const { code, stdout, stderr } = await node.finished()
    expect([code, stdout]).to.deep.equal([1, ''])
    for (const part of [`${path}: line 4: routes.0.upstream`, 'line 5: routes.0.ttl', 'SHARD_LIMIT'])
      expect(stderr).to.include(part)
    expect(stderr).not.to.match(/\n\s+at /)
    await rm(folder, { recursive: true })
  })

  it('refuse the start of a node without the file that it is to read', async () => {
    await using node = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { PORT: '0', ROUTES_FILE: '/nowhere/routes.json' },
    })
    const { code, stderr } = await node.finished()
    expect(code).to.equal(1)
    expect(stderr)
      .to.include('ROUTES_FILE=/nowhere/routes.json')
      .and.not.to.match(/\n\s+at /)
  })
})

/** Everything that is done with responses, at a node that keeps values on disk at once. */
async function useAll(environment: Environment): Promise<void> {
  await using node = await startTestNode({ ...environment, SYNC_INTERVAL_MS: '0', NODE_ID: 'n' })
  await until(
    () => statusOf(`${node.url}/readyz`),
    (status) => status === 200,
  )
  expect((await send(`POST ${node.url}/api`, { key: 'k', data: 'value-on-disk' })).status).to.equal(200)
  await call(`GET ${node.url}/server/templates/path-77`, { headers: ORG })
  await call(`PUT ${node.url}/server/templates/path-78`, { headers: ORG, body: BODY })
  await call(`DELETE ${node.url}/server/templates/path-78`, { headers: ORG })
  await call(`GET ${node.url}/server/object(path-79)/header`, { headers: ORG })
  await send(`POST ${node.url}/api/v1/events`, { type: 'object.update', objectid: 'path-79' })
  await call(`DELETE ${node.url}/clear`)
}

/** Everything in the files of a folder, its journals too. */
async function written(folder: string): Promise<string> {
  const names = await readdir(folder)
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  return texts.join('')
}
