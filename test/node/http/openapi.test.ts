/** The page at /openapi.json tells the truth: every answer below is real, and is judged by the page. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { type CallOptions, call, JSON_TYPE } from './call.ts'
import { COUNTED_EXAMPLES } from './counted-examples.ts'
import { csv, type Example, json, large, MEMBER_EXAMPLES } from './member-examples.ts'
import { Page } from './page.ts'
import { REDIS_EXAMPLES } from './redis-examples.ts'
import { VALUE_EXAMPLES } from './value-examples.ts'

const ACCESS = { 'api-key': 'salt-and-pepper-1', authorization: 'Bearer what-members-show' }

/** Statuses that need a slow client, a flood of bytes or of wrong keys, a full memory or a fault; they have tests of their own. */
const RARE = [408, 429, 431, 500, 503, 507]

const reaction = { type: 'reaction', action: 'add', content_id: 'k', user_id: 'Sam', reaction_type: 'fire' }

/** In this order: an example may build on those before it. A part in braces is "k" unless the query begins with it. */
const EXAMPLES: readonly Example[] = [
  ['POST /api', 200, '', json({ key: 'k', data: { any: ['thing', 1, null] }, ttl: 60 })],
  ['POST /api', 400, '', json({ key: [], data: 1 })],
  ['POST /api', 403, '', json({ data: 1 })],
  ['POST /api', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api', 415, '', csv('{}')],
  ['GET /api', 200, '?key=k'],
  ['GET /api', 200, '?key=nothing'],
  ['GET /api', 400, '?key=%'],
  ['GET /api', 403, ''],
  ...VALUE_EXAMPLES,
  ['GET /', 200, ''],
  ['GET /', 200, '', { headers: { accept: 'text/html' } }],
  ['GET /api/v1/status', 200, ''],
  ['GET /api/v1/rights', 200, ''],
  ['GET /api/v1/holders', 200, '?key=k'],
  ['GET /api/v1/holders', 403, '?key=nil'],
  ['DELETE /clear', 204, ''],
  ['DELETE /clear', 400, '', { headers: { org_id: 'acme', 'org-id': 'other' } }],
  ['POST /api/v1/events', 202, '', json({ type: 'object.update', objectid: '42' })],
  ['POST /api/v1/events', 400, '', json({})],
  ['POST /api/v1/events', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api/v1/events', 415, '', csv('{}')],
  ['POST /api/v1/purge', 202, '', json({ tag: 'recipe-7' })],
  ['POST /api/v1/purge', 400, '', json({})],
  ['POST /api/v1/purge', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api/v1/purge', 415, '', csv('{}')],
  ['POST /api/v1/batch', 200, '', json({ ops: [null, { op: 'increment', key: 'k', by: '1' }] })],
  [
    'POST /api/v1/batch',
    200,
    '',
    json({
      ops: [
        { op: 'get', key: 'k' },
        { op: 'counter', key: 'none' },
      ],
    }),
  ],
  [
    'POST /api/v1/batch',
    200,
    '',
    json({
      ops: [
        { op: 'set', key: 'b', base64: 'AAE=', content_type: 'a/b', ttl: 5, if_none_match: '*' },
        { op: 'get', key: 'b' },
        { op: 'has', key: 'b' },
        { op: 'touch', key: 'b', ttl: null },
        { op: 'take', key: 'b' },
      ],
    }),
  ],
  ['POST /api/v1/batch', 400, '', json({})],
  ['POST /api/v1/batch', 413, '', json({ ops: new Array(1001).fill(1) })],
  ['POST /api/v1/batch', 415, '', csv('{}')],
  ...MEMBER_EXAMPLES,
  ...COUNTED_EXAMPLES,
  ...REDIS_EXAMPLES,
  ['POST /api/v1/reaction', 201, '', json(reaction)],
  ['POST /api/v1/reaction', 201, '', json({ ...reaction, action: 'remove' })],
  ['POST /api/v1/reaction', 400, '', { headers: JSON_TYPE, body: '{' }],
  ['POST /api/v1/reaction', 413, '', { headers: JSON_TYPE, body: large }],
  ['POST /api/v1/reaction', 415, '', csv('{}')],
  ['POST /api/v1/reaction', 422, '', json({})],
  ['POST /api/v1/reaction', 201, '', json({ ...reaction, user_id: 'Max', ttl: 60 })],
  ['GET /api/v1/reaction/reactions_count/{content_id}', 200, ''],
  ['GET /api/v1/reaction/reactions_count/{content_id}', 404, 'nothing'],
  ['GET /api/v1/reaction/reaction_counts/{content_id}', 200, ''],
  ['GET /api/v1/reaction/reaction_counts/{content_id}', 404, 'nothing'],
  ['GET /api/v1/reaction/reaction_counts/{content_id}', 200, '?user_id=Sam'],
  ['POST /api/v1/reaction', 201, '', json({ ...reaction, unique: true })],
  ['POST /api/v1/reaction', 201, '', json(reaction)],
  ['GET /api/v1/reaction/users/{content_id}', 200, ''],
  ['GET /api/v1/reaction/users/{content_id}', 200, '?reaction_type=fire&limit=1'],
  ['GET /api/v1/reaction/users/{content_id}', 400, '?limit=0'],
  ['GET /api/v1/reaction/users/{content_id}', 404, 'nothing'],
  ['GET /api/v1/activity', 200, ''],
  ['GET /api/v1/activity', 400, '?limit=1001'],
  ['GET /api/v1/cluster', 200, ''],
  ['GET /livez', 200, ''],
  ['GET /readyz', 200, ''],
  ['GET /healthcheck', 200, ''],
  ['GET /metrics', 200, ''],
  ['GET /openapi.json', 200, ''],
]

/** What a reader of the manual expects to find, besides what is not built yet. */
const PROMISED = [
  'POST /api',
  'GET /api',
  'DELETE /api',
  'PUT /api/v1/kv/{key}',
  'GET /api/v1/kv/{key}',
  'HEAD /api/v1/kv/{key}',
  'PATCH /api/v1/kv/{key}',
  'DELETE /api/v1/kv/{key}',
  'GET /api/v1/kv',
  'DELETE /api/v1/kv',
  'POST /api/v1/batch',
  'POST /increment',
  'POST /api/v1/counters/{key}',
  'GET /api/v1/counters/{key}',
  'HEAD /api/v1/counters/{key}',
  'PUT /api/v1/counters/{key}',
  'DELETE /api/v1/counters/{key}',
  'POST /api/v1/limits/{key}',
  'DELETE /api/v1/limits/{key}',
  'POST /api/v1/reaction',
  'GET /api/v1/reaction/reactions_count/{content_id}',
  'GET /api/v1/reaction/reaction_counts/{content_id}',
  'GET /api/v1/reaction/users/{content_id}',
  'GET /api/v1/activity',
  'GET /api/v1/watch',
  'GET /api/v1/cluster',
  'GET /',
  'GET /healthcheck',
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /openapi.json',
]

describe('/openapi.json', () => {
  let node: TestNode
  let page: Page

  before(async () => {
    node = await startTestNode({ API_KEY: ACCESS['api-key'], CLUSTER_SECRET: 'what-members-show' })
    page = await Page.of(node.url, ACCESS)
  })
  after(() => node[Symbol.asyncDispose]())

  const ask = async (operation: string, query: string, options: CallOptions) => {
    const [key, search] = query.startsWith('?') ? ['k', query] : [query || 'k', '']
    const target = operation.replace(' ', ` ${node.url}`).replace(/\{\w+\}/, key) + search
    const { status, headers, text } = await call(target, options)
    const contentType = headers.get('content-type') ?? ''
    // A page is for browsers.
    return { status, text, contentType, headers: contentType.includes('html') ? [] : [...headers.keys()] }
  }

  for (const [operation, status, query, options = {}] of EXAMPLES) {
    it(`promises what ${operation} ${query.slice(0, 10)} answers with ${status}`, async () => {
      const answer = await ask(operation, query, { ...options, headers: { ...ACCESS, ...options.headers } })
      expect(answer.status, answer.text.slice(0, 300)).to.equal(status)
      expect(page.complaint(operation, answer)).to.equal(undefined)
    })
  }

  it('promises the 401 of every operation that is not open', async () => {
    for (const operation of page.operations) {
      const answer = await ask(operation, '', {})
      if (page.isOpen(operation)) expect(answer.status, operation).to.equal(200)
      else expect(answer.status, operation).to.equal(401)
      expect(page.complaint(operation, answer), operation).to.equal(undefined)
    }
  })

  it('promises the 403 of every operation that a page of another site asks for', async () => {
    for (const operation of page.operations) {
      const answer = await ask(operation, '', { headers: { ...ACCESS, 'sec-fetch-site': 'cross-site' } })
      expect(answer.status, operation).to.equal(403)
      expect(page.complaint(operation, answer), operation).to.equal(undefined)
    }
  })

  it('promises nothing that has no example here', () => {
    const shown = new Set(EXAMPLES.map(([operation, status]) => `${operation} ${status}`))
    // These take a second member: reach.test.ts, channel.test.ts and addressee.test.ts have one.
    shown.add('POST /cluster/reach 200').add('GET /cluster/channel 101').add('GET /cluster/channel 421')
    // It does not end: test/cluster/27-watchers.test.ts follows it.
    shown.add('GET /api/v1/watch 200')
    // Of a node over an engine: test/redis/several-nodes.test.ts asks it.
    shown.add('GET /api/v1/watch 501')
    const rest = page.operations.flatMap((operation) =>
      page
        .statusesOf(operation)
        // A request that no route has read yet may be 400 everywhere, and 421 where nobody needs a key: pages.test.ts has one.
        .filter((status) => ![400, 401, 403, 421, ...RARE].includes(status))
        .map((status) => `${operation} ${status}`)
        .filter((promise) => !shown.has(promise)),
    )
    expect(rest).to.deep.equal([])
  })

  it('lists the methods that each path takes, and no other', async () => {
    for (const path of page.paths) {
      const answer = await call(`OPTIONS ${node.url}${path.replace(/\{\w+\}/, 'k')}`)
      // Where a key is missing some only say so.
      const unlisted = path === '/api/v1/kv' ? ['PATCH', 'PUT'] : []
      if (!page.methodsOf(path).includes('HEAD')) unlisted.push('HEAD')
      const allowed = (answer.headers.get('allow') ?? '')
        .split(', ')
        .filter((method) => !unlisted.includes(method))
      expect(page.methodsOf(path).sort(), path).to.deep.equal(allowed.sort())
    }
  })

  for (const operation of PROMISED) {
    it(`lists ${operation}`, () => {
      expect(page.operations).to.include(operation)
    })
  }

  it('holds schemas that are schemas', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const { text: document } = await call(`GET ${node.url}/openapi.json`, { headers: ACCESS })
    JSON.parse(document, (name, value) => {
      if (name === 'schema') expect(ajv.validateSchema(value), ajv.errorsText()).to.equal(true)
      return value
    })
  })
})
