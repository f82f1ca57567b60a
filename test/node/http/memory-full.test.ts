/** A node that is full of what is never evicted: what every door says then, and what goes on. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { OBJECT_EVENTS, TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem, send } from './call.ts'

describe('a node whose memory is full of counters', () => {
  let upstream: TestUpstream
  let node: TestNode
  let version = 1
  const at = (path: string) => `${node.url}${path}`
  const batch = async (ops: readonly unknown[]) =>
    ((await send(`POST ${at('/api/v1/batch')}`, { ops })).json as { results: Record<string, unknown>[] })
      .results
  const object = () =>
    call(`GET ${at('/server/object(42)/header')}`, { headers: { org_id: 'acme', authorization: 'Bearer x' } })

  beforeEach(async () => {
    version = 1
    upstream = await TestUpstream.start()
    upstream.answer = () => ({ body: `version ${version}` })
    const ROUTES_FILE = await upstream.contract({ events: OBJECT_EVENTS })
    node = await startTestNode({ MAX_BYTES: '32KiB', ROUTES_FILE })
    await send(`POST ${at('/api')}`, { key: 'salt', data: 1 })
    await send(`PUT ${at('/api/v1/kv/gone')}`, 'x')
    await object()
    const react = {
      type: 'reaction',
      action: 'add',
      content_id: 'Stew',
      user_id: 'Sam',
      reaction_type: 'fire',
    }
    await send(`POST ${at('/api/v1/reaction')}`, react)
  })
  afterEach(async () => {
    upstream.release()
    await node[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const fill = async () => {
    const results = await batch(
      Array.from({ length: 200 }, (_, index) => ({ op: 'increment', key: `c${index}`, by: 1 })),
    )
    const refused = results.filter(({ status }) => status !== 200)
    expect(refused.length).to.be.within(100, 150)
    for (const one of refused) expect(one).to.include({ status: 507, code: 'MEMORY_FULL' })
    return results.filter(({ status }) => status === 200).length
  }

  it('refuses with 507 whatever needs more of what is kept, and has changed nothing then', async () => {
    const counted = await fill()
    const refused = [
      await send(`POST ${at('/api/v1/counters/new')}`, { by: '1' }),
      await call(`POST ${at('/increment')}`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'key=new&value=1',
      }),
      await send(`POST ${at('/api/v1/counters/c0')}`, { by: '1' }, { 'idempotency-key': 'x'.repeat(255) }),
      await send(`POST ${at('/api/v1/reaction')}`, {
        type: 'reaction',
        action: 'add',
        content_id: 'Soup',
        user_id: 'Sam',
        reaction_type: 'fire',
      }),
      await send(`POST ${at('/api')}`, { key: 'large', data: 'x'.repeat(10_000) }),
    ]
    for (const answer of refused) {
      expectProblem(answer, 507, 'MEMORY_FULL')
      expect(answer.headers.get('retry-after')).to.equal(null)
    }
    expect((await call(`GET ${at('/api/v1/counters/new')}`)).status).to.equal(404)
    expect((await call(`GET ${at('/api/v1/counters/c0')}`)).json).to.include({ value: '1' })
    expect((await call(`GET ${at('/api/v1/reaction/reactions_count/Soup')}`)).status).to.equal(404)
    const { text } = await call(`GET ${at('/metrics')}`)
    expect(text).to.match(/^larder_memory_full_total\{kind="counter"\} 1\d\d$/m)
    expect(text).to.match(/^larder_memory_full_total\{kind="reactions"\} 1$/m)
    expect(text).to.match(/^larder_memory_full_total\{kind="value"\} 1$/m)
    expect(text).to.include(`larder_entries{kind="counters"} ${counted}`)
  })

  it('never answers that a value is stored which is gone by the next read', async () => {
    await fill()
    for (let size = 0; size < 2000; size += 100) {
      const stored = await send(`POST ${at('/api')}`, { key: `size-${size}`, data: 'x'.repeat(size) })
      expect(stored.status).to.be.oneOf([200, 507])
      const { data } = (await call(`GET ${at(`/api?key=size-${size}`)}`)).json as { data: unknown }
      expect(data === null).to.equal(stored.status === 507)
    }
  })

  it('goes on reading, counting what is there, deleting and removing, and has room again', async () => {
    await fill()
    expect((await send(`POST ${at('/api/v1/counters/c0')}`, { by: '5' })).json).to.include({ value: '6' })
    const stop = {
      type: 'reaction',
      action: 'remove',
      content_id: 'Stew',
      user_id: 'Sam',
      reaction_type: 'fire',
    }
    expect((await send(`POST ${at('/api/v1/reaction')}`, stop)).status).to.equal(201)
    expect((await call(`DELETE ${at('/api?key=salt')}`)).status).to.equal(200)
    expect((await call(`DELETE ${at('/api/v1/counters/never')}`)).status).to.equal(204)
    for (let index = 0; index < 40; index++)
      expect((await call(`DELETE ${at(`/api/v1/counters/c${index}`)}`)).status).to.equal(204)
    expect((await send(`POST ${at('/api/v1/counters/new')}`, { by: '1' })).status).to.equal(200)
  })

  it('forgets what an event is about, and passes on what it cannot store', async () => {
    await fill()
    version = 2
    const told = await send(`POST ${at('/api/v1/events')}`, { type: 'object.update', objectid: '42' })
    expect(told.status).to.equal(202)
    expect((await object()).text).to.equal('version 2')
    const put = { method: 'PUT', headers: { org_id: 'acme' }, body: 'x'.repeat(30_000) }
    expect((await fetch(at('/server/object(43)/header'), put)).status).to.equal(507)
  })
})
