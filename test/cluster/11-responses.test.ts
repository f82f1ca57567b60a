/** Cached API responses in a cluster: one call upstream, whichever nodes are asked, and nobody in anyone's way. */
import { expect } from 'chai'
import { Cluster, keyOf, ownerOf, post } from '../support/cluster.ts'
import { converse, request } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { getFor, TestUpstream } from '../support/upstream.ts'

const ids = ['a', 'b', 'c']
const ORG = { org_id: 'acme', authorization: 'Bearer t' }

describe('cached responses in a cluster', () => {
  let upstream: TestUpstream
  let cluster: Cluster

  before(async function () {
    this.timeout(60_000)
    upstream = await TestUpstream.start()
    cluster = await Cluster.start({ ids, node: { ROUTES_FILE: await upstream.contract() } })
  })
  after(async () => {
    upstream.release()
    await cluster[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    upstream.calls.length = 0
    upstream.answer = ({ tenant, number }) => ({ body: `${tenant} ${number}` })
  })
  afterEach(() => upstream.release())

  const pathOf = (id: string | number) => `/server/object(${id})/header`
  const ask = (node: string, path: string, org = 'acme') => getFor(org, `${cluster.url(node)}${path}`)

  it('ask upstream once for what 1,000 requests at all nodes want at the same time', async function () {
    this.timeout(60_000)
    upstream.hold()
    const asking = Array.from({ length: 1000 }, (_, index) => ask(ids[index % 3] ?? '', pathOf('cold')))
    await upstream.holds(1)
    upstream.release()
    const answers = await Promise.all(asking)
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).to.deep.equal(
      new Set(['200 acme 1']),
    )
    expect(upstream.calls).to.have.length(1)
    expect(answers.filter(({ cacheStatus }) => cacheStatus.endsWith('; collapsed')).length).to.be.above(0)
  })

  it('let all of them fail with that one call, and try again with the next request', async function () {
    this.timeout(60_000)
    const path = pathOf('failing')
    const owner = ownerOf(path, ids) ?? ''
    const others = ids.filter((id) => id !== owner)
    const sent = async () => {
      const sums = await Promise.all(
        others.map((id) => cluster.metric(id, 'larder_forwarded_commands_total')),
      )
      return sums.reduce((sum, count) => sum + count, 0)
    }
    const before = await sent()
    upstream.hold()
    upstream.answer = () => ({ status: 503, body: 'sorry' })
    const asking = Array.from({ length: 300 }, (_, index) => ask(others[index % 2] ?? '', path))
    // Each asks the owner for what it has, and then to fetch it. New connections are accepted behind theirs.
    await until(sent, (count) => count >= before + 600)
    for (let index = 0; index < 5; index++)
      await converse(Number(new URL(cluster.url(owner)).port), request('GET /livez'))
    upstream.release()
    for (const { status, text } of await Promise.all(asking))
      expect([status, text]).to.deep.equal([503, 'sorry'])
    expect(upstream.calls).to.have.length(1)
    upstream.answer = () => ({ body: 'fine' })
    expect((await ask('b', path)).text).to.equal('fine')
    expect(upstream.calls).to.have.length(2)
  })

  it('ask upstream once also while members join, but for what gets another owner', async () => {
    upstream.hold()
    const paths = Array.from({ length: 40 }, (_, index) => pathOf(`joining-${index}`))
    const before = paths.map((path) => ask('a', path))
    await upstream.holds(40)
    await cluster.join('d')
    await cluster.settle()
    const stay = paths.filter((path) => ownerOf(path, ids) === ownerOf(path, [...ids, 'd']))
    const after = stay.map((path) => ask('b', path))
    upstream.release()
    const answers = await Promise.all([...before, ...after])
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200))
    const calls = stay.map((path) =>
      upstream.calls.filter((call) => call.path.endsWith(path.slice('/server'.length))),
    )
    expect(calls.map(({ length }) => length)).to.deep.equal(stay.map(() => 1))
    await cluster.leave('d')
    await cluster.settle()
  })

  it('fetch a hundred cold ones side by side: upstream answers none before it has been asked for all', async () => {
    upstream.hold()
    const asking = Array.from({ length: 100 }, (_, index) =>
      ask(ids[index % 3] ?? '', pathOf(`many-${index}`)),
    )
    await upstream.holds(100)
    upstream.release()
    expect((await Promise.all(asking)).map(({ status }) => status)).to.deep.equal(Array(100).fill(200))
    expect(upstream.calls).to.have.length(100)
  })

  it('are the same at every node, for every call, tenant and type', async () => {
    for (const path of [pathOf('same'), '/server/templates/same', `${pathOf('same')}?q=1`]) {
      upstream.calls.length = 0
      for (const org of ['acme', 'zeta']) {
        const texts = await Promise.all(ids.map((id) => ask(id, path, org)))
        expect(new Set(texts.map(({ text }) => text)).size).to.equal(1)
        expect(texts[0]?.text).to.match(new RegExp(`^${org} `))
      }
      expect(upstream.calls).to.have.length(2)
      for (const [index, id] of ids.entries()) {
        const url = `${cluster.url(id)}${path}`
        expect((await fetch(url, { method: 'PUT', headers: ORG, body: `put ${id}` })).status).to.equal(204)
        for (const other of ids) expect((await ask(other, path)).text).to.equal(`put ${id}`)
        expect((await fetch(url, { method: 'DELETE', headers: ORG })).status).to.equal(204)
        for (const other of ids) expect((await ask(other, path)).text).to.equal(`acme ${index + 3}`)
        expect((await ask(id, path, 'zeta')).cacheStatus).to.match(/^Larder; hit/)
      }
    }
  })

  it('are forgotten everywhere, whichever node hears of it', async () => {
    const all = Array.from({ length: 12 }, (_, index) => `/server/templates/clear-${index}`)
    const askAll = (org: string) =>
      Promise.all(all.map((path, index) => ask(ids[index % 3] ?? '', path, org)))
    for (const org of ['acme', 'zeta']) await askAll(org)
    await fetch(`${cluster.url('b')}/clear`, { method: 'DELETE', headers: ORG })
    expect((await askAll('acme')).every(({ cacheStatus }) => cacheStatus.includes('fwd=miss'))).to.equal(true)
    expect((await askAll('zeta')).every(({ cacheStatus }) => cacheStatus.includes('hit'))).to.equal(true)
    await fetch(`${cluster.url('c')}/clear`, { method: 'DELETE' })
    for (const org of ['acme', 'zeta'])
      expect((await askAll(org)).every(({ cacheStatus }) => cacheStatus.includes('fwd=miss'))).to.equal(true)
  })

  it('are over for every tenant at every node once an event was taken at any', async () => {
    for (const teller of ids) {
      for (const org of ['acme', 'zeta']) await ask('a', pathOf('told'), org)
      const before = upstream.calls.length
      const message = { type: 'object.publish', objectid: 'told' }
      const told = await fetch(`${cluster.url(teller)}/api/v1/events`, json(message))
      expect(told.status).to.equal(202)
      for (const id of ids)
        for (const org of ['acme', 'zeta']) {
          const number = Number((await ask(id, pathOf('told'), org)).text.split(' ')[1])
          expect(number).to.be.above(before)
        }
      expect(upstream.calls).to.have.length(before + 2)
    }
  })

  it('that are slow hold up nothing else on the way to the same member', async () => {
    const slow = pathOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((id) => ownerOf(pathOf(id), ids) === 'b') ?? '')
    const key = keyOf('b', ids)
    upstream.hold()
    let isAnswered = false
    const fetching = ask('a', slow).finally(() => {
      isAnswered = true
    })
    await upstream.holds(1)
    const order: boolean[] = []
    for (let index = 0; index < 20; index++) {
      const stored = await post(`${cluster.url('a')}/api`, { key, data: index })
      expect(stored.body).to.include({ node: 'b', data: index })
      const got = await fetch(`${cluster.url('a')}/api?key=${key}`)
      expect(await got.json()).to.include({ data: index })
      order.push(isAnswered)
    }
    expect(order).to.deep.equal(Array(20).fill(false))
    upstream.release()
    expect((await fetching).status).to.equal(200)
  })

  it('take long bodies and odd ones from one member to the other', async () => {
    const body = Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 7) % 256)
    upstream.answer = () => ({ headers: { 'content-type': 'image/x' }, body })
    for (const id of ['a', 'b', 'c', 'a']) {
      const answer = await fetch(`${cluster.url(id)}${pathOf('long')}`, { headers: ORG })
      expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), body)).to.equal(0)
      expect(answer.headers.get('content-type')).to.equal('image/x')
    }
    expect(upstream.calls).to.have.length(1)
  })

  it('take any id, organisation, query and token from one member to the other', async () => {
    const ids = ['%00', '%2F...%2F', encodeURIComponent('日本'), 'x'.repeat(9000), "'()*!~", '%22%5C']
    upstream.answer = ({ path, headers }) => ({
      body: JSON.stringify([path, headers.org_id, headers.authorization]),
    })
    for (const [index, id] of ids.entries())
      for (const node of ['a', 'b', 'c']) {
        const headers = { org_id: `\xfcml, "${index}`, authorization: `B \xe4"\\${index}` }
        const response = await fetch(`${cluster.url(node)}${pathOf(id)}?q=${index}&%00`, { headers })
        const asked = [
          `/services/api/v1/object(${id})/header?q=${index}&%00`,
          headers.org_id,
          headers.authorization,
        ]
        expect(await response.json()).to.deep.equal(asked)
      }
    expect(upstream.calls).to.have.length(ids.length)
  })

  it('tell what went wrong at upstream in the same words at every node', async () => {
    upstream.answer = () => ({ breaks: 'silent' })
    for (const id of ids) {
      const { status, text } = await ask(id, pathOf('broken'))
      expect([status, JSON.parse(text).code]).to.deep.equal([502, 'UPSTREAM_UNREACHABLE'])
    }
  })
})

function json(value: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

describe('large cached responses in a cluster', () => {
  it('come through another member, however many at once, though no more is in flight than may be', async () => {
    await using upstream = await TestUpstream.start()
    const body = 'x'.repeat(1.5 * 2 ** 20)
    upstream.answer = () => ({ body })
    await using cluster = await Cluster.start({
      ids,
      node: { ROUTES_FILE: await upstream.contract(), MAX_BODY: '2MiB', MAX_INFLIGHT_BYTES: '16MiB' },
    })
    // Those of its own it would have to hold, or refuse, at once.
    const paths = Array.from({ length: 200 }, (_, index) => `/server/object(${index})/header`)
    const others = paths.filter((path) => ownerOf(path, ids) !== 'a').slice(0, 30)
    for (const round of ['fetched', 'stored']) {
      const answers = await Promise.all(others.map((path) => getFor('acme', `${cluster.url('a')}${path}`)))
      const told = answers.map(({ status, text }) => `${status} ${status === 200 ? text.length : text}`)
      expect([...new Set(told)], round).to.deep.equal([`200 ${body.length}`])
    }
    expect(upstream.calls).to.have.length(others.length)
  })
})
