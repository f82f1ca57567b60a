/** After a stop of all: what members tell of whom they were with last, and what uplink makes of it, over real sockets. */
import { expect } from 'chai'
import { FakeClock } from '../support/clock.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start } from './start.ts'

const last = { epoch: 7, copies: 2, members: ['a', 'b', 'c'] }

describe('uplink: after all members were stopped', () => {
  it('the view says who held the slots last until all of them are back, or were given up', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    const awaited = () => uplink.client.metric('larder_uplink_awaited_members')
    const { epoch } = await uplink.client.lease(a.member, { last })
    expect(epoch).above(7)
    expect(await uplink.client.view()).deep.equal({ epoch, copies: 2, members: [a.member], last })
    expect(await awaited()).equal(2)
    expect((await uplink.client.status()).waiting_for).deep.equal(['b', 'c'])

    const next = uplink.client.view(epoch)
    expect((await uplink.client.giveUp('c')).status).equal(202)
    expect(await next).deep.equal({ epoch: epoch + 1, copies: 2, members: [a.member], last, gone: ['c'] })
    expect((await uplink.client.giveUp('c')).status).equal(202)
    await uplink.client.lease(b.member, { last: { ...last, epoch: 6 } })
    const whole = { epoch: epoch + 2, copies: 2, members: [a.member, b.member], gone: ['c'] }
    expect(await uplink.client.view()).deep.equal(whole)
    expect(await awaited()).equal(0)

    await using c = await FakeMember.start('c')
    await uplink.client.lease(c.member)
    expect(await uplink.client.view()).not.have.any.keys('last', 'gone')
    expect(uplink.logged).include.members([
      'slots wait for members that held them last',
      'a member was given up: nobody waits for what it held',
      'no slot waits for a member',
    ])
    const text = String(await uplink.client.happened())
    expect(text).include('waited for: b, c').and.include('given up').and.include('nobody is waited for')
  })

  it('an uplink that lived on remembers what they told while they ran', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a', 'first')
    await using b = await FakeMember.start('b', 'first')
    await uplink.client.lease(b.member)
    const { epoch } = await uplink.client.lease(a.member)
    const told = { epoch, copies: 2, members: ['a', 'b'] }
    expect((await uplink.client.lease(a.member, { epoch, last: told })).epoch).equal(epoch)
    expect(await uplink.client.view()).not.have.property('last')
    await using c = await FakeMember.start('c')
    expect((await uplink.client.lease(c.member)).last, 'who comes knows it from then on').deep.equal(told)
    await uplink.client.leave(c.member)
    for (const { member } of [a, b]) await uplink.client.leave(member)
    expect((await uplink.client.view()).last).deep.equal(told)
    a.incarnation = 'second'
    await uplink.client.lease(a.member, { last: { epoch: 1, copies: 2, members: ['b'] } })
    expect((await uplink.client.view()).last).deep.equal(told)
  })

  it('a member that is there cannot be given up', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member, { last })
    const refused = await uplink.client.giveUp('a')
    expect([refused.status, refused.code]).deep.equal([409, 'ID_TAKEN'])
    expect(await uplink.client.view()).not.have.property('gone')
  })
})

describe('uplink: founding a cluster', () => {
  const foundingMs = 700

  it('an uplink that knows nobody lets those who run come first, and hears what all others know', async () => {
    const clock = new FakeClock()
    await using uplink = await start(patient, { clock, foundingMs })
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    await clock.advance(foundingMs - 1)
    for (const seen of [{}, { last }]) {
      const refused = await uplink.client.renew(b.member, seen)
      expect([refused.status, refused.code]).deep.equal([503, 'NOT_READY'])
      expect(refused.text).include('has just been started, and waits for members that know more')
    }
    expect((await uplink.client.view()).last).deep.equal(last)
    expect((await uplink.client.renew(a.member, { epoch: 7 })).code).equal('VIEW_WANTED')
    await uplink.client.lease(a.member, { epoch: 7, members: [a.member, { ...a.member, id: 'd' }] })
    expect(await uplink.client.view()).not.have.property('last')
    await uplink.client.lease(b.member, { last })
    expect(await uplink.client.ids()).deep.equal(['a', 'b', 'd'])
  })

  it('then anybody may', async () => {
    const clock = new FakeClock()
    await using uplink = await start(patient, { clock, foundingMs })
    await using a = await FakeMember.start('a')
    await clock.advance(foundingMs)
    expect((await uplink.client.lease(a.member)).epoch).equal(1)
  })
})
