/** Cached responses over HTTP: the organisation, what is put and deleted, and what an answer carries. */
import { expect } from 'chai'
import fc from 'fast-check'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { ask } from '../../support/raw.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem } from './call.ts'

const ORG = { org_id: 'acme' }

describe('a cached response over HTTP', () => {
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

  it('needs an organisation, under any of its three names', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await call(`${method} ${at('o')}`, method === 'PUT' ? { body: 'x' } : {})
      expect(answer.status, method).to.equal(400)
      expect(answer.headers.get('vary'), method).to.equal('org_id, org-id, organization_id')
    }
    expectProblem(await call(`GET ${at('o')}`), 400, 'BAD_REQUEST')
    for (const name of ['org_id', 'org-id', 'organization_id', 'Org_Id'])
      expect((await call(`GET ${at('o')}`, { headers: { [name]: 'acme' } })).status).to.equal(200)
    expect(upstream.calls).to.have.length(1)
    expect(upstream.calls[0]?.headers).to.include({ org_id: 'acme' })
  })

  it('says of every answer that it is for one organisation', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const answer = await call(`${method} ${at('o')}`, {
        headers: ORG,
        ...(method === 'PUT' && { body: 'x' }),
      })
      expect([answer.status, answer.headers.get('vary')], method).to.deep.equal([
        204,
        'org_id, org-id, organization_id',
      ])
    }
  })

  it('is not deleted on a condition, as it would be deleted without', async () => {
    await call(`PUT ${at('kept')}`, { headers: ORG, body: 'kept' })
    const deleted = await call(`DELETE ${at('kept')}`, { headers: { ...ORG, 'if-match': '"nope"' } })
    expectProblem(deleted, 400, 'BAD_REQUEST')
    expect((await call(`GET ${at('kept')}`, { headers: ORG })).text).to.equal('kept')
  })

  it('refuses an organisation that is empty or too long', async () => {
    for (const org_id of ['', 'x'.repeat(256)])
      expectProblem(await call(`GET ${at('o')}`, { headers: { org_id } }), 400, 'BAD_REQUEST')
    expect((await call(`GET ${at('o')}`, { headers: { org_id: 'x'.repeat(255) } })).status).to.equal(200)
  })

  it('refuses two organisations under two names, and takes one that is given twice', async () => {
    const two = await call(`GET ${at('o')}`, { headers: { org_id: 'acme', 'org-id': 'zeta' } })
    expectProblem(two, 400, 'BAD_REQUEST')
    const headers = { org_id: 'acme', 'org-id': 'acme', organization_id: 'acme' }
    expect((await call(`GET ${at('o')}`, { headers })).status).to.equal(200)
  })

  it('refuses two organisations under one name', async () => {
    const answer = await raw('GET /server/object(two)/header', 'org_id: acme', 'org_id: zeta')
    expect(answer?.status, answer?.body).to.equal(400)
    expect(upstream.calls).to.deep.equal([])
  })

  it('gives what was put there, with its media type, until it is deleted', async () => {
    const headers = { ...ORG, 'content-type': 'text/html; charset=iso-8859-1' }
    const put = await call(`PUT ${at('put')}`, { headers, body: 'mine' })
    expect([put.status, put.text]).to.deep.equal([204, ''])
    const got = await call(`GET ${at('put')}`, { headers: ORG })
    expect([got.status, got.text]).to.deep.equal([200, 'mine'])
    expect(got.headers.get('content-type')).to.equal('text/html; charset=iso-8859-1')
    expect(got.headers.get('cache-status')).to.equal('Larder; hit; ttl=300')
    expect(got.headers.get('age')).to.equal('0')
    expect((await call(`GET ${at('put')}`, { headers: { org_id: 'zeta' } })).text).to.include('zeta')
    const gone = await call(`DELETE ${at('put')}`, { headers: ORG })
    expect([gone.status, gone.text]).to.deep.equal([204, ''])
    expect((await call(`DELETE ${at('put')}`, { headers: ORG })).status).to.equal(204)
    expect((await call(`GET ${at('put')}`, { headers: ORG })).text).to.include('"tenant":"acme"')
  })

  it('refuses to store what is too large, or coded in a way of its own, and stores nothing then', async () => {
    const large = await call(`PUT ${at('large')}`, { headers: ORG, body: new Uint8Array(8 * 2 ** 20 + 1) })
    expectProblem(large, 413, 'TOO_LARGE')
    const zipped = await call(`PUT ${at('large')}`, {
      headers: { ...ORG, 'content-encoding': 'br' },
      body: 'x',
    })
    expectProblem(zipped, 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect((await call(`GET ${at('large')}`, { headers: ORG })).headers.get('cache-status')).to.match(
      /fwd=miss/,
    )
  })

  it('deletes all queries of a tenant at once, and no other tenant', async () => {
    for (const org_id of ['acme', 'zeta'])
      for (const query of ['', '?a'])
        await call(`PUT ${at('all')}${query}`, { headers: { org_id }, body: `${org_id} put` })
    await call(`DELETE ${at('all')}`, { headers: ORG })
    for (const query of ['', '?a']) {
      expect((await call(`GET ${at('all')}${query}`, { headers: ORG })).text).not.to.include('put')
      expect((await call(`GET ${at('all')}${query}`, { headers: { org_id: 'zeta' } })).text).to.equal(
        'zeta put',
      )
    }
  })

  it('clears a tenant, or everyone, and leaves the values of /api alone', async () => {
    const put = (org_id: string) => call(`PUT ${at('clear')}`, { headers: { org_id }, body: 'put' })
    const texts = async () =>
      Promise.all(
        ['acme', 'zeta'].map(
          async (org_id) => (await call(`GET ${at('clear')}`, { headers: { org_id } })).text === 'put',
        ),
      )
    await call(`PUT ${node.url}/api/v1/kv/clear`, {
      headers: { 'content-type': 'text/plain' },
      body: 'value',
    })
    for (const [headers, left] of [
      [{ org_id: 'acme' }, [false, true]],
      [{ organization_id: 'zeta' }, [true, false]],
      [{}, [false, false]],
    ] as const) {
      await Promise.all([put('acme'), put('zeta')])
      const answer = await call(`DELETE ${node.url}/clear`, { headers })
      expect([answer.status, answer.text]).to.deep.equal([204, ''])
      expect(await texts()).to.deep.equal(left)
    }
    expect((await call(`GET ${node.url}/api/v1/kv/clear`)).text).to.equal('value')
    for (const headers of [{ org_id: '' }, { org_id: 'a', 'org-id': 'b' }])
      expectProblem(await call(`DELETE ${node.url}/clear`, { headers }), 400, 'BAD_REQUEST')
  })

  it('keeps any bytes as they are, put or fetched', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        const body = new Uint8Array(bytes)
        await call(`PUT ${at('bytes')}`, { headers: ORG, body })
        upstream.answer = () => ({ headers: { 'content-type': 'image/png' }, body })
        await call(`DELETE ${at('fetched')}`, { headers: ORG })
        for (const id of ['bytes', 'fetched', 'fetched']) {
          const answer = await fetch(at(id), { headers: ORG })
          expect(new Uint8Array(await answer.arrayBuffer())).to.deep.equal(body)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('answers HEAD as GET, without the body', async () => {
    upstream.answer = () => ({ headers: { 'content-type': 'text/plain', etag: '"1"' }, body: 'twelve bytes' })
    for (const status of ['Larder; fwd=miss; fwd-status=200; stored', 'Larder; hit; ttl=300']) {
      const head = await call(`HEAD ${at('head')}`, { headers: ORG })
      expect([head.status, head.text]).to.deep.equal([200, ''])
      expect(Object.fromEntries(head.headers)).to.include({
        'content-length': '12',
        'content-type': 'text/plain',
        etag: '"1"',
        age: '0',
        'cache-status': status,
      })
    }
  })

  it('keeps all that upstream says from end to end but its cookies, and says it again', async () => {
    const kept = {
      'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT',
      'content-language': 'de',
      'content-disposition': 'attachment; filename="ä.txt"',
    }
    const more = { 'set-cookie': ['a=b', 'c=d'], server: 'x', age: '77', 'cache-status': 'theirs; hit' }
    upstream.answer = () => ({
      headers: { ...kept, link: ['</a>; rel=next', '</b>; rel=prev'], ...more },
      body: 'x',
    })
    for (const _ of ['miss', 'hit']) {
      const { headers } = await call(`GET ${at('kept')}`, { headers: ORG })
      expect(headers.get('last-modified')).to.equal(kept['last-modified'])
      expect(headers.get('content-language')).to.equal('de')
      expect(headers.get('link')).to.equal('</a>; rel=next, </b>; rel=prev')
      expect(headers.get('set-cookie')).to.equal(null)
      expect(headers.get('server')).to.equal('x')
      expect(headers.get('age')).to.equal('77')
      expect(headers.get('cache-status')).to.match(/^theirs; hit, Larder; /)
    }
  })

  it('takes GET, HEAD, PUT and DELETE, and says so', async () => {
    const answer = await call(`POST ${at('1')}`, { headers: ORG, body: 'x' })
    expectProblem(answer, 405, 'METHOD_NOT_ALLOWED')
    expect(answer.headers.get('allow')?.split(', ').sort()).to.deep.equal(['DELETE', 'GET', 'HEAD', 'PUT'])
    expect(answer.headers.get('vary')).to.equal('org_id, org-id, organization_id')
  })
})
