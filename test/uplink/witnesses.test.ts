/** Members that uplink does not reach, and others may. */
import { expect } from 'chai'
import { pino } from 'pino'
import { reachRoutes } from '../../node/cluster/reach.ts'
import { systemClock } from '../../shared/clock.ts'
import { createHttpMetrics } from '../../shared/http/metrics.ts'
import { HttpService } from '../../shared/http/service.ts'
import { REACH_PATH } from '../../shared/probe.ts'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { LEASE_MS, patient, start, type TestUplink } from './start.ts'
import { UplinkClient } from './uplink-client.ts'

const probes = (uplink: TestUplink, outcome: string) => () =>
  uplink.client.metric(`larder_uplink_probes_total{outcome="${outcome}"}`)
const ONLY_OTHERS = 'a member is reached through others only'

describe('uplink: a member that only others reach', () => {
  it('is kept when its lease lapses, and spoken of once', async () => {
    await using uplink = await start()
    await using witness = await FakeMember.start('witness')
    await using mute = await FakeMember.start('mute')
    for (const { member } of [witness, mute]) await uplink.client.lease(member)
    mute.isMute = true
    witness.finds = 'here'
    await until(probes(uplink, 'through others'), (times) => times >= 2)
    expect(await uplink.client.ids()).deep.equal(['mute', 'witness'])
    expect(uplink.logged.filter((line) => line === ONLY_OTHERS)).length(1)
    expect(String(await uplink.client.happened())).include('reached through others only')
    expect(await probes(uplink, 'silent')()).equal(0)
  })

  it('is kept when it is reported, and its name too', async () => {
    await using uplink = await start(patient)
    await using witness = await FakeMember.start('witness')
    await using dead = await FakeMember.start('dead', 'first')
    const { member } = dead
    witness.finds = 'here'
    for (const each of [witness.member, member]) await uplink.client.lease(each)
    await dead[Symbol.asyncDispose]()
    expect((await uplink.client.report(member)).status).equal(202)
    expect(uplink.logged).include(ONLY_OTHERS)
    const claimed = await uplink.client.renew({ ...member, incarnation: 'second' })
    expect([claimed.status, claimed.code]).deep.equal([409, 'ID_TAKEN'])
    expect(await uplink.client.ids()).deep.equal(['dead', 'witness'])
    expect(await probes(uplink, 'through others')()).equal(2)
  })

  it('is asked for while uplink still waits for it', async () => {
    await using uplink = await start(patient)
    await using witness = await FakeMember.start('witness')
    await using mute = await FakeMember.start('mute')
    for (const { member } of [witness, mute]) await uplink.client.lease(member)
    mute.isMute = true
    witness.finds = 'here'
    const reportedAtMs = systemClock.now()
    await uplink.client.report(mute.member)
    expect(systemClock.now() - reportedAtMs).below(950) // Uplink itself waits for a second.
    expect(await probes(uplink, 'through others')()).equal(1)
  })

  it('is asked of three others, with the secret of the cluster', async () => {
    const secret = 'what-members-show'
    await using uplink = await start({ ...patient, CLUSTER_SECRET: secret })
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    await using witness = await FakeMember.start('witness')
    const { url } = witness.member
    for (const id of ['b', 'c', 'd', 'e', 'f']) await client.lease({ id, incarnation: id, url })
    await using dead = await FakeMember.start('a')
    const { member } = dead
    await client.lease(member)
    await dead[Symbol.asyncDispose]()
    await Promise.all([client.report(member), client.report(member)])
    const asked = {
      path: REACH_PATH,
      authorization: `Bearer ${secret}`,
      body: JSON.stringify({ ...addressed(member), withinMs: 225 }),
    }
    expect(witness.asked).deep.equal([asked, asked, asked])
    expect(await client.ids()).deep.equal(['b', 'c', 'd', 'e', 'f'])
  })

  it('is found by a member as members really are', async () => {
    const secret = 'what-members-show'
    await using uplink = await start({ ...patient, CLUSTER_SECRET: secret })
    const client = new UplinkClient(uplink.url, { authorization: `Bearer ${secret}` })
    await using hidden = await FakeMember.start('hidden')
    await using gone = await FakeMember.start('gone')
    const seenByUplink = { ...hidden.member, url: gone.member.url }
    await gone[Symbol.asyncDispose]()
    const [log, metrics] = [pino({ level: 'silent' }), createHttpMetrics()]
    const service = await HttpService.listen({ log, metrics, host: '127.0.0.1', port: 0 })
    const status = () => {
      throw new Error('not asked')
    }
    service.serve(
      reachRoutes({ self: { id: 'witness', incarnation: 'w' }, members: () => [hidden.member], status }),
      {
        memberSecrets: [secret],
      },
    )
    const url = `http://127.0.0.1:${service.port}`
    const member = { id: 'witness', incarnation: 'w', url }
    await client.lease(member, { epoch: 1, members: [member, seenByUplink] })
    await client.report(seenByUplink)
    await service.close(0)
    expect(await client.ids()).deep.equal(['hidden', 'witness'])
    expect(hidden.looks).equal(1)
  })
})

describe('uplink: a member that nobody reaches', () => {
  for (const finds of ['silent', 'refused', 'replaced', 'hangs', 'nonsense'] as const) {
    it(`is dropped when its lease has lapsed, whatever else others say: ${finds}`, async () => {
      await using uplink = await start()
      await using witness = await FakeMember.start('witness')
      await using mute = await FakeMember.start('mute')
      for (const { member } of [witness, mute]) await uplink.client.lease(member)
      mute.isMute = true
      witness.finds = finds
      const renewing = systemClock.every(LEASE_MS / 6, () => void uplink.client.lease(witness.member))
      await uplink.client.watchFor('witness')
      renewing.cancel()
      expect(witness.asked.map(({ path }) => path)).include(REACH_PATH)
      expect(await uplink.client.metric('larder_uplink_dropped_total{why="silent"}')).equal(1)
    })
  }

  it('is dropped soon when it was killed and reported, also when another one hangs', async () => {
    await using uplink = await start(patient)
    await using witness = await FakeMember.start('witness')
    await using dead = await FakeMember.start('dead')
    const { member } = dead
    witness.finds = 'hangs'
    for (const each of [witness.member, member]) await uplink.client.lease(each)
    await dead[Symbol.asyncDispose]()
    const reportedAtMs = systemClock.now()
    await uplink.client.report(member)
    expect(systemClock.now() - reportedAtMs).below(450) // Of a second that a look may take.
    expect(await uplink.client.ids()).deep.equal(['witness'])
  })
})

function addressed({ id, url, incarnation }: { id: string; url: string; incarnation: string }) {
  return { id, url, incarnation }
}
