/** The paths of cached responses: hostile ids, and which requests are about the same response. */
import { expect } from 'chai'
import fc from 'fast-check'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { ask } from '../../support/raw.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem } from './call.ts'

const ORG = { org_id: 'acme' }

describe('the path of a cached response', () => {
  let upstream: TestUpstream
  let node: TestNode

  before(async () => {
    upstream = await TestUpstream.start()
    node = await startTestNode({ ROUTES_FILE: await upstream.contract() })
  })
  after(async () => {
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    upstream.calls.length = 0
  })

  const at = (id: string) => `${node.url}/server/object(${id})/header`
  const raw = (target: string, ...headers: readonly string[]) => ask(node.url, target, headers)

  it('asks upstream for the id as it was written, however hostile that is', async () => {
    for (const [id, asked] of [
      ['a%2Fb', 'a%2Fb'],
      ['...', '...'],
      ['%C3%A9', '%C3%A9'],
      ['{id}', '%7Bid%7D'],
      ['%7Bname%7D', '%7Bname%7D'],
      ['%25', '%25'],
      ['%252F', '%252F'],
      ['%00', '%00'],
      ['%0d%0aX:1', '%0d%0aX:1'],
      ['a)b(c', 'a)b(c'],
      ['%3Fx=1%23y', '%3Fx=1%23y'],
      ['$&', '$&'],
      ['@evil.example', '@evil.example'],
      ['a\\b', 'a%5Cb'],
      ['a;b,c:d', 'a;b,c:d'],
      ['a%3Bb', 'a%3Bb'],
      ['%c3%a9', '%c3%a9'],
    ] as const) {
      await raw('DELETE /clear')
      upstream.calls.length = 0
      const answer = await raw(`GET /server/object(${id})/header`, 'org_id: acme')
      expect(answer?.status, `${id}: ${answer?.body}`).to.equal(200)
      expect(upstream.calls.map(({ path }) => path)).to.deep.equal([
        `/services/api/v1/object(${asked})/header`,
      ])
    }
  })

  it('refuses ids that would lead elsewhere at upstream, and what cannot be decoded', async () => {
    for (const id of [
      '.',
      '..',
      '%2e',
      '%2E%2e',
      '.%2e',
      '..%2F..%2Fx',
      'a%2f%2e',
      'a%5C..',
      '%',
      '%2',
      '%zz',
      '%ff',
      '%c3%28',
    ]) {
      const answer = await raw(`GET /server/object(${id})/header`, 'org_id: acme')
      expectProblem({ status: answer?.status ?? 0, text: answer?.body ?? '' }, 400, 'BAD_REQUEST')
    }
    expect(upstream.calls).to.deep.equal([])
  })

  it('is none where the id is missing or goes over several segments', async () => {
    for (const path of [
      '/server/object()/header',
      '/server/object(a/b)/header',
      '/server/templates/',
      '/server/templates/a/b',
    ])
      expectProblem(await call(`GET ${node.url}${path}`, { headers: ORG }), 404, 'NO_SUCH_PATH')
    expect(upstream.calls).to.deep.equal([])
  })

  it('is one and the same, however its id is written', async () => {
    for (const id of ['same%20one', 'same%20%6Fne', '%73ame%20one'])
      await raw(`GET /server/object(${id})/header`, 'org_id: acme')
    expect(upstream.calls).to.have.length(1)
  })

  it('gives any id of any unicode to upstream as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), async (id) => {
        fc.pre(!id.split(/[/\\]/).some((part) => part === '.' || part === '..'))
        upstream.calls.length = 0
        await call(`DELETE ${at(encodeURIComponent(id))}`, { headers: ORG })
        expect((await call(`GET ${at(encodeURIComponent(id))}`, { headers: ORG })).status).to.equal(200)
        const [, asked = ''] = /object\((.*)\)\/header$/.exec(upstream.calls[0]?.path ?? '') ?? []
        expect(decodeURIComponent(asked)).to.equal(id)
      }),
      { numRuns: 100 },
    )
  })

  it('has a copy for each query as it is written', async () => {
    for (const query of ['', '?a=1', '?a=1&b=2', '?b=2&a=1', '?a=%31', '?x=%2F', '?a=?b'])
      for (const _ of [1, 2]) await call(`GET ${at('q')}${query}`, { headers: ORG })
    expect(upstream.calls).to.have.length(7)
  })
})
