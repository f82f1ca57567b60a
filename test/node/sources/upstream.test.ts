/** Upstream in trouble, or wanting too much: every limit, and what is answered then. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { TestUpstream, type UpstreamReply } from '../../support/upstream.ts'
import { type Answer, call, expectProblem } from '../http/call.ts'

const ORG = { org_id: 'acme', authorization: 'Bearer s3cret' }
const TIMEOUT_MS = 500

describe('upstream', () => {
  let upstream: TestUpstream
  let foreign: TestUpstream
  let node: TestNode
  let id = 0

  before(async () => {
    upstream = await TestUpstream.start()
    foreign = await TestUpstream.start()
  })
  after(async () => {
    await upstream[Symbol.asyncDispose]()
    await foreign[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    const quick = { type: 'quick', path: '/quick/{id}', upstream: `${upstream.url}/q/{id}`, ttl: 300 }
    const other = { ...quick, type: 'other', path: '/other/{id}', upstream: `${upstream.url}/p/{id}?fixed=1` }
    const ROUTES_FILE = await upstream.routesFile({ ...quick, timeout_ms: TIMEOUT_MS }, other, {
      ...quick,
      path: '/patient/{id}',
    })
    node = await startTestNode({ ROUTES_FILE, MAX_BODY: '100000' })
    upstream.calls.length = 0
    foreign.calls.length = 0
  })
  afterEach(async () => {
    upstream.release()
    upstream.answer = () => ({ body: 'fine' })
    await node[Symbol.asyncDispose]()
  })

  const get = (path = `/patient/${++id}`): Promise<Answer> => call(`GET ${node.url}${path}`, { headers: ORG })

  /** What is refused is not stored: asked again, upstream is called again, and may do better. */
  async function refuses(reply: UpstreamReply, status: number, code: string): Promise<void> {
    const path = `/quick/${++id}`
    upstream.answer = () => reply
    expectProblem(await get(path), status, code)
    upstream.answer = () => ({ body: 'better' })
    expect((await get(path)).text).to.equal('better')
  }

  it('is asked with the organisation and the credentials of the caller, and with nothing else of the request', async () => {
    const headers = { ...ORG, cookie: 'a=b', 'api-key': 'k', 'x-mine': 'y', 'if-none-match': '"1"' }
    await call(`GET ${node.url}/patient/42?b=2&a=1`, { headers })
    const [asked] = upstream.calls
    expect(asked?.path).to.equal('/q/42?b=2&a=1')
    expect(asked?.headers).to.include({
      org_id: 'acme',
      authorization: 'Bearer s3cret',
      'user-agent': 'larder',
    })
    expect(asked?.headers).not.to.have.any.keys('cookie', 'api-key', 'x-mine', 'if-none-match')
  })

  it('is asked with the query of the caller behind its own', async () => {
    await get('/other/1?mine=2')
    expect(upstream.calls[0]?.path).to.equal('/p/1?fixed=1&mine=2')
  })

  it('whose answer is larger than the limit is refused, and one just as large is not', async () => {
    upstream.answer = () => ({ body: new Uint8Array(100_000) })
    expect((await get()).status).to.equal(200)
    await refuses({ body: new Uint8Array(100_001) }, 502, 'UPSTREAM_REFUSED')
  })

  it('that says nothing in time is a timeout', async () => {
    upstream.hold()
    expectProblem(await get(`/quick/${++id}`), 504, 'UPSTREAM_TIMEOUT')
    upstream.release()
    expect((await get(`/quick/${id}`)).status).to.equal(200)
  })

  it('that does not finish its body in time is a timeout', async () => {
    await refuses({ body: 'half', breaks: 'stuck' }, 504, 'UPSTREAM_TIMEOUT')
  })

  it('that breaks off is unreachable, before its answer or in the middle of it', async () => {
    await refuses({ breaks: 'silent' }, 502, 'UPSTREAM_UNREACHABLE')
    await refuses({ body: 'half', breaks: 'half' }, 502, 'UPSTREAM_UNREACHABLE')
  })

  it('that is not there is unreachable', async () => {
    const gone = await TestUpstream.start()
    const ROUTES_FILE = await upstream.routesFile({
      type: 'x',
      path: '/x/{id}',
      upstream: `${gone.url}/`,
      ttl: 1,
    })
    await gone[Symbol.asyncDispose]()
    await using lonely = await startTestNode({ ROUTES_FILE })
    expectProblem(await call(`GET ${lonely.url}/x/1`, { headers: ORG }), 502, 'UPSTREAM_UNREACHABLE')
  })

  it('is followed to another of its paths', async () => {
    upstream.answer = ({ path }) =>
      path.startsWith('/q/') ? { status: 302, headers: { location: '/moved?to=here' } } : { body: path }
    const answer = await get()
    expect([answer.status, answer.text]).to.deep.equal([200, '/moved?to=here'])
    expect(upstream.calls[1]?.headers).to.include({ authorization: 'Bearer s3cret', org_id: 'acme' })
  })

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is not followed to where no route leads, by a ${status}, and nothing is said there`, async () => {
      await refuses({ status, headers: { location: `${foreign.url}/steal` } }, 502, 'UPSTREAM_REFUSED')
      expect(foreign.calls).to.deep.equal([])
    })
  }

  it('is not followed to places that only look like its own', async () => {
    const { port } = new URL(upstream.url)
    for (const location of [`https://127.0.0.1:${port}/`, `http://localhost:${port}/`, 'file:///etc/passwd'])
      await refuses({ status: 302, headers: { location } }, 502, 'UPSTREAM_REFUSED')
  })

  it('is followed to another upstream of the file, which is shown no credentials', async () => {
    const ROUTES_FILE = await upstream.routesFile(
      { type: 'a', path: '/a/{id}', upstream: `${upstream.url}/a/{id}`, ttl: 300 },
      { type: 'b', path: '/b/{id}', upstream: `${foreign.url}/b/{id}`, ttl: 300 },
    )
    await using both = await startTestNode({ ROUTES_FILE })
    upstream.answer = () => ({ status: 307, headers: { location: `${foreign.url}/there` } })
    foreign.answer = () => ({ body: 'there' })
    expect((await call(`GET ${both.url}/a/1`, { headers: ORG })).text).to.equal('there')
    expect(foreign.calls[0]?.headers).not.to.have.any.keys('authorization', 'org_id')
  })

  it('is not followed around in a circle', async () => {
    await refuses({ status: 302, headers: { location: '/again' } }, 502, 'UPSTREAM_REFUSED')
    expect(upstream.calls).to.have.length(5)
  })

  for (const status of [204, 301, 400, 401, 403, 404, 429, 500, 503]) {
    it(`that answers ${status} is passed on with all that goes from end to end, but its cookies, and never stored`, async () => {
      const headers = { 'content-type': 'text/plain', 'retry-after': '7', 'set-cookie': 'a=b', 'x-mine': 'y' }
      const body = status === 204 ? '' : 'sorry'
      upstream.answer = () => ({ status, headers, body })
      for (const times of [1, 2]) {
        const answer = await get('/patient/same')
        expect([answer.status, answer.text]).to.deep.equal([status, body])
        expect(answer.headers.get('retry-after')).to.equal('7')
        expect(answer.headers.get('cache-status')).to.equal(`Larder; fwd=miss; fwd-status=${status}`)
        expect(answer.headers.get('x-mine')).to.equal('y')
        expect(answer.headers.get('set-cookie')).to.equal(null)
        expect(upstream.calls).to.have.length(times)
      }
    })
  }

  it('that says that nothing has changed, of which nothing was asked, is refused', async () => {
    await refuses({ status: 304, headers: { etag: '"1"' } }, 502, 'UPSTREAM_REFUSED')
  })

  for (const [control, isStored] of [
    ['no-store', false],
    ['private', false],
    ['private, max-age=5', false],
    ['max-age=5, PRIVATE', false],
    ['max-age=5,no-store', false],
    ['private="set-cookie"', false],
    ['x-private', true],
    ['private-ish, not-no-store', true],
    ['public, max-age=1', true],
  ] as const) {
    it(`that says Cache-Control: ${control} is ${isStored ? 'stored' : 'not stored'}`, async () => {
      upstream.answer = () => ({ headers: { 'cache-control': control }, body: 'x' })
      const first = await get('/patient/control')
      expect(first.headers.get('cache-status')).to.equal(
        `Larder; fwd=miss; fwd-status=200${isStored ? '; stored' : ''}`,
      )
      await get('/patient/control')
      expect(upstream.calls).to.have.length(isStored ? 1 : 2)
    })
  }

  it('is not asked more than 256 things at once: what is beyond is refused, and taken again afterwards', async () => {
    upstream.hold()
    const under = Array.from({ length: 256 }, () => get())
    await upstream.holds(256)
    const beyond = await get('/patient/beyond')
    expectProblem(beyond, 503, 'OVERLOADED')
    expect(beyond.headers.get('retry-after')).to.equal('1')
    upstream.release()
    expect((await Promise.all(under)).map(({ status }) => status)).to.deep.equal(Array(256).fill(200))
    expect((await get('/patient/beyond')).status).to.equal(200)
  })
})
