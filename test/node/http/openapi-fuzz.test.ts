/** Anything at all, thrown at every route: there is an answer, it is no 5xx, and it is one that the page promises. */
import { expect } from 'chai'
import fc from 'fast-check'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, type RawAnswer } from '../../support/raw.ts'
import { expectProblem } from './call.ts'
import { Page } from './page.ts'

interface Thrown {
  readonly method: string
  readonly path: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

const key = fc.oneof(
  fc.constantFrom(
    'k',
    '1',
    '-1',
    'null',
    '',
    '%',
    '%ff',
    '%00',
    '..',
    'a/b',
    '%2F',
    '__proto__',
    '~',
    ';',
    '*',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => percentEncoded(text)),
)
const value = fc.oneof(key, fc.constantFrom('60', '0', '0.5', '1e400', '9'.repeat(400)))
const query = fc
  .array(fc.tuple(fc.constantFrom('key', 'ttl', 'limit', ''), value), { maxLength: 3 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join('&'))

const header = fc.oneof(
  fc.tuple(
    fc.constantFrom('Content-Type', 'Accept'),
    fc.constantFrom(
      'application/json',
      'text/plain',
      'application/vnd.larder.frame',
      'a+json',
      ';',
      '',
      '*/*',
    ),
  ),
  fc.tuple(
    fc.constantFrom('If-Match', 'If-None-Match'),
    fc.constantFrom('*', '"a"', 'W/"a"', '"a", "b"', '"', 'a', '', ',', '"\xff"'),
  ),
  fc.tuple(
    fc.constantFrom(
      'X-Request-Id',
      'api-key',
      'Authorization',
      'Content-Encoding',
      'Range',
      'Expect',
      'Cookie',
      'Upgrade',
    ),
    fc.constantFrom('', 'x', 'gzip', 'identity', 'bytes=0-1', 'Bearer', '\xff', 'a,b', '100-continue'),
  ),
)

const fields = fc.constantFrom('key', 'data', 'ttl', 'ops', 'op', 'by', '__proto__')
const scalar = fc.oneof(
  fc.constantFrom('k', 'get', 'set', 'delete', 'increment', 'counter', 'null', '', 1e300),
  fc.jsonValue(),
)
const op = fc.dictionary(fields, scalar)
const document = fc.oneof(
  op,
  fc.record({ ops: fc.array(op, { maxLength: 5 }) }),
  fc.jsonValue({ stringUnit: 'binary' }),
)
const body = fc.oneof(
  document.map((it) => Buffer.from(JSON.stringify(it))),
  document.map((it) => Buffer.from(JSON.stringify(it)).subarray(0, -1)),
  fc.uint8Array({ maxLength: 50 }),
)

describe('anything thrown at a node', () => {
  let node: TestNode
  let page: Page

  before(async () => {
    node = await startTestNode()
    page = await Page.of(node.url)
  })
  after(() => node[Symbol.asyncDispose]())

  it('gets an answer that the page promises', async () => {
    // What is watched does not end.
    const untried = ['/metrics', '/openapi.json', '/api/v1/watch']
    const paths = page.paths.filter((path) => !untried.includes(path))
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH')
    const thrown: fc.Arbitrary<Thrown> = fc
      .record({
        method,
        path: fc.constantFrom(...paths),
        key,
        query,
        headers: fc.array(header, { maxLength: 4 }),
        body,
      })
      .map(({ key, query, ...rest }) => ({ ...rest, target: `${rest.path.replace('{key}', key)}?${query}` }))
    await fc.assert(
      fc.asyncProperty(thrown, async (it) => {
        const answers = await converse(node.node.port, bytesOf(it))
        expect(answers).to.have.lengthOf(1)
        for (const answer of answers) judge(page, it, answer)
      }),
      { numRuns: 500 },
    )
    expect((await fetch(`${node.url}/livez`)).status).to.equal(200)
  })
})

function judge(page: Page, { method, path }: Thrown, { status, headers, body }: RawAnswer): void {
  // That there are no transactions is the fault of nobody.
  if (path !== '/redis/multi-exec' || status !== 501) expect(status, body).to.be.below(500)
  const judged = { status, contentType: headers['content-type'] ?? '', text: body }
  if (method === 'HEAD' || status === 204) expect(body).to.equal('')
  else if (status === 405) expectProblem(judged, 405, 'METHOD_NOT_ALLOWED')
  else if (body.includes('NO_SUCH_PATH')) expectProblem(judged, 404, 'NO_SUCH_PATH')
  else expect(page.complaint(operationFor(method, path, page), judged), body).to.equal(undefined)
}

/** An empty {key} is the path without it. */
function operationFor(method: string, path: string, page: Page): string {
  return page.methodsOf(path).includes(method) ? `${method} ${path}` : `GET ${path}`
}

function bytesOf({ method, target, headers, body }: Thrown): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Content-Length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
