/** Watching the view, and the pages for those who run an uplink. */
import { expect } from 'chai'
import fetch from 'node-fetch'
import manifest from '../../package.json' with { type: 'json' }
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start, type TestUplink } from './start.ts'

const watching = (uplink: TestUplink) => () => uplink.client.metric('larder_uplink_watchers')

describe('uplink: watching the view', () => {
  it('a watch is answered when the view is a later one', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    const watches = [0, 0, 1].map((after) => uplink.client.view(after))
    await until(watching(uplink), (count) => count === 3)
    await uplink.client.lease(a.member)
    const view = { epoch: 1, copies: 2, members: [a.member] }
    expect(await Promise.all(watches.slice(0, 2))).deep.equal([view, view])
    expect(await watching(uplink)()).equal(1)
    await uplink.client.leave(a.member)
    expect((await watches[2])?.epoch).equal(2)
  })

  it('a watch for what is there already is answered at once', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    expect((await uplink.client.view(0)).epoch).equal(1)
  })

  it('a client that leaves is not waited for', async () => {
    await using uplink = await start(patient)
    const leaving = new AbortController()
    const watch = fetch(`${uplink.url}/api/v1/view?after=0`, { signal: leaving.signal }).catch(() => 'left')
    await until(watching(uplink), (count) => count === 1)
    leaving.abort()
    expect(await watch).equal('left')
    await until(watching(uplink), (count) => count === 0)
  })

  it('an uplink that stops answers those who watch', async () => {
    const uplink = await start(patient)
    const watch = uplink.client.view(0)
    await until(watching(uplink), (count) => count === 1)
    await uplink[Symbol.asyncDispose]()
    expect((await watch).epoch).equal(0)
  })

  it('two uplinks in one process have nothing to do with each other', async () => {
    await using one = await start(patient)
    await using other = await start(patient)
    await using a = await FakeMember.start('a')
    await one.client.lease(a.member)
    expect(await other.client.ids()).deep.equal([])
  })
})

describe('uplink: pages for those who run it', () => {
  it('says that it lives and serves', async () => {
    await using uplink = await start()
    for (const path of ['/healthcheck', '/livez', '/readyz']) {
      const { status, text } = await uplink.client.call('GET', path)
      expect([path, status, JSON.parse(text)]).deep.equal([path, 200, { status: 'ok' }])
    }
  })

  it('shows the view at the front', async () => {
    await using uplink = await start()
    expect(JSON.parse((await uplink.client.call('GET', '/')).text)).deep.equal(await uplink.client.view())
  })

  it('measures its epoch and members', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    expect(await uplink.client.metric('larder_uplink_epoch')).equal(1)
    expect(await uplink.client.metric('larder_uplink_members')).equal(1)
  })

  it('describes every route it has', async () => {
    await using uplink = await start()
    const page = async (query: string) =>
      JSON.parse((await uplink.client.call('GET', `/openapi.json${query}`)).text)
    const { info, paths } = await page('')
    expect(info).deep.include({ title: 'Larder uplink', version: manifest.version })
    const ops = ['/healthcheck', '/livez', '/metrics', '/openapi.json', '/readyz']
    const shown = ['/', '/api/v1/view', '/api/v1/status', '/api/v1/rights', ...ops]
    expect(Object.keys(paths)).members(shown)
    const internal = ['/api/v1/gone', '/api/v1/members/{id}', '/api/v1/members/{id}/report']
    expect(Object.keys((await page('?internal=1')).paths)).members([...shown, ...internal])
  })

  it('knows its paths and their methods', async () => {
    await using uplink = await start()
    expect((await uplink.client.call('GET', '/nowhere')).code).equal('NO_SUCH_PATH')
    const refused = await uplink.client.call('POST', '/api/v1/members/a')
    expect([refused.status, refused.headers.get('allow')]).deep.equal([405, 'PUT, DELETE'])
  })
})
