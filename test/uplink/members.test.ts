/** How members come, stay and go, over real sockets. */
import { expect } from 'chai'
import type { Member } from '../../shared/view.ts'
import { FakeMember } from './fake-member.ts'
import { LEASE_MS, patient, start, type TestUplink } from './start.ts'

describe('uplink: registering', () => {
  it('a member that registers is in the view, with the copies that are set', async () => {
    await using uplink = await start({ COPIES: '3' })
    await using a = await FakeMember.start('127.0.0.1:4000')
    expect(await uplink.client.lease(a.member)).deep.equal({ epoch: 1, leaseMs: LEASE_MS })
    expect(await uplink.client.view()).deep.equal({ epoch: 1, copies: 3, members: [a.member] })
    expect(uplink.logged).include('a member joined')
  })

  it('renewing is the same call, and changes no epoch', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    expect((await uplink.client.lease(a.member, { epoch: 1 })).epoch).equal(1)
  })

  it('members that start at once are all registered', async () => {
    await using uplink = await start(patient)
    const ids = Array.from({ length: 30 }, (_, index) => `m${String(index).padStart(2, '0')}`)
    const url = 'http://127.0.0.1:1'
    await Promise.all(ids.map((id) => uplink.client.lease({ id, incarnation: id, url })))
    const { epoch, members } = await uplink.client.view()
    expect(members.map(({ id }) => id)).deep.equal(ids)
    expect(epoch).equal(30)
  })

  it('a member that leaves is out at once, and leaving again changes nothing', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    expect((await uplink.client.leave({ ...a.member, incarnation: 'another' })).status).equal(204)
    expect(await uplink.client.ids()).deep.equal(['a'])
    expect((await uplink.client.leave(a.member)).status).equal(204)
    expect((await uplink.client.leave(a.member)).status).equal(204)
    expect(await uplink.client.view()).deep.equal({ epoch: 2, copies: 2, members: [] })
  })
})

describe('uplink: leaving in two steps', () => {
  const raw = async (uplink: TestUplink) => JSON.parse((await uplink.client.call('GET', '/api/v1/view')).text)

  it('a member that is leaving stays, marked, until it says that it has left', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    const next = uplink.client.view(1)
    const marked: Member = { ...a.member, leaving: true }
    expect((await uplink.client.lease(marked, { epoch: 1 })).epoch).equal(2)
    expect(await next).deep.equal({ epoch: 2, copies: 2, members: [marked] })
    expect((await raw(uplink)).members).deep.equal([{ ...marked, since: 1 }])
    for (const renewed of [marked, a.member]) {
      expect((await uplink.client.lease(renewed, { epoch: 2 })).epoch).equal(2)
    }
    expect((await uplink.client.view()).members).deep.equal([marked])
    expect((await uplink.client.leave(a.member)).status).equal(204)
    expect(await uplink.client.view()).deep.equal({ epoch: 3, copies: 2, members: [] })
    expect(uplink.logged.filter((line) => line.startsWith('a member'))).deep.equal([
      'a member joined',
      'a member is leaving',
      'a member left',
    ])
  })

  it('a member that comes again under the same id is not leaving', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a', 'first')
    await uplink.client.lease({ ...a.member, leaving: true })
    a.incarnation = 'second'
    await uplink.client.lease(a.member)
    expect((await raw(uplink)).members).deep.equal([{ ...a.member, since: 2 }])
  })

  it('one that dies while it is leaving is dropped like all others', async () => {
    await using uplink = await start()
    await using a = await FakeMember.start('a')
    await uplink.client.lease({ ...a.member, leaving: true })
    await a[Symbol.asyncDispose]()
    expect((await uplink.client.watchFor()).epoch).equal(2)
  })
})

describe('uplink: one id, one life', () => {
  it('an id is taken while another life of it answers', async () => {
    await using uplink = await start(patient)
    await using first = await FakeMember.start('a', 'first')
    await using second = await FakeMember.start('a', 'second')
    await uplink.client.lease(first.member)
    const refused = await uplink.client.renew(second.member)
    expect([refused.status, refused.code]).deep.equal([409, 'ID_TAKEN'])
    expect((await uplink.client.view()).members).deep.equal([first.member])
  })

  it('a member that was restarted replaces its old life, as a new epoch', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a', 'first')
    await uplink.client.lease(a.member)
    a.incarnation = 'second'
    expect((await uplink.client.lease(a.member)).epoch).equal(2)
    expect((await uplink.client.view()).members).deep.equal([a.member])
  })

  it('the id of a dead member is free, wherever the next one lives', async () => {
    await using uplink = await start(patient)
    const dead = await FakeMember.start('a', 'first')
    await uplink.client.lease(dead.member)
    await dead[Symbol.asyncDispose]()
    await using next = await FakeMember.start('a', 'second')
    expect((await uplink.client.lease(next.member)).epoch).equal(2)
  })

  it('a late renewal of an old life does not replace the new one', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a', 'second')
    await uplink.client.lease(a.member)
    expect((await uplink.client.renew({ ...a.member, incarnation: 'first' })).code).equal('ID_TAKEN')
  })

  it('of two lives that ask for one id at once, one gets it', async () => {
    await using uplink = await start(patient)
    await using first = await FakeMember.start('a', 'first')
    await using second = await FakeMember.start('a', 'second')
    const answers = await Promise.all([first, second].map(({ member }) => uplink.client.renew(member)))
    expect(answers.map(({ status }) => status).sort()).deep.equal([200, 409])
  })
})

describe('uplink: after it was wiped', () => {
  it('wants the view from a member that knows a later epoch, drops nobody, and goes on beyond that epoch', async () => {
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    await using uplink = await start()
    const told = { epoch: 7, members: [a.member, b.member] }
    const refused = await uplink.client.renew(a.member, { epoch: 7 })
    expect([refused.status, refused.code]).deep.equal([409, 'VIEW_WANTED'])
    const next = uplink.client.view(7)
    const { epoch } = await uplink.client.lease(a.member, told)
    expect(epoch).above(7)
    expect(await next).deep.equal({ epoch, copies: 2, members: [a.member, b.member] })
    expect((await uplink.client.lease(b.member, told)).epoch).equal(epoch)
  })

  it('a told member that is dead is dropped after a lease', async () => {
    await using a = await FakeMember.start('a')
    await using dead = await FakeMember.start('dead')
    const told = { epoch: 7, members: [a.member, dead.member] }
    await dead[Symbol.asyncDispose]()
    await using uplink = await start()
    const { epoch } = await uplink.client.lease(a.member, told)
    expect((await uplink.client.watchFor('a')).epoch).equal(epoch + 1)
  })
})
