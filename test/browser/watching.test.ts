/** Watching by those who know nothing of Larder: a browser that loses its network, and the load balancer before it all. */
import { expect } from 'chai'
import { EventSource } from 'eventsource'
import type { Page } from 'playwright-core'
import { Chromium } from '../support/browser.ts'
import { Cluster, post } from '../support/cluster.ts'
import { Haproxy } from '../support/haproxy.ts'
import { freePorts } from '../support/ports.ts'
import { Relay } from '../support/relay.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

/** What a page has been told: how often it was opened, what stands where, and what was missing. */
interface PageTold {
  readonly opened: number
  readonly now: Readonly<Record<string, unknown>>
  readonly gaps: number
}

const WATCHING = `(url) => {
  const told = { opened: 0, now: {}, gaps: 0 }
  window.told = told
  window.source = new EventSource(url)
  window.source.onopen = () => told.opened++
  window.source.addEventListener('gap', () => told.gaps++)
  window.source.addEventListener('change', ({ data }) => {
    const { key, data: value } = JSON.parse(data)
    told.now[key] = value
  })
  window.source.addEventListener('delete', ({ data }) => delete told.now[JSON.parse(data).key])
}`

describe('those who watch from a page', () => {
  let chromium: Chromium
  let cluster: Cluster
  before(async function () {
    Chromium.need(this)
    chromium = await Chromium.start()
    cluster = await Cluster.start({
      ids: ['a', 'b'],
      node: { CORS_ORIGINS: chromium.origin('kitchen.example') },
    })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await chromium?.[Symbol.asyncDispose]()
  })

  const told = (page: Page) => page.evaluate('window.told') as Promise<PageTold>
  const write = (key: string, data: unknown) => post(`${cluster.url('b')}/api`, { key, data })
  const tells = (page: Page, key: string, data: unknown) =>
    until(
      () => told(page),
      ({ now }) => now[key] === data,
    )

  it('go on after they have lost their network, with all that was changed meanwhile', async () => {
    const page = await chromium.open(`${chromium.origin('kitchen.example')}/`)
    const relay = await Relay.start(Number(new URL(cluster.url('a')).port))
    const { url } = relay
    await page.evaluate(`(${WATCHING})('${url}/api/v1/watch?prefix=page:')`)
    await until(
      () => told(page),
      ({ opened }) => opened === 1,
    )
    await write('page:1', 'before')
    await tells(page, 'page:1', 'before')
    // What there is of the network is gone, and nothing new is to be had.
    await page.context().setOffline(true)
    await relay[Symbol.asyncDispose]()
    await until(
      () => cluster.metric('a', 'larder_watchers'),
      (count) => count === 0,
    )
    for (const data of ['lost', 'found']) await write('page:1', data)
    await write('page:2', 'new')
    await using _relay = await Relay.at(url, Number(new URL(cluster.url('a')).port))
    await page.context().setOffline(false)
    await tells(page, 'page:2', 'new')
    expect(await told(page)).deep.equal({ opened: 2, now: { 'page:1': 'found', 'page:2': 'new' }, gaps: 0 })
    await page.close()
  })
})

describe('those who watch through the load balancer', () => {
  before(function () {
    needTool(this, 'haproxy')
  })

  it('go on at the next node where the one that tells them leaves, and miss nothing', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    const [a, b, c] = ['a', 'b', 'c'].map((id) => Number(new URL(cluster.url(id)).port)) as [
      number,
      number,
      number,
    ]
    const [fourth] = await freePorts(1)
    await using haproxy = await Haproxy.start([a, b, c, fourth])
    for (const node of ['node-1', 'node-2', 'node-3']) await haproxy.sees(node, 'UP')
    const told: unknown[] = []
    let [opened, gaps] = [0, 0]
    const source = new EventSource(`${haproxy.url}/api/v1/watch?key=soup`)
    source.addEventListener('open', () => opened++)
    source.addEventListener('gap', () => gaps++)
    source.addEventListener('change', ({ data }) => told.push(JSON.parse(data).data))
    await until(
      async () => opened,
      (count) => count === 1,
    )
    const toldBy = async () => {
      const counts = await Promise.all(['a', 'b', 'c'].map((id) => cluster.metric(id, 'larder_watchers')))
      return ['a', 'b', 'c'][counts.indexOf(1)] ?? ''
    }
    const leaving = await toldBy()
    const staying = ['a', 'b', 'c'].find((id) => id !== leaving) ?? ''
    const write = (data: number) => post(`${cluster.url(staying)}/api`, { key: 'soup', data })
    // He was told nothing yet that he could go on from.
    await cluster.leave(leaving)
    await write(2)
    await until(
      async () => told,
      (all) => all.includes(2),
    ).finally(() => source.close())
    expect({ told, opened, gaps }).deep.equal({ told: [2], opened: 2, gaps: 0 })
  })
})
