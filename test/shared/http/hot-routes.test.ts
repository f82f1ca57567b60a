/** What is found without Koa, and what is left to it; what is found is what Koa would have found. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { pino } from 'pino'
import { patternOf } from '../../../node/route-table.ts'
import { Guard } from '../../../shared/http/guard.ts'
import { HotRoutes } from '../../../shared/http/hot-routes.ts'
import { createKoaApp } from '../../../shared/http/koa-app.ts'
import { jsonText } from '../../../shared/http/response.ts'
import type { Route } from '../../../shared/http/route.ts'
import { testMeans } from '../../support/means.ts'
import { converse, request } from '../../support/raw.ts'

function row(method: Route['method'], path: string, different: Partial<Route> = {}): Route {
  const handle: Route['handle'] = ({ captures }) =>
    jsonText(JSON.stringify([`${method} ${path}`, ...captures]))
  return { method, path, summary: path, access: 'open', isHot: true, answers: {}, handle, ...different }
}

const cached = '/server/object({id})/header'
const ROUTES: readonly Route[] = [
  row('GET', '/api'),
  row('POST', '/api'),
  row('GET', '/api/v1/kv', { isHot: false }),
  row('GET', '/api/v1/kv/{key}'),
  row('PUT', '/api/v1/kv/{key}'),
  row('DELETE', '/api/v1/kv/{key}', { isHot: false }),
  row('GET', cached, { pattern: patternOf(cached) }),
  row('GET', '/server/{kind}/{id}', { pattern: patternOf('/server/{kind}/{id}') }),
  row('GET', '/server/fixed', { pattern: patternOf('/server/fixed') }),
]
const hot = new HotRoutes(ROUTES)

function find(target: string): string[] | undefined {
  const [method, url] = target.split(' ')
  const found = hot.find(method, url)
  return found && [`${found.route.method} ${found.route.path}`, ...found.captures]
}

describe('hot routes', () => {
  const found: Readonly<Record<string, readonly string[]>> = {
    'GET /api': ['GET /api'],
    'GET /api?': ['GET /api'],
    'GET /api?key=/a#b': ['GET /api'],
    'POST /api': ['POST /api'],
    'GET /api/v1/kv/a': ['GET /api/v1/kv/{key}', 'a'],
    'GET /api/v1/kv/a?ttl=1': ['GET /api/v1/kv/{key}', 'a'],
    'PUT /api/v1/kv/%2F..%zz': ['PUT /api/v1/kv/{key}', '%2F..%zz'],
    'GET /api/v1/kv/..': ['GET /api/v1/kv/{key}', '..'],
    [`GET ${cached.replace('{id}', 'a)(b')}`]: [`GET ${cached}`, 'a)(b'],
    'GET /server/a/b': ['GET /server/{kind}/{id}', 'a', 'b'],
    'GET /server/fixed': ['GET /server/fixed'],
  }
  for (const [target, match] of Object.entries(found))
    it(`are found by ${target}`, () => expect(find(target)).to.deep.equal(match))

  const left = [
    'HEAD /api',
    'OPTIONS /api',
    'PATCH /api',
    'get /api',
    'GET /api/',
    'GET //api',
    'GET /API',
    'GET /%61pi',
    'GET /api#',
    'GET /api#?key=a',
    'GET http://a/api',
    'GET api',
    'GET *',
    'GET ',
    'GET /api/v1/kv',
    'GET /api/v1/kv/',
    'GET /api/v1/kv/a/',
    'GET /api/v1/kv/a/b',
    'GET /api/v1/kv/a#b',
    'DELETE /api/v1/kv/a',
    'GET /x/api/v1/kv/a',
    'GET /server/object()/header/x',
    'GET /server/object(a)/header/',
    'GET /server/objectXaX/header/',
    'PUT /server/a/b',
  ]
  for (const target of left) it(`leave ${target} to Koa`, () => expect(find(target)).to.equal(undefined))

  it('are found as Koa finds them, with the same captures', async () => {
    const app = createKoaApp({
      routes: ROUTES,
      answering: (route, request) => route.handle(request),
      guard: new Guard({}),
      log: pino({ level: 'silent' }),
      means: testMeans(),
      delivery: { admitted: (_request, answer) => answer, follow() {}, followStream() {} },
      conclude: (_request, _startedAtMs, _route, { headers }) => headers,
    })
    const server = createServer(app.callback()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const piece = fc.constantFrom(
      ...[
        '/',
        '//',
        'api',
        'v1',
        'kv',
        'server',
        'object(',
        ')',
        'header',
        'fixed',
        '.',
        '..',
        '%2F',
        '%',
        '?',
        '#',
      ],
      ...['a', '\\', "'", '"', '{id}', ';', ':', '@', '&=', '+', '~', '|', '^'],
    )
    const start = fc.constantFrom('/api', '/api/v1/kv/', '/server/object(', '/server/', '/')
    const target = fc
      .tuple(start, fc.array(piece, { maxLength: 5 }))
      .map(([first, rest]) => first + rest.join(''))
    let count = 0
    try {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), target, async (method, url) => {
          const match = find(`${method} ${url}`)
          if (match === undefined) return
          count++
          for (const form of [url, `http://larder.example:80${url}`]) {
            const [answer] = await converse(port, request(`${method} ${form}`))
            expect(JSON.parse(answer?.body ?? ''), form).to.deep.equal(match)
          }
        }),
        { numRuns: 1500 },
      )
    } finally {
      server.close()
    }
    expect(count).to.be.above(100)
  })
})
