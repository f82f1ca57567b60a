/** The front page of an uplink, as scripts and browsers get it. */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { STATUS_PATH } from '../../shared/probe.ts'
import type { MemberStatus } from '../../shared/view.ts'
import { Statuses } from '../../uplink/statuses.ts'
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

describe('uplink: the front page, for whom', () => {
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

  it('the page takes nothing but its own style, and no cache keeps it', async () => {
    await using uplink = await start(patient)
    const { headers, text } = await uplink.client.page()
    const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    const policy = headers.get('content-security-policy')
    expect(policy?.split('; ')).include.members(["default-src 'none'", `style-src 'sha256-${hash}'`])
    expect(policy).not.include('unsafe')
    expect(headers.get('cache-control')).equal('no-store')
    expect(text).not.match(/<script|style=|\b(?:src|href)=/)
    expect(text).include('<meta http-equiv="refresh"')
  })
})

describe('uplink: what the front page tells', () => {
  it('each member, and what it says of itself', async () => {
    const secret = 'what-members-show'
    await using uplink = await start({ ...patient, CLUSTER_SECRET: secret, COPIES: '3' })
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    a.status = statusOf('a')
    await client.lease(a.member)
    await client.lease({ ...b.member, leaving: true })
    const { text } = await uplink.client.page()
    for (const shown of [a.member.url, b.member.url, '8,192 owned', '4,096 replicated', '17 arriving']) {
      expect(text).include(shown)
    }
    expect(text).include('1,239<small>1,234 values, 5 counters</small>')
    expect(text).include('3 MiB').and.include('4,321').and.include('by epoch 1')
    expect(text).match(/"id">b<small>.*since epoch 2.*state leaving.*It does not tell/s)
    expect(text).include('<dt>copies</dt><dd>3</dd>').and.include('<dt>epoch</dt><dd>2</dd>')
    expect(a.asked).deep.equal([{ path: STATUS_PATH, authorization: `Bearer ${secret}`, body: '' }])
  })

  it('a member that hangs, or tells of another, does not keep the page from coming', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    a.isMute = true
    b.status = statusOf('c')
    for (const { member } of [a, b]) await uplink.client.lease(member)
    const { text } = await uplink.client.page()
    expect(text.match(/It does not tell/g)).length(2)
  })

  it('members are asked once a second, however many look, and how much they do is told from then on', async () => {
    const clock = new FakeClock()
    await using uplink = await start(patient, { clock })
    await using a = await FakeMember.start('a')
    a.status = statusOf('a')
    await uplink.client.lease(a.member)
    await Promise.all([1, 2, 3].map(() => uplink.client.page()))
    await clock.advance(999)
    expect((await uplink.client.page()).text).not.include('a second')
    expect(statusRequests(a)).equal(1)
    a.status = { ...statusOf('a'), requests: 4321 + 500 }
    await clock.advance(1)
    expect((await uplink.client.page()).text).include('500 a second')
    expect(statusRequests(a)).equal(2)
  })

  it('a hundred members are asked, and the others are shown', async () => {
    await using a = await FakeMember.start('a')
    const { url } = a.member
    const members = Array.from({ length: 101 }, (_, index) => ({
      id: `m${index}`,
      incarnation: `${index}`,
      url,
    }))
    // A busy machine may take longer over a hundred calls than the page waits for any.
    await new Statuses({ clock: new FakeClock(), clusterSecrets: [], answerMaxMs: 30_000 }).of(members)
    expect(statusRequests(a)).equal(100)
    await using uplink = await start(patient)
    await Promise.all(members.map((member) => uplink.client.lease(member)))
    expect((await uplink.client.page()).text.match(/<small>since epoch/g)).length(101)
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
    const { text } = await uplink.client.page()
    const rows = [...text.matchAll(/<td class="id">([^<]*)<\/td><td>([^<]*)<\/td><\/tr>/g)]
    expect(rows.map(([, id, what]) => `${id}: ${what}`)).deep.equal([
      'dead: dropped: refused',
      'a: left',
      'a: leaving',
      ': adopted: the registry had forgotten epoch 7',
      'dead: joined',
      'a: joined',
    ])
  })
})

describe('uplink: the front page and what others put there', () => {
  it('an address of markup is shown as text', async () => {
    await using uplink = await start(patient)
    const url = `http://127.0.0.1:1/"><script>alert('x')</script>&amp;`
    await uplink.client.lease({ id: 'a', incarnation: 'a', url })
    const { text } = await uplink.client.page()
    expect(text).not.include('<script')
    expect(text).include('&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;amp;')
  })

  it('a status that is none is no status', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    const requests: unknown = '<b>many</b>'
    a.status = Object.assign(statusOf('a'), { requests })
    await uplink.client.lease(a.member)
    const { text } = await uplink.client.page()
    expect(text).include('It does not tell').and.not.include('many')
  })
})
