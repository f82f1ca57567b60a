/** What uplink does not take, and from whom, over real sockets. */
import { expect } from 'chai'
import { KeysFile, keyOf } from '../support/keys.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start, type TestUplink } from './start.ts'
import { UplinkClient } from './uplink-client.ts'

describe('uplink: what it does not take', () => {
  const life = { url: 'http://127.0.0.1:4000', incarnation: 'x', epoch: 0 }
  const last = { epoch: 1, copies: 1, members: ['a'] }
  const crowd = Array.from({ length: 10_001 }, (_, index) => `m${index}`)
  const wrong: [why: string, method: string, path: string, body?: unknown][] = [
    ['an id with a slash', 'PUT', '/api/v1/members/a%2Fb', life],
    ['broken percent-encoding', 'PUT', '/api/v1/members/%E0%A4%A', life],
    ['no url', 'PUT', '/api/v1/members/a', { ...life, url: undefined }],
    ['a url that is no address', 'PUT', '/api/v1/members/a', { ...life, url: 'ftp://a' }],
    ['an epoch below 0', 'PUT', '/api/v1/members/a', { ...life, epoch: -1 }],
    ['an epoch near the end of the integers', 'PUT', '/api/v1/members/a', { ...life, epoch: 2 ** 53 - 1 }],
    ['an epoch that leaps', 'PUT', '/api/v1/members/a', { ...life, epoch: 2 ** 40 + 1, members: [] }],
    [
      'a last view that leaps',
      'PUT',
      '/api/v1/members/a',
      { ...life, last: { ...last, epoch: 2 ** 40 + 1 } },
    ],
    ['a last view of nobody', 'PUT', '/api/v1/members/a', { ...life, last: { ...last, members: [] } }],
    ['a last view of a crowd', 'PUT', '/api/v1/members/a', { ...life, last: { ...last, members: crowd } }],
    ['formats that are no numbers', 'PUT', '/api/v1/members/a', { ...life, formats: ['4'] }],
    ['a loss of nobody', 'POST', '/api/v1/gone', {}],
    ['a loss of an id that cannot be', 'POST', '/api/v1/gone', { member: 'a/b' }],
    ['members that are none', 'PUT', '/api/v1/members/a', { ...life, epoch: 1, members: [{ id: 'b' }] }],
    ['a body that is no JSON', 'PUT', '/api/v1/members/a', '{'],
    ['a report of nobody', 'POST', '/api/v1/members/a/report', {}],
    ['a departure of nobody', 'DELETE', '/api/v1/members/a'],
    ['an after that is no epoch', 'GET', '/api/v1/view?after=x'],
    ['an after below 0', 'GET', '/api/v1/view?after=-1'],
    ['an empty after', 'GET', '/api/v1/view?after='],
  ]
  for (const [why, method, path, body] of wrong) {
    it(`${why} is 400`, async () => {
      await using uplink = await start()
      const { status, code } = await uplink.client.call(method, path, body)
      expect([status, code]).deep.equal([400, 'BAD_REQUEST'])
      expect(await uplink.client.view()).deep.equal({ epoch: 0, copies: 2, members: [] })
    })
  }

  it('what a call of people does not have is named, and members of other versions may say more', async () => {
    await using uplink = await start()
    const lost = await uplink.client.call('POST', '/api/v1/gone', { member: 'b', members: ['c'] })
    expect([lost.status, lost.code]).deep.equal([400, 'UNKNOWN_FIELD'])
    expect(lost.text).include('the nearest is member')
    expect((await uplink.client.call('GET', '/api/v1/view?aftr=1')).text).include('the nearest is after')
    const left = await uplink.client.call('DELETE', '/api/v1/members/a?incarnation=x&since=1')
    expect(left.status).equal(204)
  })

  it('a body beyond a MiB is 413', async () => {
    await using uplink = await start()
    const body = JSON.stringify({ ...life, incarnation: 'x'.repeat(2 ** 20) })
    expect((await uplink.client.call('PUT', '/api/v1/members/a', body)).code).equal('TOO_LARGE')
  })
})

