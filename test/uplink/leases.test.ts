/** Who is dropped, and who is not, over real sockets. */
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { patient, start } from './start.ts'

describe('uplink: leases', () => {
  it('a dead member is dropped when its lease has lapsed', async () => {
    await using uplink = await start()
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    for (const { member } of [a, b]) await uplink.client.lease(member)
    await b[Symbol.asyncDispose]()
    const { epoch } = await uplink.client.watchFor('a')
    expect(epoch).equal(3)
    expect(await uplink.client.metric('larder_uplink_dropped_total{why="refused"}')).equal(1)
    expect(uplink.logged).include('a member was dropped')
  })

  it('a member that has stopped renewing but answers is kept', async () => {
    await using uplink = await start()
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    const probed = () => uplink.client.metric('larder_uplink_probes_total{outcome="here"}')
    await until(probed, (times) => times >= 2)
    expect(await uplink.client.view()).deep.equal({ epoch: 1, copies: 2, members: [a.member] })
  })

  it('a member that renews while it is looked at is kept', async () => {
    await using uplink = await start()
    await using mute = await FakeMember.start('mute')
    await uplink.client.lease(mute.member)
    mute.isMute = true
    await until(
      async () => mute.looks,
      (looks) => looks === 2, // The first was before it became a member.
    )
    const silent = () => uplink.client.metric('larder_uplink_probes_total{outcome="silent"}')
    const renewed = async () => {
      await uplink.client.lease(mute.member)
      return silent()
    }
    await until(renewed, (times) => times === 1)
    expect(await uplink.client.view()).deep.equal({ epoch: 1, copies: 2, members: [mute.member] })
  })

  it('a member that hangs is dropped, and does not keep uplink from the others', async () => {
    await using uplink = await start()
    await using mute = await FakeMember.start('mute')
    await using dead = await FakeMember.start('dead')
    await uplink.client.lease(mute.member)
    await uplink.client.lease(dead.member)
    mute.isMute = true
    await dead[Symbol.asyncDispose]()
    await uplink.client.watchFor()
    expect(await uplink.client.metric('larder_uplink_dropped_total{why="refused"}')).equal(1)
    expect(await uplink.client.metric('larder_uplink_dropped_total{why="silent"}')).equal(1)
  })

  it('a member whose place another life has taken is dropped', async () => {
    await using uplink = await start()
    await using a = await FakeMember.start('a', 'first')
    await uplink.client.lease(a.member)
    a.incarnation = 'second'
    await uplink.client.watchFor()
    expect(await uplink.client.metric('larder_uplink_dropped_total{why="replaced"}')).equal(1)
  })
})

describe('uplink: reports', () => {
  it('a member that refuses connections is dropped before its lease has lapsed', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    await using b = await FakeMember.start('b')
    const { member } = b
    await uplink.client.lease(member)
    await b[Symbol.asyncDispose]()
    expect((await uplink.client.report(member)).status).equal(202)
    expect(await uplink.client.ids()).deep.equal(['a'])
  })

  it('a member that answers is kept, whatever a peer says', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    expect((await uplink.client.report(a.member)).status).equal(202)
    expect(await uplink.client.ids()).deep.equal(['a'])
  })

  it('a member that is merely silent is left to its lease, and looked at once for all who report it', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    a.isMute = true
    await uplink.client.lease(a.member)
    await Promise.all(Array.from({ length: 5 }, () => uplink.client.report(a.member)))
    expect(await uplink.client.ids()).deep.equal(['a'])
    expect(await uplink.client.metric('larder_uplink_probes_total{outcome="silent"}')).equal(1)
  })

  it('a member is dropped when another life answers in its place', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a', 'first')
    const { member } = a
    await uplink.client.lease(member)
    a.incarnation = 'second'
    await uplink.client.report(member)
    expect(await uplink.client.ids()).deep.equal([])
  })

  it('of a life that is no member nothing is done', async () => {
    await using uplink = await start(patient)
    await using a = await FakeMember.start('a')
    await uplink.client.lease(a.member)
    await a[Symbol.asyncDispose]()
    expect((await uplink.client.report({ id: 'a', url: '', incarnation: 'earlier' })).status).equal(202)
    expect((await uplink.client.report({ id: 'never', url: '', incarnation: 'seen' })).status).equal(202)
    expect(await uplink.client.ids()).deep.equal(['a'])
  })
})
