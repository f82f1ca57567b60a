/** Pages of other sites, and names that lead here: what a node, and uplink, answer to what browsers send for them. */
import { once } from 'node:events'
import { request as ask } from 'node:http'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { start } from '../../uplink/start.ts'
import { call, expectProblem, send } from './call.ts'

const SHOP = 'https://shop.example'
const EVIL = 'https://evil.example'
const PREFLIGHT = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'api-key' }

/** Fetch would say another Host. */
async function raw(url: string, target: string, ...headers: string[]) {
  const lines = ['Connection: close', ...headers].join('\r\n')
  const [answer] = await converse(Number(new URL(url).port), request(target, lines))
  return { status: 0, headers: {}, ...answer, text: answer?.body ?? '' }
}

describe('a node that needs no key', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode({ ALLOWED_HOSTS: 'cache.example', CORS_ORIGINS: SHOP })
  })
  after(() => node[Symbol.asyncDispose]())
  const at = (target: string) => target.replace(' ', ` ${node.url}`)

  it('answers by its names and by any address, and by no other name but what tells nothing', async () => {
    for (const host of ['localhost', 'cache.example:4000', '127.0.0.1', '[::1]:1', '192.0.2.1'])
      expect((await raw(node.url, 'GET /api?key=a', `Host: ${host}`)).status, host).to.equal(200)
    for (const target of [
      ...[
        'GET /api?key=a',
        'GET /api/?key=a',
        'HEAD /api/v1/kv/a',
        'DELETE /clear',
        'POST /api',
        'GET /metrics',
      ],
      ...[
        'GET /openapi.json',
        'GET /nowhere',
        'OPTIONS /api',
        'POST /cluster/meet',
        'GET /cluster/channel',
        'PUT /api',
      ],
    ]) {
      const answer = await raw(node.url, target, 'Host: evil.example', 'Content-Length: 0')
      expect(answer.status, target).to.equal(421)
      if (!target.startsWith('HEAD')) expectProblem(answer, 421, 'MISDIRECTED')
    }
    for (const probe of ['/livez', '/readyz', '/healthcheck', '/'])
      expect((await raw(node.url, `GET ${probe}`, 'Host: evil.example')).status, probe).to.equal(200)
  })

  it('goes by the name in a target that is a whole URL', async () => {
    expect((await raw(node.url, 'GET http://evil.example/api?key=a', 'Host: localhost')).status).to.equal(421)
    expect((await raw(node.url, 'GET http://localhost/api?key=a', 'Host: evil.example')).status).to.equal(200)
  })

  it('does nothing for a page that is not named, and tells it nothing', async () => {
    for (const headers of [
      { origin: EVIL },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: EVIL, 'sec-fetch-site': 'cross-site' },
      { origin: 'http://localhost:1' },
    ]) {
      for (const target of [
        'POST /increment',
        'DELETE /clear',
        'GET /api?key=a',
        'GET /livez',
        'GET /nowhere',
      ]) {
        const answer = await call(at(target), {
          headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          ...(target.startsWith('POST') && { body: 'key=clicks&value=1' }),
        })
        expectProblem(answer, 403, 'FORBIDDEN')
        expect(answer.text).to.include('CORS_ORIGINS')
        expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).to.deep.equal(
          [],
        )
      }
    }
    expect((await call(at('GET /api/v1/counters/clicks'))).status).to.equal(404)
    expectProblem(
      await call(at('OPTIONS /api'), { headers: { origin: EVIL, ...PREFLIGHT } }),
      403,
      'FORBIDDEN',
    )
  })

  it('lets a page call whose origin is named, and see also what went wrong', async () => {
    for (const target of ['GET /api?key=a', 'GET /api/v1/kv/none', 'GET /nowhere', 'PATCH /api']) {
      const { headers } = await call(at(target), {
        headers: { origin: SHOP, 'sec-fetch-site': 'cross-site' },
      })
      expect(headers.get('access-control-allow-origin'), target).to.equal(SHOP)
      expect(headers.get('access-control-expose-headers')).to.equal('*')
      expect(headers.get('vary')).to.include('origin')
    }
    const preflight = await call(at('OPTIONS /api/v1/kv/a'), { headers: { origin: SHOP, ...PREFLIGHT } })
    expect(preflight.status).to.equal(204)
    expect(preflight.headers.get('access-control-allow-headers')).to.equal('api-key')
    expect(preflight.headers.get('access-control-allow-methods')).to.include('PUT')
    expect((await call(at('GET /api?key=a'))).headers.get('vary')).to.equal('origin')
  })

  it('follows a link to / from anywhere', async () => {
    const headers = ['Host: localhost', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']
    expect((await raw(node.url, 'GET /', ...headers)).status).to.equal(200)
    expect((await raw(node.url, 'GET /api?key=a', ...headers)).status).to.equal(403)
  })

  it('speaks no other protocol with a page that is not named', async () => {
    const { port } = node.node
    const upgrade = (headers: Record<string, string>) =>
      ask({
        port,
        path: '/cluster/channel',
        headers: { connection: 'upgrade', upgrade: 'larder-channel', ...headers },
      }).end()
    const [answer] = await once(upgrade({ origin: EVIL }), 'response')
    expect(answer.statusCode).to.equal(403)
    answer.resume()
    const [misdirected] = await once(upgrade({ host: 'evil.example' }), 'response')
    expect(misdirected.statusCode).to.equal(421)
    misdirected.resume()
  })
})

