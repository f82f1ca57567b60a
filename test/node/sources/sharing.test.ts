/** Whose answer is given to whom: what may not be kept is for nobody but who has asked for it. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { TestUpstream, type UpstreamCall, type UpstreamReply } from '../../support/upstream.ts'
import { type Answer, call } from '../http/call.ts'

const PATH = '/server/object(1)/header'
const TTL_MS = 300_000

describe('an answer that may not be kept', () => {
  let upstream: TestUpstream
  let node: TestNode

  beforeEach(async () => {
    upstream = await TestUpstream.start()
    node = await startTestNode({ ROUTES_FILE: await upstream.contract() })
  })
  afterEach(async () => {
    upstream.release()
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const get = (token: string | undefined): Promise<Answer> => {
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: token }
    return call(`GET ${node.url}${PATH}`, { headers: { org_id: 'acme', ...authorization } })
  }
  const own = ({ headers }: UpstreamCall) => `for ${headers.authorization ?? 'nobody'}`
  /** All ask at once, upstream answers the first of them, and then the others. */
  async function ask(...tokens: readonly (string | undefined)[]): Promise<string[]> {
    upstream.hold()
    const first = get(tokens[0])
    await upstream.holds(1)
    const others = tokens.slice(1).map(get)
    upstream.release()
    return (await Promise.all([first, ...others])).map(({ text }) => text)
  }

  for (const [what, reply] of [
    ['private', { headers: { 'cache-control': 'private' } }],
    ['no-store', { headers: { 'cache-control': 'no-store' } }],
    ['a 400', { status: 400 }],
    ['a 401', { status: 401 }],
    ['a 404', { status: 404 }],
    ['a 429', { status: 429 }],
  ] as const) {
    it(`as it is ${what}, is given to nobody else who has asked meanwhile`, async () => {
      upstream.answer = (call) => ({ ...reply, body: own(call) })
      expect(await ask('ann', 'bob', undefined, 'eve')).to.deep.equal([
        'for ann',
        'for bob',
        'for nobody',
        'for eve',
      ])
    })
  }

  it('as a login page that was redirected to, is neither kept nor given to others', async () => {
    upstream.answer = (asked): UpstreamReply =>
      asked.path === '/login'
        ? { body: 'login' }
        : asked.headers.authorization === 'good'
          ? { body: 'content' }
          : { status: 302, headers: { location: '/login' } }
    expect(await ask('expired', 'good')).to.deep.equal(['login', 'content'])
    expect((await get('other')).text).to.equal('content')
  })

  it('as what was redirected to is, is kept where the redirect may be', async () => {
    upstream.answer = ({ path }): UpstreamReply =>
      path === '/new' ? { body: 'moved' } : { status: 301, headers: { location: '/new' } }
    expect(await ask('ann', 'bob')).to.deep.equal(['moved', 'moved'])
    expect(upstream.calls).to.have.length(2)
  })

  it('holds up nobody: those with another token are asked for side by side', async () => {
    upstream.answer = (call) =>
      call.headers.authorization === 'good' ? { body: 'good' } : { status: 401, body: own(call) }
    upstream.hold()
    const bad = Array.from({ length: 40 }, (_, index) => get(`bad ${index}`))
    await upstream.holds(1)
    const good = get('good')
    // New connections are accepted behind theirs.
    for (let index = 0; index < 5; index++)
      await converse(Number(new URL(node.url).port), request('GET /livez'))
    upstream.releaseOne()
    // All others are under way together before any of them is answered.
    await upstream.holds(40)
    upstream.release()
    expect((await good).text).to.equal('good')
    expect((await Promise.all(bad)).map(({ text }) => text)).to.deep.equal(
      bad.map((_, index) => `for bad ${index}`),
    )
  })

  it('leaves what is there alone where it only refuses a caller', async () => {
    upstream.answer = (call) =>
      call.headers.authorization === 'good' ? { body: 'good' } : { status: 401, body: own(call) }
    await get('good')
    await node.clock.advance(TTL_MS + 40_000)
    expect((await get('bad')).text).to.equal('for bad')
    upstream.answer = () => ({ breaks: 'silent' })
    expect((await get('good')).text).to.equal('good')
  })

  it('is fetched behind the scenes with a token that worked, and ever more seldom while it fails', async () => {
    await get('good')
    await node.clock.advance(TTL_MS + 1000)
    upstream.answer = () => ({ status: 503, body: 'sorry' })
    expect((await get('bad')).text).not.to.equal('sorry')
    await upstream.called(2)
    expect(upstream.calls[1]?.headers.authorization).to.equal('good')
    const before = upstream.calls.length
    for (let second = 0; second < 20; second++) {
      await node.clock.advance(1000)
      for (let read = 0; read < 20; read++) expect((await get('bad')).status).to.equal(200)
    }
    // At once, and after 1/4 s, 1/2 s, 1 s, 2 s, 4 s, 8 s at the least.
    expect(upstream.calls.length - before).to.be.within(1, 7)
  })
})
