/** The page where keys are needed, and where Redis keeps the data, in a real browser. */
import { expect } from 'chai'
import { Chromium } from '../support/browser.ts'
import { KeysFile, keyOf } from '../support/keys.ts'
import { startTestNode } from '../support/node.ts'
import { RedisServer } from '../support/redis.ts'
import { needTool } from '../support/tool.ts'
import { WatchedPage } from './watched-page.ts'

describe('the page, where keys are needed', function () {
  this.timeout(60_000)
  let browser: Chromium
  before(async function () {
    Chromium.need(this)
    browser = await Chromium.start()
  })
  after(() => browser?.[Symbol.asyncDispose]())

  it('asks for one, shows what that may do, and keeps it nowhere', async () => {
    using file = new KeysFile({
      all: { can: ['read', 'write', 'clear', 'metrics'] },
      reader: { can: ['read'], prefix: 'shop:' },
    })
    await using node = await startTestNode({ KEYS_FILE: file.path })
    const shown = await WatchedPage.open(browser, node.url)
    const { page } = shown
    await shown.says('#key', /A key is needed here/)
    expect(await page.locator('main section:visible').count()).to.equal(1)
    expect(await shown.findings()).to.deep.equal([])
    await shown.picture('key')
    const show = async (name: string) => {
      await page.fill('#key-text', keyOf(name))
      await page.keyboard.press('Enter')
    }
    await show('nobody')
    await shown.says('#key-problem', /valid key/)
    await show('reader')
    await shown.says('#source', /may not see how the cluster is/)
    await page.locator('#lookup-form').waitFor()
    for (const hidden of ['#health', '#change', '#members'])
      expect(await page.isVisible(hidden)).to.equal(false)
    await page.fill('#lookup-key', 'other')
    await page.click('#lookup-form button')
    await shown.says('#lookup-problem', /begins with "shop:"/)
    await page.click('#forget')
    await shown.says('#key', /A key is needed here/)
    await show('all')
    await shown.says('#sentence', /The one member is well/)
    expect(await page.isVisible('#change')).to.equal(true)
    expect(await page.inputValue('#key-text')).to.equal('')
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    )
    expect(String(kept)).to.not.include(keyOf('all'))
    await page.reload()
    await shown.says('#key', /A key is needed here/)
    expect(shown.errors).to.deep.equal([])
  })
})

describe('the page, where Redis keeps the data', function () {
  this.timeout(60_000)
  before(function () {
    Chromium.need(this)
    needTool(this, 'redis-server')
  })

  it('shows keys, and says that there are no members', async () => {
    await using browser = await Chromium.start()
    await using redis = await RedisServer.start()
    await using node = await startTestNode({ ENGINE_URL: redis.url })
    const shown = await WatchedPage.open(browser, node.url)
    await shown.says('#source', /no members to show/)
    expect(await shown.page.locator('section:visible, #live:visible').count()).to.be.at.least(4)
    expect(await shown.page.isVisible('#health')).to.equal(false)
    await shown.page.fill('#change-key', 'soup')
    await shown.page.fill('#set-value', '7')
    await shown.page.click('#set-form button[type=submit]')
    await shown.says('#change-outcome', /soup is set/)
    await shown.page.fill('#lookup-key', 'soup')
    await shown.page.click('#lookup-form button')
    await shown.says('#found-facts', /for ever/)
    expect(shown.errors).to.deep.equal([])
  })
})