describe('a node that needs a key', () => {
  it('is called by any name, by any page that has one where all may, and asked beforehand without', async () => {
    await using node = await startTestNode({ API_KEY: 'a-wooden-spoon-0', CORS_ORIGINS: '*' })
    const key = 'api-key: a-wooden-spoon-0'
    expect((await raw(node.url, 'GET /api?key=a', 'Host: evil.example', key)).status).to.equal(200)
    expect((await raw(node.url, 'GET /api?key=a', 'Host: evil.example')).status).to.equal(401)
    const preflight = await call(`OPTIONS ${node.url}/api`, { headers: { origin: EVIL, ...PREFLIGHT } })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).to.deep.equal([204, '*'])
    const refused = await call(`GET ${node.url}/api?key=a`, { headers: { origin: EVIL } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).to.deep.equal([401, '*'])
  })
})

describe('an uplink', () => {
  const member = { url: 'http://127.0.0.1:1', incarnation: 'x', epoch: 0 }

  it('takes no member from a page, and shows none to one', async () => {
    await using uplink = await start()
    for (const headers of [{ origin: EVIL }, { 'sec-fetch-site': 'cross-site' }])
      for (const [target, body] of [
        [`PUT ${uplink.url}/api/v1/members/a`, member],
        [`POST ${uplink.url}/api/v1/gone`, { member: 'a' }],
      ] as const)
        expectProblem(await send(target, body, headers), 403, 'FORBIDDEN')
    for (const target of ['PUT /api/v1/members/a', 'GET /api/v1/view', 'GET /metrics', 'GET /'])
      expectProblem(
        await raw(uplink.url, target, 'Host: evil.example', 'Content-Length: 0'),
        421,
        'MISDIRECTED',
      )
    expect((await raw(uplink.url, 'GET /livez', 'Host: evil.example')).status).to.equal(200)
  })

  it('is called by any name by whoever shows the secret', async () => {
    await using uplink = await start({ CLUSTER_SECRET: 'what-members-show' })
    const secret = 'Authorization: Bearer what-members-show'
    expect((await raw(uplink.url, 'GET /api/v1/view', 'Host: evil.example', secret)).status).to.equal(200)
    expect((await raw(uplink.url, 'GET /api/v1/view', 'Host: evil.example')).status).to.equal(421)
  })

  it('without a secret takes members on this machine alone, and nobody at what is no address', async () => {
    await using uplink = await start()
    for (const url of ['http://10.0.0.9:4000', 'http://node.example:4000', 'http://127.0.0.1.evil.example'])
      expectProblem(await send(`PUT ${uplink.url}/api/v1/members/a`, { ...member, url }), 400, 'BAD_REQUEST')
    const told = { ...member, epoch: 3, members: [{ ...member, id: 'b', url: 'http://10.0.0.9:4000' }] }
    expectProblem(await send(`PUT ${uplink.url}/api/v1/members/a`, told), 400, 'BAD_REQUEST')
    const secret = { authorization: 'Bearer what-members-show' }
    await using guarded = await start({ CLUSTER_SECRET: 'what-members-show' })
    for (const url of [
      'http://0.0.0.0:4000',
      'http://[::]:4000',
      'http://127.0.0.1:0',
      'http://[::ffff:0.0.0.0]:1',
    ]) {
      const answer = await send(`PUT ${guarded.url}/api/v1/members/a`, { ...member, url }, secret)
      expectProblem(answer, 400, 'BAD_REQUEST')
      expect(answer.text).to.include('ADVERTISE_URL')
    }
  })
})
