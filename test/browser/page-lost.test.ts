/** The page of a node that is killed and started again, and the page of another one meanwhile. */
import { expect } from 'chai'
import { Chromium } from '../support/browser.ts'
import { ProcessCluster } from '../support/processes.ts'
import { WatchedPage } from './watched-page.ts'

describe('the page of a node that is killed', function () {
  this.timeout(120_000)
  before(function () {
    Chromium.need(this)
  })

  it('says that it has lost it, and goes on when it is back; others say who is gone', async () => {
    await using browser = await Chromium.start()
    const node = { DATA_DIR: 'off' }
    await using cluster = await ProcessCluster.start(['a', 'b', 'c'], { node, uplink: { LEASE_MS: '1000' } })
    const { url, process } = cluster.member('a')
    const own = await WatchedPage.open(browser, url)
    const other = await WatchedPage.open(browser, cluster.member('b').url)
    for (const shown of [own, other]) await shown.says('#sentence', /All three members are well/)
    await process.kill()
    await own.says('#source', /^Lost this node at [\d:]+: trying again/)
    expect(await own.page.locator('#health').getAttribute('class')).to.equal('stale')
    await other.says('#sentence', /^One of three members is gone/)
    await other.says('#member-rows tr.missing', /^a/)
    await other.says('#event-rows', /gone/)
    await own.picture('lost')
    await other.picture('gone')
    await cluster.join('a', Number(new URL(url).port))
    await own.says('#source', /^Live$/)
    for (const shown of [own, other]) {
      await shown.says('#sentence', /All three members are well/)
      expect(shown.errors).to.deep.equal([])
    }
  })
})
