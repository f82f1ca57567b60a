/** What a page of a node is made of, and what it is told: who may have it, and that it is as small as it can be. */
import { expect } from 'chai'
import { ClusterStatus } from '../../../shared/page/status.ts'
import { slotOf } from '../../../shared/placement.ts'
import { Cluster, ownerOf } from '../../support/cluster.ts'
import { KeysFile, withKey } from '../../support/keys.ts'
import { eachOnNode, startTestNode, type TestNode } from '../../support/node.ts'
import { freePorts } from '../../support/ports.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call } from './call.ts'

const HTML = { accept: 'text/html,*/*;q=0.8' }

const statusAt = async (url: string) =>
  ClusterStatus.parse(await (await fetch(`${url}/api/v1/status`)).json())

describe('the page of a node', () => {
  let node: TestNode
  eachOnNode((started) => {
    node = started
  })

  it('is for those who ask for HTML, and JSON for all others', async () => {
    const page = await fetch(node.url, { headers: HTML })
    expect(page.headers.get('content-type')).to.equal('text/html; charset=utf-8')
    expect(page.headers.get('vary')).to.match(/accept/i)
    expect(await page.text()).to.include('<body data-service="node">')
    const json = await call(`GET ${node.url}/`)
    expect(json.json).to.include({ status: 'ok', id: node.node.member.id })
  })

  it('takes nothing but its own files, which are asked for again and sent only when they have changed', async () => {
    const page = await fetch(node.url, { headers: HTML })
    const policy = (page.headers.get('content-security-policy') ?? '').split('; ')
    expect(policy).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ])
    const text = await page.text()
    expect(text).to.not.match(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
    const files = [...text.matchAll(/(?:src|href)="(api\/v1\/page\/[^"]+)"/g)].map(([, path]) => path)
    expect(files).to.have.lengthOf.at.least(5)
    for (const path of ['', ...files]) {
      const first = await fetch(`${node.url}/${path}`, { headers: HTML })
      expect(first.status, path).to.equal(200)
      expect(first.headers.get('cache-control')).to.equal('no-cache')
      const headers = { ...HTML, 'if-none-match': first.headers.get('etag') ?? '' }
      expect((await fetch(`${node.url}/${path}`, { headers })).status, path).to.equal(304)
    }
    for (const path of ['none.js', '..%2Fpage.ts', 'tsconfig.json'])
      expect((await fetch(`${node.url}/api/v1/page/${path}`)).status, path).to.equal(404)
  })

  it('is told the same numbers as its metrics have', async () => {
    await call(`PUT ${node.url}/api/v1/kv/soup`, { body: 'x' })
    for (const key of ['soup', 'soup', 'none']) await fetch(`${node.url}/api/v1/kv/${key}`)
    await fetch(`${node.url}/livez`)
    const { members, by, events } = await statusAt(node.url)
    const { id, status: { measures } = {} } = members[0] ?? {}
    expect(by).to.equal(id)
    expect(measures).to.include({ requests: 4, errors: 0, hits: 2, misses: 1, slots_short: 0 })
    expect(measures?.took?.at(-1)).to.deep.equal([null, 4])
    expect(measures?.max_bytes).to.equal(512 * 2 ** 20)
    expect(events[0]).to.include({ id: by, what: 'joined' })
  })

  it('is told whether Kafka is out of reach, where there is one', async () => {
    await using upstream = await TestUpstream.start()
    const [port = 0] = await freePorts(1)
    const settings = { ROUTES_FILE: await upstream.contract(), KAFKA_BROKERS: `127.0.0.1:${port}` }
    await using listening = await startTestNode(settings)
    const told = await Promise.all([node, listening].map(({ url }) => statusAt(url)))
    const measures = told.map(({ members: [member] }) => member?.status?.measures)
    expect(measures[0]).to.not.have.any.keys('kafka_connected', 'kafka_lag')
    expect(measures[1]).to.include({ kafka_connected: 0 })
  })
})

describe('who looks at a node', () => {
  it('is told of the cluster every second, for as long as somebody looks, and not once the node leaves', async () => {
    const node = await startTestNode()
    const headers = { accept: 'text/event-stream' }
    const { body, headers: told } = await fetch(`${node.url}/api/v1/status`, { headers })
    expect(told.get('content-type')).to.equal('text/event-stream')
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    const event = async () => (await reader?.read())?.value ?? ''
    expect(await event()).to.match(/^event: status\ndata: \{"at":.*\}\n\n$/)
    const next = event()
    await node.clock.advance(1000)
    expect(await next).to.match(/^event: status\n/)
    const last = reader?.read()
    const stopped = node[Symbol.asyncDispose]()
    expect(await last).to.deep.equal({ done: true, value: undefined })
    await stopped
  })
})

describe('the page of a node that needs keys', () => {
  it('is for everybody, and what it is told for those who may know it', async () => {
    using file = new KeysFile({
      metrics: { can: ['metrics'] },
      shop: { can: ['read', 'write'], prefix: 'shop:' },
    })
    await using node = await startTestNode({ KEYS_FILE: file.path })
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(node.url + path, { headers })).status
    for (const path of ['/', '/api/v1/page/main.js', '/api/v1/page/uPlot.iife.min.js'])
      expect(await statusOf(path, HTML), path).to.equal(200)
    for (const path of ['/api/v1/status', '/api/v1/rights', '/api/v1/holders?key=a'])
      expect(await statusOf(path), path).to.equal(401)
    expect(await statusOf('/api/v1/status', withKey('metrics'))).to.equal(200)
    expect(await statusOf('/api/v1/status', withKey('shop'))).to.equal(403)
    const rights = await fetch(`${node.url}/api/v1/rights`, { headers: withKey('shop') })
    expect(await rights.json()).to.deep.equal({ name: 'shop', can: ['read', 'write'], prefix: 'shop:' })
  })
})

describe('what nodes tell of the cluster', () => {
  it('every member, from any of them, and who holds a key', async () => {
    const ids = ['a', 'b', 'c']
    await using cluster = await Cluster.start({ ids })
    const { members, copies } = await statusAt(cluster.url('b'))
    expect(copies).to.equal(2)
    expect(members.map(({ id, status }) => [id, status?.id])).to.deep.equal(ids.map((id) => [id, id]))
    for (const key of ['soup', 'a/b', 'ü']) {
      const holders = await fetch(`${cluster.url('c')}/api/v1/holders?key=${encodeURIComponent(key)}`)
      const told = (await holders.json()) as { owner: string; holders: string[] }
      expect(told).to.include({ key, slot: slotOf(key), owner: ownerOf(key, ids) })
      expect(told.holders[0]).to.equal(told.owner)
      expect(new Set(told.holders).size).to.equal(2)
    }
  })
})
