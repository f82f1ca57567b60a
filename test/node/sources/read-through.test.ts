/** Freshness: what is given from memory, what is fetched anew, and what the answer says of it. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { until } from '../../support/until.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { type Answer, call, expectProblem } from '../http/call.ts'

const TTL_MS = 300_000
const REVALIDATE_MS = 30_000
const IF_ERROR_MS = 600_000

describe('a cached response', () => {
  let upstream: TestUpstream
  let node: TestNode
  /** What upstream has. */
  let version = 1

  beforeEach(async () => {
    upstream = await TestUpstream.start()
    version = 1
    upstream.answer = ({ headers }) => {
      const etag = `"${version}"`
      if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } }
      return { headers: { etag, 'content-type': 'text/plain' }, body: `version ${version}` }
    }
    node = await startTestNode({ ROUTES_FILE: await upstream.contract({ timeout_ms: 1000 }) })
  })
  afterEach(async () => {
    upstream.release()
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const get = (headers: Record<string, string> = {}): Promise<Answer> =>
    call(`GET ${node.url}/server/object(42)/header`, { headers: { org_id: 'acme', ...headers } })
  const told = ({ text, headers }: Answer) => [text, headers.get('cache-status'), headers.get('age')]

  it('is fetched, then given until its time is over, and says how old it is', async () => {
    expect(told(await get())).to.deep.equal(['version 1', 'Larder; fwd=miss; fwd-status=200; stored', '0'])
    expect(told(await get())).to.deep.equal(['version 1', 'Larder; hit; ttl=300', '0'])
    await node.clock.advance(100_900)
    expect(told(await get())).to.deep.equal(['version 1', 'Larder; hit; ttl=199', '100'])
    await node.clock.advance(TTL_MS - 100_901)
    expect(told(await get())).to.deep.equal(['version 1', 'Larder; hit; ttl=0', '299'])
    expect(upstream.calls).to.have.length(1)
  })

  it('is given stale at once while one new one is fetched, however many ask', async () => {
    await get()
    version = 2
    upstream.hold()
    await node.clock.advance(TTL_MS + 5000)
    const stale = await Promise.all([get(), get(), get(), get()])
    for (const answer of stale) {
      expect(answer.text).to.equal('version 1')
      expect(answer.headers.get('age')).to.equal('305')
      expect(answer.headers.get('cache-status')).to.match(/^Larder; hit; ttl=-5\b/)
    }
    await upstream.holds(1)
    upstream.release()
    await until(get, ({ text }) => text === 'version 2')
    expect(upstream.calls).to.have.length(2)
    expect(told(await get())).to.deep.equal(['version 2', 'Larder; hit; ttl=300', '0'])
  })

  it('stays what it is when it is fetched behind the scenes in vain', async () => {
    await get()
    await node.clock.advance(TTL_MS + 5000)
    upstream.answer = () => ({ status: 500, body: 'sorry' })
    expect((await get()).text).to.equal('version 1')
    await upstream.called(2)
    expect((await get()).text).to.equal('version 1')
  })

  it('is fetched by whoever asks once it is too stale', async () => {
    await get()
    version = 2
    await node.clock.advance(TTL_MS + REVALIDATE_MS)
    expect(told(await get())).to.deep.equal(['version 2', 'Larder; fwd=stale; fwd-status=200; stored', '0'])
  })

  it('is renewed without its body when upstream says that it has not changed', async () => {
    await get()
    await node.clock.advance(TTL_MS + REVALIDATE_MS)
    expect(told(await get())).to.deep.equal(['version 1', 'Larder; fwd=stale; fwd-status=304; stored', '0'])
    expect(upstream.calls.map(({ headers }) => headers['if-none-match'])).to.deep.equal([undefined, '"1"'])
    await node.clock.advance(TTL_MS - 1)
    const renewed = await get()
    expect(told(renewed)).to.deep.equal(['version 1', 'Larder; hit; ttl=0', '299'])
    expect(renewed.headers.get('etag')).to.equal('"1"')
    expect(renewed.headers.get('content-type')).to.equal('text/plain')
  })

  for (const [what, breaks] of [
    ['breaks off', 'silent'],
    ['is too slow', 'stuck'],
  ] as const) {
    it(`is given when upstream ${what}, for so long and no longer`, async () => {
      await get()
      upstream.answer = () => ({ breaks })
      await node.clock.advance(TTL_MS + IF_ERROR_MS - 1000)
      const stale = await get()
      expect([stale.status, stale.text, stale.headers.get('age')]).to.deep.equal([200, 'version 1', '899'])
      expect(stale.headers.get('cache-status')).to.match(/; detail=UPSTREAM_\w+$/)
      await node.clock.advance(2000)
      const [status, code] =
        breaks === 'silent' ? ([502, 'UPSTREAM_UNREACHABLE'] as const) : ([504, 'UPSTREAM_TIMEOUT'] as const)
      expectProblem(await get(), status, code)
    })
  }

  it('is not given for an error that upstream answers itself', async () => {
    await get()
    upstream.answer = () => ({ status: 404, body: 'gone' })
    await node.clock.advance(TTL_MS + REVALIDATE_MS)
    expect(told(await get())).to.deep.equal(['gone', 'Larder; fwd=stale; fwd-status=404', '0'])
  })

  it('is not given in turns with an error that upstream answers again and again', async () => {
    await get()
    upstream.answer = () => ({ status: 503, body: 'later' })
    await node.clock.advance(TTL_MS + REVALIDATE_MS)
    const statuses: number[] = []
    for (let time = 0; time < 6; time++) {
      statuses.push((await get()).status)
      await node.clock.advance(100)
    }
    expect(statuses).to.deep.equal([503, 503, 503, 503, 503, 503])
  })

  it('says which answers came along with the fetch of another', async () => {
    upstream.hold()
    const answers = [get(), get(), get()]
    await upstream.holds(1)
    upstream.release()
    const statuses = (await Promise.all(answers)).map(({ headers }) => headers.get('cache-status'))
    expect(upstream.calls).to.have.length(1)
    expect(statuses.filter((status) => status === 'Larder; fwd=miss; fwd-status=200; stored')).to.have.length(
      1,
    )
    for (const status of statuses)
      expect(status).to.match(/^Larder; (?:hit; ttl=300|fwd=miss; fwd-status=200; stored(?:; collapsed)?)$/)
  })

  it('never says both that it was there and that it was asked for: RFC 9211 has them exclude each other', async () => {
    const statuses = [await get(), await get()]
    await node.clock.advance(TTL_MS + 1000)
    upstream.answer = () => ({ breaks: 'silent' })
    statuses.push(await get())
    await node.clock.advance(REVALIDATE_MS)
    statuses.push(await get())
    for (const { headers } of statuses) {
      const parameters = (headers.get('cache-status') ?? '').split('; ').slice(1)
      const kinds = parameters.filter((parameter) => parameter === 'hit' || parameter.startsWith('fwd='))
      expect(kinds, headers.get('cache-status') ?? '').to.have.length(1)
    }
  })

  it('is given as 304 to a client that has it, with its tag, its age and what became of the request', async () => {
    const { port } = new URL(node.url)
    const conditional = async (tags: string) => {
      const headers = `Host: localhost\r\nConnection: close\r\norg_id: acme\r\nIf-None-Match: ${tags}`
      return (await converse(Number(port), request('GET /server/object(42)/header', headers)))[0]
    }
    for (const status of ['Larder; fwd=miss; fwd-status=200; stored', 'Larder; hit; ttl=300']) {
      const answer = await conditional('"0", W/"1"')
      expect(answer).to.include({ status: 304, body: '' })
      expect(answer?.headers).to.include({ etag: '"1"', age: '0', 'cache-status': status })
    }
    expect(await conditional('"2"')).to.include({ status: 200, body: 'version 1' })
    expect(upstream.calls).to.have.length(1)
    expect(upstream.calls[0]?.headers['if-none-match']).to.equal(undefined)
  })

  it('is given as 304, as a value is, to clients like fetch that say no-cache beside their tag', async () => {
    await get()
    const answer = await get({ 'if-none-match': '"1"' })
    expect([answer.status, answer.text]).to.deep.equal([304, ''])
  })

  it('is fetched anew after it is deleted, and after all are cleared', async () => {
    for (const target of ['/server/object(42)/header', '/clear']) {
      await get()
      version++
      const gone = await call(`DELETE ${node.url}${target}`, { headers: { org_id: 'acme' } })
      expect([gone.status, gone.text]).to.deep.equal([204, ''])
      expect((await get()).text).to.equal(`version ${version}`)
    }
  })
})
