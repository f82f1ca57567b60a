/** The page that one keeps open, in a real browser: what it shows, what it changes, and for whom. */
import { expect } from 'chai'
import { Chromium } from '../support/browser.ts'
import { Cluster } from '../support/cluster.ts'
import { until } from '../support/until.ts'
import { WatchedPage } from './watched-page.ts'

const HOSTILE = '<img src=x onerror=document.title="taken">'
const BUDGET_BYTES = 150_000
const PHONE = { viewport: { width: 390, height: 800 } }

describe('the page', function () {
  this.timeout(120_000)
  let browser: Chromium
  let cluster: Cluster
  let shown: WatchedPage

  before(async function () {
    Chromium.need(this)
    browser = await Chromium.start()
    cluster = await Cluster.start({ ids: ['a', 'b', 'c'], node: { MAX_BYTES: '64MiB' } })
    shown = await WatchedPage.open(browser, cluster.url('a'))
    await shown.says('#sentence', /well/)
  })
  after(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
  })
  afterEach(() => {
    if (shown !== undefined) expect(shown.errors).to.deep.equal([])
  })

  const react = (content: string, user: string, action = 'add') =>
    fetch(`${cluster.url('b')}/api/v1/reaction`, {
      method: 'POST',
      body: JSON.stringify({
        type: 'reaction',
        action,
        content_id: content,
        user_id: user,
        reaction_type: 'fire',
      }),
    })
  const put = (key: string, body: string, query = '') =>
    fetch(`${cluster.url('b')}/api/v1/kv/${encodeURIComponent(key)}${query}`, { method: 'PUT', body })

  it('says how the cluster is, and shows its members', async () => {
    expect(await shown.text('#sentence')).to.equal('All three members are well; every slot has two copies.')
    expect(await shown.page.locator('#health').getAttribute('data-level')).to.equal('well')
    await shown.says('#source', /^Live$/)
    const rows = shown.page.locator('#member-rows tr')
    expect(await rows.count()).to.equal(3)
    expect(await rows.first().innerText())
      .to.match(/a \(this one\)/)
      .and.match(/well/)
      .and.match(/\d+ owned, [\d,]+ copies/)
      .and.match(/of 64 MiB/)
    const { innerText, href } = await rows
      .nth(1)
      .locator('a')
      .evaluate((link) => ({ innerText: link.textContent, href: link.getAttribute('href') }))
    expect([innerText, href]).to.deep.equal(['b', cluster.url('b')])
    await shown.says('#event-rows', /joined/)
  })

  it('draws curves of what the members measure, with what they say now as text', async () => {
    for (let time = 0; time < 20; time++) await put(`curve-${time}`, 'x')
    await shown.says('#chart-list', /answered [\d.]+ \/s/)
    expect(await shown.page.locator('#chart-list figure:visible canvas').count()).to.be.at.least(6)
    for (const title of [
      'Requests',
      'Time to answer',
      'Reads that found something',
      'Memory',
      'Evictions',
      'Slots',
    ])
      await shown.says('#chart-list figcaption', new RegExp(`^${title}`))
  })

  it('tells what is going on as it happens, whatever it is called', async () => {
    await react(HOSTILE, 'Sam')
    await shown.says('#contents', /onerror.*1 user/s)
    await shown.says('#feed', /Sam: fire on <img/)
    await react(HOSTILE, 'Kim')
    await shown.says('#contents', /fire 2/)
    await react(HOSTILE, 'Kim', 'remove')
    await shown.says('#feed', /Kim is no longer at fire on <img.*1 now/)
    expect(await shown.page.locator('main img').count()).to.equal(0)
    expect(await shown.page.title()).to.include('Larder')
  })

  it('shows counters that run', async () => {
    const url = `${cluster.url('c')}/api/v1/counters/orders`
    await fetch(url, { method: 'POST' })
    await shown.says('#counters', /orders.*1/s)
    await fetch(url, { method: 'POST', body: '{"by":"41"}' })
    await shown.says('#counters', /orders.*\+41.*42/s)
  })

  it('looks a key up, and goes on showing it', async () => {
    await put(HOSTILE, '{"salt":1}', '?ttl=500')
    await shown.page.fill('#lookup-key', HOSTILE)
    await shown.page.click('#lookup-form button')
    await shown.says('#found', /Lives/)
    const facts = await shown.text('#found-facts')
    expect(facts)
      .to.match(/Lives\s+8 min/)
      .and.match(/Tag\s+"/)
      .and.match(/Owner\s+[abc]\n/)
      .and.match(/Holders\s+[abc] and [abc]/)
      .and.match(/Slot\s+\d+/)
    expect(await shown.page.inputValue('#found-value')).to.equal('{"salt":1}')
    expect(await shown.text('#found-key')).to.equal(HOSTILE)
    await put(HOSTILE, '{"salt":2}')
    await shown.says('#found-facts', /for ever/)
    await until(
      () => shown.page.inputValue('#found-value'),
      (text) => text === '{"salt":2}',
    )
    await shown.page.fill('#lookup-key', 'nothing-here')
    await shown.page.click('#lookup-form button')
    await shown.says('#found-facts', /there is none/)
  })

  it('sets, increments, deletes and purges, and asks before it takes something away', async () => {
    const { page } = shown
    const stored = async () => (await fetch(`${cluster.url('c')}/api/v1/kv/soup`)).status
    await page.fill('#change-key', 'soup')
    await page.fill('#set-value', '{"salt":3}')
    await page.fill('#set-ttl', '60')
    await page.click('#set-form button[type=submit]')
    await shown.says('#change-outcome', /soup is set/)
    const { headers } = await fetch(`${cluster.url('c')}/api/v1/kv/soup`)
    expect(headers.get('content-type')).to.equal('application/json')
    expect(Number(headers.get('larder-ttl'))).to.be.within(50, 60)
    await page.click('#delete')
    await page.click('#sure button[value=no]')
    expect(await stored()).to.equal(200)
    await page.click('#delete')
    await page.click('#sure button[value=yes]')
    await shown.says('#change-outcome', /soup is deleted/)
    expect(await stored()).to.equal(404)
    await page.fill('#increment-by', '5')
    await page.click('#increment')
    await shown.says('#change-outcome', /soup is 5 now/)
    await page.fill('#increment-by', 'five')
    await page.click('#increment')
    await shown.says('#change-outcome.bad', /integer/)
    await page.fill('#purge-text', 'recipe-7')
    await page.click('#purge-form button')
    await page.click('#sure button[value=yes]')
    await shown.says('#change-outcome', /recipe-7 is purged/)
    await shown.picture('node')
  })

  it('has nothing that people would stumble over, in light and dark', async () => {
    expect(await shown.findings()).to.deep.equal([])
    const dark = await WatchedPage.open(browser, cluster.url('a'), { ...PHONE, colorScheme: 'dark' })
    await dark.says('#sentence', /well/)
    await dark.says('#chart-list', /answered/)
    expect(await dark.findings()).to.deep.equal([])
    const width = await dark.page.evaluate('document.documentElement.scrollWidth')
    expect(width, 'nothing is wider than a phone').to.equal(390)
    await dark.picture('phone-dark')
    expect(dark.errors).to.deep.equal([])
    await dark.page.close()
  })

  it('is used without a mouse: all is reached, and where one is can be seen', async () => {
    const wanted: string[] = await shown.page.evaluate(
      `[...document.querySelectorAll('a, button, input, select, textarea')]
        .filter((one) => one.checkVisibility()).map((one) => one.id || one.textContent)`,
    )
    await shown.page.evaluate('document.activeElement.blur()')
    const reached = new Set<string>()
    for (let step = 0; step < wanted.length + 2; step++) {
      await shown.page.keyboard.press('Tab')
      const [name, outline]: [string, string] = await shown.page.evaluate(
        `[document.activeElement.id || document.activeElement.textContent,
          getComputedStyle(document.activeElement).outlineStyle]`,
      )
      reached.add(name)
      if (wanted.includes(name)) expect(outline, name).to.not.equal('none')
    }
    expect(wanted.filter((name) => !reached.has(name))).to.deep.equal([])
    expect(wanted.length).to.be.above(12)
  })

  it('moves nothing for those who want no motion', async () => {
    const motion = () =>
      shown.page.evaluate('getComputedStyle(document.querySelector("#feed li")).animationName')
    expect(await motion()).to.equal('fresh')
    await shown.page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await motion()).to.equal('none')
    await shown.page.emulateMedia({ reducedMotion: null })
  })

  it('comes in few bytes, as its own files alone', async () => {
    const page = await browser.open('about:blank')
    const bodies: Promise<Buffer>[] = []
    page.on('response', (response) => {
      const { origin, pathname } = new URL(response.url())
      expect(origin).to.equal(cluster.url('a'))
      if (pathname !== '/' && !pathname.startsWith('/api/v1/page/')) return
      bodies.push(response.body())
    })
    await page.goto(cluster.url('a'))
    await page.locator('#sentence').filter({ hasText: /well/ }).waitFor()
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0)
    expect(bytes).to.be.within(50_000, BUDGET_BYTES)
    await page.close()
  })

  it('of uplink only shows, and keeps who is gone in sight until that is dismissed', async () => {
    const uplink = await WatchedPage.open(browser, cluster.uplink.url)
    await uplink.says('#sentence', /All three members are well/)
    expect(await uplink.page.locator('form:visible').count()).to.equal(0)
    await uplink.says('#elsewhere', /Uplink keeps no data/)
    expect(await uplink.page.locator('#member-rows a').first().getAttribute('href')).to.equal(
      cluster.url('a'),
    )
    await cluster.leave('c')
    await uplink.says('#sentence', /^One of three members has left/)
    await shown.says('#sentence', /^One of three members has left/)
    expect(await uplink.findings()).to.deep.equal([])
    await uplink.picture('uplink-left')
    await uplink.page.reload()
    await uplink.says('#member-rows tr.missing', /c.*left.*Last seen at/s)
    await uplink.page.click('#member-rows button')
    await uplink.says('#sentence', /^Both members are well/)
    await uplink.page.reload()
    await uplink.says('#sentence', /^Both members are well/)
    await shown.says('#sentence', /^One of three members has left/)
    expect(uplink.errors).to.deep.equal([])
    await uplink.page.close()
  })
})
