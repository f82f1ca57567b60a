/** Who wants to become a member is looked at first: by uplink, and by some of those that are there. */
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start, type TestUplink } from './start.ts'

const KEPT_OUT = 'a member is kept out: others do not reach it'

describe('uplink: one that wants to become a member', () => {
  let uplink: TestUplink
  let a: FakeMember
  let b: FakeMember
  beforeEach(async () => {
    uplink = await start(patient)
    a = await FakeMember.start('a')
    b = await FakeMember.start('b')
    for (const { member } of [a, b]) await uplink.client.lease(member)
  })
  afterEach(async () => {
    for (const each of [uplink, a, b]) await each[Symbol.asyncDispose]()
  })
  const greetAs = (outcome: FakeMember['greets']) => {
    for (const each of [a, b]) each.greets = outcome
  }

  it('is let in where it answers, at once', async () => {
    await using c = await FakeMember.start('c')
    expect((await uplink.client.renew(c.member)).status).equal(200)
    expect(c.looks).equal(1)
  })

  it('is kept out where nobody gets an answer, and told why and until when', async () => {
    await using c = await FakeMember.start('c')
    c.isMute = true
    greetAs('silent')
    const { member } = c
    const refused = await uplink.client.renew(member)
    expect([refused.status, refused.code]).deep.equal([409, 'NOT_REACHED'])
    expect(refused.text).include(`Most do not reach c at ${member.url}: uplink gets no good answer`)
    expect(refused.text).include('2 of 2 others gets no good answer. It is looked at again in 1 s.')
    expect((await uplink.client.renew(member)).code).equal('NOT_REACHED')
    expect(c.looks, 'not again before its time').equal(1)
    expect(uplink.logged.filter((line) => line === KEPT_OUT)).length(1)
    expect(await uplink.client.metric('larder_uplink_kept_out_total')).equal(1)
    const [kept] = (await uplink.client.status()).kept_out
    expect(kept).include({ id: 'c', url: member.url })
    expect(kept?.reason).include('Most do not reach c')
    expect(await uplink.client.ids()).deep.equal(['a', 'b'])
  })

  it('is let in once it is reached, and had to wait for that', async () => {
    await using c = await FakeMember.start('c')
    c.isMute = true
    greetAs('silent')
    await uplink.client.renew(c.member)
    c.isMute = false
    greetAs('here')
    await until(
      () => uplink.client.renew(c.member),
      ({ status }) => status === 200,
    )
    expect((await uplink.client.status()).kept_out).deep.equal([])
  })

  it('is kept out at the address of another member', async () => {
    greetAs('replaced')
    const refused = await uplink.client.renew({ ...a.member, id: 'c', incarnation: 'c-1' })
    expect(refused.code).equal('NOT_REACHED')
    expect(refused.text).include('uplink finds another life there, 2 of 2 others finds another life there')
    expect((await uplink.client.view()).epoch).equal(2)
  })

  it('is let in where only uplink does not reach it, and is not where only uplink does', async () => {
    await using c = await FakeMember.start('c')
    c.isMute = true
    expect((await uplink.client.renew(c.member)).status).equal(200)
    await using d = await FakeMember.start('d')
    c.isMute = false
    greetAs('refused')
    c.greets = 'refused'
    expect((await uplink.client.renew(d.member)).code).equal('NOT_REACHED')
  })

  it('is looked at anew in each life, and at each address', async () => {
    await using c = await FakeMember.start('c', 'first')
    greetAs('silent')
    c.isMute = true
    expect((await uplink.client.renew(c.member)).code).equal('NOT_REACHED')
    c.isMute = false
    greetAs('here')
    c.incarnation = 'second'
    expect((await uplink.client.renew(c.member)).status).equal(200)
    c.isMute = true
    greetAs('silent')
    const url = `${c.member.url}/elsewhere`
    expect((await uplink.client.renew({ ...c.member, url })).code).equal('NOT_REACHED')
    expect((await uplink.client.renew(c.member)).status, 'it renews where it is known').equal(200)
  })

  it('is let in by those that answer, where others hang or are too old to look', async () => {
    a.isMute = true
    await using c = await FakeMember.start('c')
    expect((await uplink.client.renew(c.member)).status).equal(200)
  })
})

describe('uplink: the first member', () => {
  it('is let in where uplink reaches nobody, once nobody else has come', async () => {
    await using uplink = await start(patient, { foundingMs: 300 })
    const member = { id: 'a', incarnation: 'a-1', url: 'http://127.0.0.1:9' }
    await until(
      () => uplink.client.renew(member),
      ({ text }) => text.includes('waits for others to look'),
    )
    await until(
      () => uplink.client.renew(member),
      ({ status }) => status === 200,
    )
  })

  it('is one that uplink reaches, though another one came before', async () => {
    await using uplink = await start(patient, { foundingMs: 300 })
    const lost = { id: 'lost', incarnation: 'lost-1', url: 'http://127.0.0.1:9' }
    await until(
      () => uplink.client.renew(lost),
      ({ text }) => text.includes('waits for others to look'),
    )
    await using a = await FakeMember.start('a')
    a.greets = 'refused'
    expect((await uplink.client.renew(a.member)).status).equal(200)
    expect((await uplink.client.renew(lost)).code).equal('NOT_REACHED')
    expect(await uplink.client.ids()).deep.equal(['a'])
  })
})

describe('uplink: a member that others say they do not reach', () => {
  const LEASE = { LEASE_MS: '600' }
  const unreached = [{ incarnation: 'c-1', reason: 'no answer within 750 ms' }]

  it('is left out after a lease though it renews, and the others are asked to look meanwhile', async () => {
    await using uplink = await start(LEASE)
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    await using c = await FakeMember.start('c')
    for (const { member } of [a, b, c]) await uplink.client.lease(member)
    c.isMute = true
    for (const each of [a, b]) each.greets = 'silent'
    const renew = async () => {
      const { suspects = [] } = await uplink.client.lease(a.member, { unreached })
      await uplink.client.lease(b.member, { unreached: suspects.includes('c-1') ? unreached : [] })
      return uplink.client.renew(c.member)
    }
    const refused = await until(renew, ({ status }) => status !== 200)
    expect(refused.code).equal('NOT_REACHED')
    expect(await uplink.client.ids()).deep.equal(['a', 'b'])
    expect(await uplink.client.metric('larder_uplink_dropped_total{why="unreached"}')).equal(1)
    const text = String(await uplink.client.happened())
    expect(text).include('2 of 2 others do not reach it').and.include('a says: no answer within 750 ms')
  })

  it('stays where that is but one of them, and uplink reaches it', async () => {
    await using uplink = await start(LEASE)
    await using a = await FakeMember.start('a')
    await using c = await FakeMember.start('c')
    for (const { member } of [a, c]) await uplink.client.lease(member)
    const renew = async () => {
      await uplink.client.lease(a.member, { unreached })
      await uplink.client.lease(c.member)
      return c.looks
    }
    await until(renew, (looks) => looks > 8)
    expect(await uplink.client.ids()).deep.equal(['a', 'c'])
  })
})
