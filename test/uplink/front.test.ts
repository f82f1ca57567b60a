/** The front of an uplink, as scripts and browsers get it, and what its page is told. */
import { expect } from 'chai'
import { Statuses } from '../../shared/page/page.ts'
import { STATUS_PATH } from '../../shared/probe.ts'
import type { MemberStatus } from '../../shared/view.ts'
import { FakeClock } from '../support/clock.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start } from './start.ts'
import { UplinkClient } from './uplink-client.ts'

const statusOf = (id: string): MemberStatus => ({
  id,
  epoch: 1,
  slots: { owned: 8192, replicated: 4096, arriving: 17 },
  entries: { values: 1234, responses: 0, limits: 0, counters: 5, contents: 0, records: 0, tombstones: 0 },
  bytes: 3 * 2 ** 20,
  requests: 4321,
})
const statusRequests = ({ asked }: FakeMember) => asked.filter(({ path }) => path === STATUS_PATH).length

describe('uplink: the front, for whom', () => {
  const cases: [accept: string, type: string][] = [
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json, text/html;q=0.9', 'application/json'],
    ['text/plain', 'application/json'],
    ['text/html', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ]
  for (const [accept, type] of cases) {
    it(`who accepts ${accept} gets ${type}`, async () => {
      await using uplink = await start(patient)
      const client = new UplinkClient(uplink.url, { accept })
      const { status, headers } = await client.call('GET', '/')
      expect([status, headers.get('content-type')?.split(';')[0]]).deep.equal([200, type])
      expect(headers.get('vary')).match(/accept/i)
    })
  }
})

describe('uplink: what its page is told', () => {
  it('each member, and what it says of itself', async () => {
    const secret = 'what-members-show'
    await using uplink = await start({ ...patient, CLUSTER_SECRET: secret, COPIES: '3' })
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    a.status = statusOf('a')
    await client.lease(a.member)
    await client.lease({ ...b.member, leaving: true })
    const { members, ...told } = await uplink.client.status()
    expect(told).include({ by: 'uplink', epoch: 2, copies: 3, lease_seconds: 60 })
    const [one, other] = members
    expect(one).include({ id: 'a', url: a.member.url, since: 1 })
    expect(one?.status).deep.equal(statusOf('a'))
    expect(other).include({ id: 'b', since: 2, leaving: true }).and.not.have.property('status')
    expect(a.asked).deep.equal([{ path: STATUS_PATH, authorization: `Bearer ${secret}`, body: '' }])
  })

  it('a member that hangs, or tells of another, does not keep it from coming', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    a.isMute = true
    b.status = statusOf('c')
    for (const { member } of [a, b]) await uplink.client.lease(member)
    const { members } = await uplink.client.status()
    expect(members.map(({ id, status }) => [id, status])).deep.equal([
      ['a', undefined],
      ['b', undefined],
    ])
  })

  it('members are asked once a second, however many look', async () => {
    const clock = new FakeClock()
    await using uplink = await start(patient, { clock })
    await using a = await FakeMember.start('a')
    a.status = statusOf('a')
    await uplink.client.lease(a.member)
    await Promise.all([1, 2, 3].map(() => uplink.client.status()))
    await clock.advance(899)
    expect((await uplink.client.status()).members[0]?.status?.requests).equal(4321)
    expect(statusRequests(a)).equal(1)
    a.status = { ...statusOf('a'), requests: 4821 }
    await clock.advance(1)
    expect((await uplink.client.status()).members[0]?.status?.requests).equal(4821)
    expect(statusRequests(a)).equal(2)
  })

  it('a hundred members are asked, and the others are told of', async () => {
    await using a = await FakeMember.start('a')
    const { url } = a.member
    const members = Array.from({ length: 101 }, (_, index) => ({
      id: `m${index}`,
      incarnation: `${index}`,
      url,
    }))
    // A busy machine may take longer over a hundred calls than is waited for any.
    await new Statuses({ clock: new FakeClock(), clusterSecrets: [], answerMaxMs: 30_000 }).of(members)
    expect(statusRequests(a)).equal(100)
    await using uplink = await start(patient)
    await Promise.all(members.map((member) => uplink.client.lease(member)))
    expect((await uplink.client.status()).members).length(101)
  })

  it('what has happened, the newest first', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await using dead = await FakeMember.start('dead')
    const told = { epoch: 7, members: [a.member, dead.member] }
    await uplink.client.lease(a.member)
    await uplink.client.lease(a.member, told)
    await uplink.client.lease({ ...a.member, leaving: true })
    await uplink.client.leave(a.member)
    const { member } = dead
    await dead[Symbol.asyncDispose]()
    await uplink.client.report(member)
    expect(await uplink.client.happened()).deep.equal([
      'dead: dropped: refused',
      'a: left',
      'a: leaving',
      ': adopted: the registry had forgotten epoch 7',
      'dead: joined',
      'a: joined',
    ])
  })

  it('a status that is none is no status', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    const requests: unknown = '<b>many</b>'
    a.status = Object.assign(statusOf('a'), { requests })
    await uplink.client.lease(a.member)
    const { members } = await uplink.client.status()
    expect(members[0]).not.have.property('status')
  })
})
