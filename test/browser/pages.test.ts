/** What a page of any site can do to a node, and to uplink, in a real browser: nothing, unless it is named. */
import { expect } from 'chai'
import { call } from '../node/http/call.ts'
import { Chromium, fetchFrom } from '../support/browser.ts'
import { startTestNode, type TestNode } from '../support/node.ts'
import { start, type TestUplink } from '../uplink/start.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('in a browser', function () {
  this.timeout(120_000)
  let browser: Chromium
  let node: TestNode
  let uplink: TestUplink
  /** As somebody would write it who has it on his own machine. */
  let url: string

  before(async function () {
    Chromium.need(this)
    browser = await Chromium.start()
    node = await startTestNode({ CORS_ORIGINS: browser.origin('shop.example') })
    uplink = await start()
    url = `http://localhost:${node.node.port}`
  })
  after(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
    await uplink?.[Symbol.asyncDispose]()
  })

  const isCounted = async (key: string) =>
    (await call(`GET ${node.url}/api/v1/counters/${key}`)).status === 200

  it('a page of another site changes nothing, however it calls', async () => {
    const page = await browser.open(browser.origin('evil.example'))
    const increment = { method: 'POST', body: 'key=clicks&value=1' }
    for (const init of [
      { ...increment, headers: FORM },
      { ...increment, headers: FORM, mode: 'no-cors' },
      { ...increment, headers: { 'content-type': 'text/plain' }, mode: 'no-cors' },
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"key":"clicks","value":1}' },
    ] as const) {
      const { status, text } = await fetchFrom(page, `${url}/increment`, init)
      expect([status, text], 'without CORS a page sees an answer of no status').to.be.deep.oneOf([
        [undefined, undefined],
        [0, ''],
      ])
    }
    await page.setContent(`<form action="${url}/increment" method="post">
      <input name="key" value="clicks"><input name="value" value="1"><button>go on</button></form>`)
    await page.click('button')
    await page.waitForURL(`${url}/increment`)
    expect(await page.textContent('body')).to.include('FORBIDDEN')
    expect(await isCounted('clicks')).to.equal(false)
  })

  it('a page of another site reads nothing, and opens no socket', async () => {
    const page = await browser.open(browser.origin('evil.example'))
    for (const path of ['/api?key=a', '/api/v1/activity', '/metrics', '/livez'])
      expect(await fetchFrom(page, url + path)).to.have.property('error')
    const socket = await page.evaluate(
      async (target) =>
        await new Promise((resolve) => {
          const socket = new WebSocket(target)
          socket.onopen = () => resolve('open')
          socket.onerror = () => resolve('refused')
        }),
      url.replace('http', 'ws'),
    )
    expect(socket).to.equal('refused')
  })

  it('a site whose name leads here can do nothing to a node, nor to uplink', async () => {
    const [ofNode, ofUplink] = [node.node.port, uplink.port].map((port) => `http://rebound.example:${port}`)
    const page = await browser.open(`${ofNode}/livez`)
    for (const [method, path] of [
      ...[['DELETE', '/clear'] as const, ['GET', '/api?key=a'] as const, ['GET', '/api/v1/cluster'] as const],
      ...[['PUT', '/api/v1/kv/rebound'] as const, ['POST', '/cluster/meet'] as const],
    ])
      expect(await fetchFrom(page, path, { method }), `${method} ${path}`).to.include({ status: 421 })
    const another = await browser.open(`${ofUplink}/livez`)
    const member = JSON.stringify({ url: 'http://127.0.0.1:1', incarnation: 'x', epoch: 0 })
    const joining = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: member }
    expect(await fetchFrom(another, '/api/v1/members/a', joining)).to.include({ status: 421 })
    expect(await fetchFrom(another, '/api/v1/view')).to.include({ status: 421 })
    expect(await uplink.client.ids()).to.deep.equal([])
  })

  it('a link leads to / from anywhere, and nowhere else', async () => {
    const page = await browser.open(browser.origin('evil.example'))
    const follow = async (target: string) => {
      await page.goto(browser.origin('evil.example'))
      await page.setContent(`<a href="${target}">there</a>`)
      const [response] = await Promise.all([
        page.waitForResponse((answer) => answer.url() === target),
        page.click('a'),
      ])
      return response.status()
    }
    expect(await follow(`${url}/`)).to.equal(200)
    expect(await follow(`${url}/api/v1/activity`)).to.equal(403)
  })

  it('a page whose origin is named calls as it likes, with headers of its own, and sees what is answered', async () => {
    const page = await browser.open(browser.origin('shop.example'))
    const target = `${url}/api/v1/kv/page`
    const headers = { 'if-none-match': '*', 'api-key': 'none is needed', 'content-type': 'application/json' }
    const stored = await fetchFrom(page, target, { method: 'PUT', headers, body: '{"soup":1}' })
    expect(stored.status).to.equal(201)
    expect(stored.headers?.['etag']).to.match(/^"/)
    const read = await fetchFrom(page, target)
    expect([read.status, read.text]).to.deep.equal([200, '{"soup":1}'])
    expect(await fetchFrom(page, `${url}/api/v1/kv/none`)).to.include({ status: 404 })
    expect(await fetchFrom(page, target, { method: 'DELETE' })).to.include({ status: 204 })
  })
})
