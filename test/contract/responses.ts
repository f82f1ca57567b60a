/** Cached responses of the API that the tests have upstream: it answers with the tenant and its own path. */
import { type Cases, type Expected, refused, type Step, step, stepWith } from './step.ts'

const ORG = { org_id: 'acme', authorization: 'Bearer t' }
const BAD = refused(400, 'BAD_REQUEST')
const done: Expected = { status: 204 }
const MISS = 'fwd=miss; fwd-status=200; stored'
const HIT = 'hit; ttl=<n>'

function pathOf(id: string): string {
  return `/server/object(${id})/header`
}

function read(id: string, expected: Expected, headers = {}): Step {
  return step(`GET ${pathOf(id)}`, expected, { headers: { ...ORG, ...headers } })
}

function response(text: string, how: string, different: Record<string, string> = {}): Expected {
  const headers = {
    'content-type': 'text/plain',
    etag: '"up"',
    age: '<age>',
    'cache-status': `Larder; ${how}`,
  }
  return { status: 200, headers: { ...headers, ...different }, text }
}

function passedOn(status: number): Record<string, string> {
  return { etag: '"up"', age: '<age>', 'cache-status': `Larder; fwd=miss; fwd-status=${status}` }
}

function from(id: string, how: string, tenant = 'acme'): Expected {
  return response(`${tenant} /services/api/v1${pathOf(id).replace('/server', '')}`, how)
}

function life(id: string): [string, ...Step[]] {
  const known: Expected = {
    status: 304,
    headers: { etag: '"up"', age: '<age>', 'cache-status': `Larder; ${HIT}` },
  }
  const text = from(id, HIT).text ?? ''
  const put = { 'content-type': 'text/odd', age: '<age>', 'cache-status': `Larder; ${HIT}` }
  return [
    pathOf(id),
    read(id, from(id, MISS)),
    read(id, from(id, HIT)),
    step(`HEAD ${pathOf(id)}`, { ...response('', HIT), length: Buffer.byteLength(text) }, { headers: ORG }),
    read(id, known, { 'if-none-match': 'W/"up"' }),
    read(id, from(id, HIT), { 'if-none-match': '"other"' }),
    read(id, from(id, MISS, 'zeta'), { org_id: 'zeta' }),
    step(`PUT ${pathOf(id)}`, done, { headers: { ...ORG, 'content-type': 'text/odd' }, body: 'put' }),
    read(id, { status: 200, headers: put, text: 'put' }),
    read(id, from(id, HIT, 'zeta'), { org_id: 'zeta' }),
    step(`DELETE ${pathOf(id)}`, done, { headers: ORG }),
    step(`DELETE ${pathOf(id)}`, done, { headers: ORG }),
    read(id, from(id, MISS)),
    step('DELETE /clear', done, { headers: ORG }),
    read(id, from(id, MISS)),
    read(id, from(id, HIT, 'zeta'), { org_id: 'zeta' }),
  ]
}

export const RESPONSES: Cases = {
  live: life('42'),
  'live under any id': life('%2F%3F%23%C3%A9%20%2541'),
  'live under an id that is written in another way': life("%34%32'b"),
  'live under a long id': life('x'.repeat(9000)),
  'are told by their query': [
    pathOf('query'),
    step(`GET ${pathOf('query')}?q=1`, response(`acme /services/api/v1/object(query)/header?q=1`, MISS), {
      headers: ORG,
    }),
    step(`GET ${pathOf('query')}?q=1#f`, response(`acme /services/api/v1/object(query)/header?q=1`, HIT), {
      headers: ORG,
    }),
    read('query', from('query', MISS)),
  ],
  'need a tenant, and one alone': [
    pathOf('tenant'),
    ...['GET', 'PUT', 'DELETE'].map((method) => step(`${method} ${pathOf('tenant')}`, BAD, {})),
    read('tenant', BAD, { org_id: '' }),
    read('tenant', BAD, { org_id: 'x'.repeat(256) }),
    read('tenant', BAD, { 'org-id': 'other' }),
    step(`GET ${pathOf('tenant')}`, from('tenant', MISS, 'acme'), { headers: { organization_id: 'acme' } }),
  ],
  'need an id that stays where it is': [
    pathOf('x'),
    ...['%2e%2e', 'a%2F..', '%zz', '%ff'].map((id) => read(id, BAD)),
    read('', refused(404, 'NO_SUCH_PATH')),
    read('a/b', refused(404, 'NO_SUCH_PATH')),
    step(
      'POST /server/object(1)/header',
      refused(405, 'METHOD_NOT_ALLOWED', { allow: 'HEAD, GET, PUT, DELETE' }),
    ),
  ],
  'pass on what upstream says': [
    pathOf('status-500'),
    ...[201, 299, 400, 404, 429, 500, 503].flatMap((status) => {
      const passed = from(`status-${status}`, `fwd=miss; fwd-status=${status}`)
      return [read(`status-${status}`, { ...passed, status })]
    }),
    read('status-204', { status: 204, headers: passedOn(204) }),
  ],
  'are forgotten by events': [
    pathOf('told'),
    read('told', from('told', MISS)),
    stepWith('POST /api/v1/events', { type: 'object.update', objectid: 'told' }, { status: 202 }),
    read('told', from('told', MISS)),
    stepWith('POST /api/v1/events', { type: 'object.update' }, BAD),
    stepWith('POST /api/v1/events', '{', BAD),
  ],
}