describe('uplink: the secret of the cluster', () => {
  const secret = 'what-members-show'

  it('members must show it, and others may look', async () => {
    await using uplink = await start({ CLUSTER_SECRET: secret })
    await using a = await FakeMember.start('a')
    const stranger = new UplinkClient(uplink.url, { authorization: 'Bearer guessed' })
    for (const client of [uplink.client, stranger]) {
      const answers = [
        await client.renew(a.member),
        await client.leave(a.member),
        await client.report(a.member),
        await client.giveUp('b'),
      ]
      expect(answers.map(({ status, code }) => [status, code])).deep.equal(
        Array(4).fill([401, 'UNAUTHORIZED']),
      )
    }
    expect(await stranger.ids()).deep.equal([])
  })

  it('whoever shows any of several is let in, and is shown the first', async () => {
    const other = 'what-members-take'
    await using uplink = await start({ ...patient, CLUSTER_SECRET: `${secret},${other}` })
    await using a = await FakeMember.start('a')
    for (const one of [other, secret]) {
      const client = new UplinkClient(uplink.url, { authorization: `Bearer ${one}` })
      expect((await client.renew(a.member)).status).equal(200)
    }
    await new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` }).status()
    expect(a.asked.at(-1)).include({ authorization: `Bearer ${secret}` })
  })

  it('an uplink without says once that members show one', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    await uplink.client.renew(a.member)
    const told = () => uplink.logged.filter((line) => line.includes('set CLUSTER_SECRET'))
    expect(told()).length(0)
    for (let time = 0; time < 2; time++) expect((await client.renew(a.member)).status).equal(200)
    expect(told()).length(1)
  })

  it('whoever shows it is let in', async () => {
    await using uplink = await start({ CLUSTER_SECRET: secret })
    await using a = await FakeMember.start('a')
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    expect((await client.renew(a.member)).status).equal(200)
    expect((await client.giveUp('b')).status).equal(202)
  })
})

describe('uplink, where others can reach it,', () => {
  const secret = 'what-members-show'
  const LOOKS = ['/', '/api/v1/view', '/api/v1/status', '/api/v1/rights', '/metrics']
  let file: KeysFile
  let uplink: TestUplink
  before(async () => {
    file = new KeysFile({ grafana: { can: ['metrics'] }, shop: { can: ['read', 'write'] } })
    uplink = await start({ ...patient, HOST: '0.0.0.0', CLUSTER_SECRET: secret, KEYS_FILE: file.path })
  })
  after(async () => {
    await uplink[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })
  const statusOf = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    (await fetch(uplink.url + path, { headers, method })).status
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`,
  })

  it('is looked at by whoever shows the secret, or a key that has metrics, in any of the ways', async () => {
    for (const path of LOOKS) {
      for (const shown of [keyOf('grafana'), secret])
        for (const headers of [{ authorization: `Bearer ${shown}` }, basic(shown)])
          expect(await statusOf(path, headers), `${path} ${JSON.stringify(headers)}`).equal(200)
      expect(await statusOf(path, { 'api-key': keyOf('grafana') })).equal(200)
    }
  })

  it('shows a stranger nothing, and says how it is looked at', async () => {
    for (const path of [...LOOKS, '/openapi.json', '/?x', '//', '/api/v1/view/'])
      for (const headers of [{}, { 'api-key': secret }, { authorization: secret }, basic('wrong'), basic('')])
        expect(await statusOf(path, headers), path).oneOf([401, 404])
    for (const path of LOOKS)
      if (path !== '/api/v1/rights')
        expect(await statusOf(path, { 'api-key': keyOf('shop') }), path).equal(403)
    const answer = await fetch(`${uplink.url}/api/v1/status`)
    expect(answer.headers.get('www-authenticate')).match(/Bearer, Basic realm="larder"/)
    expect(await answer.text()).include('metrics')
    for (const path of ['/livez', '/readyz']) expect(await statusOf(path)).equal(200)
  })

  it('gives everybody the page, which holds nothing', async () => {
    const answer = await fetch(uplink.url, { headers: { accept: 'text/html' } })
    expect(answer.status).equal(200)
    expect(await answer.text())
      .include('<html')
      .and.not.include('incarnation')
  })

  it('takes a password for a look, and never for a change', async () => {
    for (const headers of [basic(secret), { authorization: `Bearer ${keyOf('grafana')}` }])
      expect(await statusOf('/api/v1/gone', headers, 'POST')).equal(401)
  })

  it('takes its keys anew when it is told to', async () => {
    file.write({ late: { can: ['metrics'] } })
    uplink.renew?.()
    expect(await statusOf('/metrics', { 'api-key': keyOf('grafana') })).equal(401)
    expect(await statusOf('/metrics', { 'api-key': keyOf('late') })).equal(200)
  })
})
