/** A registry that lives in Redis: it survives uplinks, several share it, and it may be gone for a while. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { redisForEach } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { LEASE_MS, patient, start, type TestUplink } from './start.ts'

describe('uplink on Redis', () => {
  const redis = redisForEach()

  const onRedis = (environment: Record<string, string> = {}) =>
    start({ REDIS_URL: redis().url, ...patient, ...environment })
  const readiness = (uplink: TestUplink) => async () => (await uplink.client.call('GET', '/readyz')).status

  it('goes on from the same epoch when it is started again', async () => {
    await using a = await FakeMember.start('a')
    const first = await onRedis()
    await first.client.lease(a.member)
    const before = await first.client.view()
    await first[Symbol.asyncDispose]()
    await using second = await onRedis()
    expect(await second.client.view()).deep.equal(before)
    expect((await second.client.lease(a.member, { epoch: 1 })).epoch).equal(1)
    expect(await second.client.happened()).include(': this uplink started, with 1 in the registry')
  })

  it('gives everybody a whole lease when it is started again', async () => {
    await using dead = await FakeMember.start('dead')
    const first = await onRedis()
    await first.client.lease(dead.member)
    await first[Symbol.asyncDispose]()
    await dead[Symbol.asyncDispose]()
    const startedAtMs = systemClock.now()
    await using second = await onRedis({ LEASE_MS: String(LEASE_MS) })
    await second.client.watchFor()
    expect(systemClock.now() - startedAtMs).at.least(LEASE_MS)
  })

  it('several share their members, and wake those who watch at another', async () => {
    await using one = await onRedis()
    await using other = await onRedis()
    await using a = await FakeMember.start('a')
    await using b = await FakeMember.start('b')
    const watch = other.client.view(0)
    await one.client.lease(a.member)
    expect((await watch).members).deep.equal([a.member])
    await other.client.lease(b.member, { epoch: 1 })
    expect((await one.client.watchFor('a', 'b')).epoch).equal(2)
    await other.client.leave(b.member)
    await one.client.watchFor('a')
    expect(await one.client.happened()).include('b: gone, by another uplink')
    expect(await other.client.happened()).include('b: left')
  })

  it('what one uplink has told a member of, another does not take for unknown', async () => {
    await using one = await onRedis()
    await using other = await onRedis()
    await using a = await FakeMember.start('a')
    const { epoch } = await one.client.lease(a.member)
    expect((await other.client.renew(a.member, { epoch })).status).equal(200)
  })

  it('a lease that is renewed at one uplink holds at the other', async () => {
    const lease = { LEASE_MS: String(LEASE_MS) }
    await using one = await onRedis(lease)
    await using other = await onRedis(lease)
    await using mute = await FakeMember.start('mute')
    mute.isMute = true // So that only its renewals keep it.
    await one.client.lease(mute.member)
    const untilMs = systemClock.now() + 3 * LEASE_MS
    while (systemClock.now() < untilMs) {
      await one.client.lease(mute.member)
      await pause(systemClock, LEASE_MS / 6)
    }
    expect((await other.client.view()).epoch).equal(1)
  })

  it('while Redis is gone the view is served, renewals are 503, and nobody is dropped', async () => {
    await using uplink = await onRedis({ LEASE_MS: String(LEASE_MS) })
    await using a = await FakeMember.start('a')
    const { epoch } = await uplink.client.lease(a.member)
    const before = await uplink.client.view()
    await redis().kill()
    await until(readiness(uplink), (status) => status === 503)
    expect(await uplink.client.view()).deep.equal(before)
    const refused = await uplink.client.renew(a.member, { epoch })
    expect([refused.status, refused.code, refused.headers.get('retry-after')]).deep.equal([
      503,
      'NOT_READY',
      '1',
    ])

    await redis().restart()
    await until(readiness(uplink), (status) => status === 200)
    const after = await until(
      () => uplink.client.view(),
      (view) => view.epoch > epoch,
    )
    expect(after.members).deep.equal(before.members)
    expect((await uplink.client.lease(a.member, { epoch })).epoch).equal(after.epoch)
    expect(uplink.logged.filter((line) => line === 'the store of the registry is lost')).length(1)
    expect(uplink.logged.filter((line) => line === 'the store of the registry answers')).length(1)
  })

  it('a Redis that hangs makes nobody hang, and costs nobody the lease', async () => {
    await using uplink = await onRedis({ LEASE_MS: String(LEASE_MS) })
    await using dead = await FakeMember.start('dead')
    const { member } = dead
    await uplink.client.lease(member)
    await dead[Symbol.asyncDispose]()
    await pause(systemClock, LEASE_MS / 3) // Time for a look, so that there is a sighting to grow old.
    redis().hang()
    const refused = await Promise.all(['dead', 'b', 'c'].map((id) => uplink.client.renew({ ...member, id })))
    expect(refused.map(({ code }) => code)).deep.equal(Array(3).fill('NOT_READY'))
    expect(await uplink.client.ids()).deep.equal(['dead'])
    const resumedAtMs = systemClock.now()
    redis().resume()
    await uplink.client.watchFor()
    expect(systemClock.now() - resumedAtMs).at.least(LEASE_MS)
  })

  it('starts without its Redis, knows no view until it has one, and says so', async () => {
    await redis().kill()
    await using uplink = await onRedis()
    const answers = await Promise.all(
      ['/api/v1/view', '/readyz'].map((path) => uplink.client.call('GET', path)),
    )
    expect(answers.map(({ code }) => code)).deep.equal(['NOT_READY', 'NOT_READY'])
    expect(answers[1]?.text).include('ECONNREFUSED')
    expect((await uplink.client.call('GET', '/livez')).status).equal(200)
    await redis().restart()
    await until(readiness(uplink), (status) => status === 200)
    const view = await until(
      () => uplink.client.call('GET', '/api/v1/view'),
      ({ status }) => status === 200,
    )
    expect(JSON.parse(view.text)).include({ epoch: 0 })
  })
})
