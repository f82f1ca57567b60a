/** What uplink does not take, and from whom, over real sockets. */
import { expect } from 'chai'
import { FakeMember } from './fake-member.ts'
import { start } from './start.ts'
import { UplinkClient } from './uplink-client.ts'

describe('uplink: what it does not take', () => {
  const life = { url: 'http://127.0.0.1:4000', incarnation: 'x', epoch: 0 }
  const wrong: [why: string, method: string, path: string, body?: unknown][] = [
    ['an id with a slash', 'PUT', '/api/v1/members/a%2Fb', life],
    ['broken percent-encoding', 'PUT', '/api/v1/members/%E0%A4%A', life],
    ['no url', 'PUT', '/api/v1/members/a', { ...life, url: undefined }],
    ['a url that is no address', 'PUT', '/api/v1/members/a', { ...life, url: 'ftp://a' }],
    ['an epoch below 0', 'PUT', '/api/v1/members/a', { ...life, epoch: -1 }],
    ['an epoch near the end of the integers', 'PUT', '/api/v1/members/a', { ...life, epoch: 2 ** 53 - 1 }],
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
    })
  }

  it('a body beyond a MiB is 413', async () => {
    await using uplink = await start()
    const body = JSON.stringify({ ...life, incarnation: 'x'.repeat(2 ** 20) })
    expect((await uplink.client.call('PUT', '/api/v1/members/a', body)).code).equal('TOO_LARGE')
  })
})

describe('uplink: the secret of the cluster', () => {
  const secret = 'of-the-cluster'

  it('members must show it, and others may look', async () => {
    await using uplink = await start({ CLUSTER_SECRET: secret })
    await using a = await FakeMember.start('a')
    const stranger = new UplinkClient(uplink.url, { authorization: 'Bearer guessed' })
    for (const client of [uplink.client, stranger]) {
      const answers = [
        await client.renew(a.member),
        await client.leave(a.member),
        await client.report(a.member),
      ]
      expect(answers.map(({ status, code }) => [status, code])).deep.equal(
        Array(3).fill([401, 'UNAUTHORIZED']),
      )
    }
    expect(await stranger.ids()).deep.equal([])
  })

  it('whoever shows it is let in', async () => {
    await using uplink = await start({ CLUSTER_SECRET: secret })
    await using a = await FakeMember.start('a')
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    expect((await client.renew(a.member)).status).equal(200)
  })
})
