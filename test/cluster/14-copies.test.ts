/** What was acknowledged is on two members: one may go, in good order or killed, and everything is there. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { Cluster, get, keysOf, ownerOf, post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { getFor, TestUpstream } from '../support/upstream.ts'

const ids = ['a', 'b', 'c']

interface Result {
  readonly status: number
  readonly data?: unknown
  readonly value?: string
  readonly node?: string
}

async function batch(url: string, ops: readonly object[]): Promise<Result[]> {
  const { body } = await post(`${url}/api/v1/batch`, { ops })
  return body['results'] as Result[]
}

function react(url: string, content_id: string, user_id: string): Promise<Response> {
  const body = { type: 'reaction', action: 'add', content_id, user_id, reaction_type: 'fire' }
  return fetch(`${url}/api/v1/reaction`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** Of all members, copies included. */
async function entriesIn(cluster: Cluster, ...kinds: readonly string[]): Promise<number> {
  const texts = await Promise.all(ids.map(async (id) => (await fetch(`${cluster.url(id)}/metrics`)).text()))
  const found = texts.flatMap((text) => [...text.matchAll(/^larder_entries\{kind="(\w+)"\} (\d+)$/gm)])
  return found.reduce((sum, [, kind = '', count]) => sum + (kinds.includes(kind) ? Number(count) : 0), 0)
}

describe('a cluster with two copies', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start({ ids })
  })
  after(() => cluster[Symbol.asyncDispose]())

  it('has every slot twice, on different members', async () => {
    const views = await Promise.all(ids.map((id) => cluster.viewOf(id)))
    const sum = (count: (slots: (typeof views)[number]['slots']) => number) =>
      views.reduce((total, { slots }) => total + count(slots), 0)
    expect(sum(({ owned }) => owned)).to.equal(16381)
    expect(sum(({ replicated }) => replicated)).to.equal(16381)
  })

  it('has each value, counter and content on two members, by the time it is acknowledged', async () => {
    const keys = ids.flatMap((id) => keysOf(id, ids, 10))
    const ops = keys.flatMap((key) => [
      { op: 'set', key, data: key },
      { op: 'increment', key: `${key} eaten`, by: 3 },
    ])
    const results = await batch(cluster.url('a'), ops)
    await Promise.all(keys.map((key) => react(cluster.url('b'), key, 'Sam')))
    expect(new Set(results.map(({ status }) => status))).to.deep.equal(new Set([200]))
    expect(await entriesIn(cluster, 'values', 'counters', 'contents')).to.equal(2 * 3 * keys.length)
  })

  it('tells of each content once, from every member', async () => {
    const contents = ids.flatMap((id) => keysOf(id, ids, 10))
    await Promise.all(
      contents.map((content, index) => react(cluster.url(ids[index % 3] ?? ''), content, 'Sam')),
    )
    for (const id of ids) {
      const { body } = await get(`${cluster.url(id)}/api/v1/activity?limit=100`)
      const told = (body['activity'] as { content_id: string; users: number }[]).map(
        ({ content_id, users }) => `${content_id} ${users}`,
      )
      expect(told).to.deep.equal(contents.map((content) => `${content} 1`).sort())
    }
  })

  it('forgets with a delete what the copies hold too', async () => {
    const [key = '', other = '', counter = ''] = keysOf('b', ids, 13).slice(10)
    for (const one of [key, other]) await post(`${cluster.url('a')}/api`, { key: one, data: 'stew' })
    await post(`${cluster.url('a')}/api/v1/counters/${counter}`, { by: 5 })
    for (const path of [`kv/${key}`, `counters/${counter}`])
      expect((await fetch(`${cluster.url('c')}/api/v1/${path}`, { method: 'DELETE' })).status).to.equal(204)
    await cluster.leave('b')
    await cluster.settle()
    expect((await get(`${cluster.url('a')}/api?key=${key}`)).body['data']).to.equal(null)
    expect((await get(`${cluster.url('a')}/api?key=${other}`)).body['data']).to.equal('stew')
    expect((await get(`${cluster.url('a')}/api/v1/counters/${counter}`)).status).to.equal(404)
  })
})

describe('cached responses with two copies', () => {
  it('outlive their owner, except those of a tenant that has cleared them: they are gone from all copies', async () => {
    await using upstream = await TestUpstream.start()
    await using cluster = await Cluster.start({ ids, node: { ROUTES_FILE: await upstream.contract() } })
    const all = Array.from({ length: 24 }, (_, index) => `/server/templates/copy-${index}`)
    const paths = all.filter((path) => ownerOf(path, ids) === 'b')
    const ask = () =>
      Promise.all(
        ['acme', 'zeta'].flatMap((org) => paths.map((path) => getFor(org, `${cluster.url('a')}${path}`))),
      )
    await ask()
    expect(await entriesIn(cluster, 'responses')).to.equal(2 * 2 * paths.length)
    await fetch(`${cluster.url('a')}/clear`, { method: 'DELETE', headers: { org_id: 'acme' } })
    expect(await entriesIn(cluster, 'responses')).to.equal(2 * paths.length)
    await cluster.leave('b')
    await cluster.settle()
    upstream.calls.length = 0
    await ask()
    expect(upstream.calls.map(({ tenant }) => tenant)).to.deep.equal(paths.map(() => 'acme'))
  })
})

describe('a member that is killed under load', () => {
  it('is replaced by whoever has the copies: within a moment everything acknowledged is there', async () => {
    await using cluster = await ProcessCluster.start(ids, { node: { LOG_LEVEL: 'silent' } })
    const [url, other] = [cluster.member('a').url, cluster.member('c').url]
    const keys = keysOf('b', ids, 40)
    const acknowledged = new Map<string, { sure: number; asked: number }>()
    let isOver = false
    const writers = keys.map(async (key, index) => {
      const state = { sure: 0, asked: 0 }
      acknowledged.set(key, state)
      while (!isOver) {
        state.asked++
        const target = index % 2 === 0 ? url : other
        const answer = await post(`${target}/api/v1/counters/${key}`, { by: 1 }).catch(() => undefined)
        if (answer?.status === 200) state.sure++
      }
    })
    const least = () => Math.min(...[...acknowledged.values()].map(({ sure }) => sure))
    await until(
      async () => least(),
      (sure) => sure > 5,
    )
    const killedAtMs = systemClock.now()
    await cluster.member('b').process.kill()
    for (;;) {
      const probe = await get(`${url}/api/v1/counters/${keys[0]}`).catch(() => undefined)
      if (probe?.status === 200) break
    }
    expect(systemClock.now() - killedAtMs).to.be.below(1500)
    await pause(systemClock, 200)
    isOver = true
    await Promise.all(writers)
    for (const [key, { sure, asked }] of acknowledged) {
      const { body } = await get(`${other}/api/v1/counters/${key}`)
      expect(Number(body['value']), key).to.be.within(sure, asked)
    }
  })
})
