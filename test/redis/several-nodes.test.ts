/** Nodes over one Redis are all alike: what one has done holds for the others. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { get, post } from '../support/cluster.ts'
import { NodesOverRedis } from '../support/engine.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'
import { TestUpstream } from '../support/upstream.ts'

const IDS = ['a', 'b']
const OBJECT = '/server/object(42)/header'

describe('nodes over one Redis', () => {
  let upstream: TestUpstream
  let nodes: NodesOverRedis

  before(async function () {
    needTool(this, 'redis-server')
    upstream = await TestUpstream.start()
    const node = { ROUTES_FILE: await upstream.contract(), PEER_TIMEOUT_MS: '20000' }
    nodes = await NodesOverRedis.start({ ids: IDS, node })
  })
  after(async () => {
    await nodes?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
  })

  const at = (id: string, path: string) => `${nodes.url(id)}${path}`
  const fetchAt = (id: string, path: string, init: RequestInit = {}) =>
    fetch(at(id, path), { ...init, headers: { org_id: 'acme', ...init.headers } })

  it('count an increment once, at whichever of them it is sent again', async () => {
    const increment = async (id: string) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'one' }
      const init = { method: 'POST', headers, body: '{"by":"9007199254740993"}' }
      return await (await fetchAt(id, '/api/v1/counters/sold', init)).json()
    }
    const all = await Promise.all([...IDS, ...IDS, ...IDS].map(increment))
    expect(all).to.deep.equal(all.map(() => ({ key: 'sold', value: '9007199254740993' })))
  })

  it('carry the writes of a batch to one key out in their order, whatever they are', async () => {
    const add = { op: 'increment', key: 'turning' }
    const toldOf = async (...ops: object[]) => {
      const { body } = await post(at('a', '/api/v1/batch'), { ops })
      return (body['results'] as { status: number; value?: string }[]).map(
        ({ status, value }) => value ?? status,
      )
    }
    const set = (data: unknown) => ({ op: 'set', key: 'turning', data })
    const total = { op: 'counter', key: 'turning' }
    expect(await toldOf(add, set(4), add, total)).to.deep.equal(['1', 200, '5', '5'])
    expect(await toldOf(add, { op: 'delete', key: 'turning' }, add, total)).to.deep.equal([
      '6',
      200,
      '1',
      '1',
    ])
    expect(await toldOf(add, set('text'), add, total)).to.deep.equal(['2', 200, 409, 409])
  })

  it('take from one limit', async () => {
    const take = (index: number) =>
      post(at(IDS[index % 2] ?? '', '/api/v1/limits/calls'), { limit: 5, window: 3600 })
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => take(index)))
    expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(5)
  })

  it('tell each key once, page by page and from node to node, and forget them together', async () => {
    const keys = Array.from({ length: 250 }, (_, index) => `page:${index}`)
    await Promise.all(keys.map((key) => post(at('a', '/api'), { key, data: 1 })))
    const told: string[] = []
    let cursor = ''
    for (let page = 0; ; page++) {
      const { status, body } = await get(
        at(IDS[page % 2] ?? '', `/api/v1/kv?prefix=page:&limit=40&cursor=${cursor}`),
      )
      expect(status).to.equal(200)
      const listed = body['keys'] as { key: string }[]
      expect(listed.length).to.be.at.most(40)
      told.push(...listed.map(({ key }) => key))
      if (body['cursor'] === undefined) break
      cursor = String(body['cursor'])
    }
    expect(told.sort()).to.deep.equal(keys.sort())
    const cleared = await fetchAt('b', '/api/v1/kv?prefix=page:', { method: 'DELETE' })
    expect(await cleared.json()).to.deep.equal({ deleted: 250 })
    expect((await get(at('a', '/api?key=page:7'))).body['data']).to.equal(null)
  })

  it('tell of presences until they end', async () => {
    const react = (user: string, more: object) => {
      const named = { content_id: 'stew', user_id: user, reaction_type: 'fire' }
      const body = JSON.stringify({ type: 'reaction', action: 'add', ...named, ...more })
      const headers = { 'content-type': 'application/json' }
      return fetchAt('a', '/api/v1/reaction', { method: 'POST', headers, body })
    }
    await Promise.all([react('Sam', {}), react('Kim', { ttl: 0.3 })])
    const count = async () => (await get(at('b', '/api/v1/reaction/reactions_count/stew'))).body
    const ended = await until(count, (told) => JSON.stringify(told).includes('"fire":1'))
    expect(ended).to.deep.equal({ content_id: 'stew', reaction_count: { fire: 1 } })
    const { activity } = (await get(at('b', '/api/v1/activity'))).body
    expect(activity).to.deep.equal([{ content_id: 'stew', users: 1, reaction_count: { fire: 1 } }])
  })

  it('ask upstream once, at whichever they are asked', async () => {
    const before = upstream.calls.length
    upstream.hold()
    const asked = [...IDS, ...IDS].map(async (id) => (await fetchAt(id, '/server/object(7)/header')).text())
    await until(
      async () => upstream.held.length,
      (held) => held > 0,
    )
    await pause(systemClock, 300) // The other node has had the time to ask as well.
    upstream.release()
    expect(new Set(await Promise.all(asked)).size).to.equal(1)
    expect(upstream.calls.length - before).to.equal(1)
  })

  it('never store what was asked for before an event that came to another', async () => {
    upstream.hold()
    const old = fetchAt('a', OBJECT)
    await until(
      async () => upstream.held.length,
      (held) => held > 0,
    )
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const event = { ...init, body: '{"type":"object.update","objectid":"42"}' }
    expect((await fetchAt('b', '/api/v1/events', event)).status).to.equal(202)
    upstream.release()
    await (await old).text()
    const before = upstream.calls.length
    await (await fetchAt('a', OBJECT)).text()
    expect(upstream.calls.length - before).to.equal(1)
  })
})
