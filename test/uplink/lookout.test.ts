/** When a silent member is dropped, by a clock that the test holds. */
import { expect } from 'chai'
import { FakeClock, settled } from '../support/clock.ts'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { start, type TestUplink } from './start.ts'

describe('uplink: when a silent member is dropped', () => {
  const leaseMs = 3000
  const stepMs = 50
  let clock: FakeClock

  beforeEach(() => {
    clock = new FakeClock()
  })

  /** In steps, with time between them for what is asked of the store. */
  const advance = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      await clock.advance(Math.min(stepMs, ms - passedMs))
      for (let turn = 0; turn < 5; turn++) await settled()
    }
  }
  const startWithDead = async () => {
    const uplink = await start({ LEASE_MS: String(leaseMs) }, { clock })
    await using dead = await FakeMember.start('dead')
    const { member } = dead
    await uplink.client.lease(member)
    await advance(250) // It is seen.
    return { uplink, member }
  }
  const looks = (uplink: TestUplink) => () =>
    uplink.client.metric('larder_uplink_probes_total{outcome="refused"}')
  const looked = (uplink: TestUplink, times: number) => until(looks(uplink), (count) => count === times)

  it('it is looked at before its lease has lapsed, and dropped when it has: not earlier, hardly later', async () => {
    const { uplink } = await startWithDead()
    await using _ = uplink
    await advance(leaseMs / 2)
    expect(await looks(uplink)()).equal(0)
    await advance(leaseMs / 2 - 300)
    await looked(uplink, 1)
    expect(await uplink.client.ids()).deep.equal(['dead'])
    const dropped = uplink.client.watchFor()
    await advance(400)
    expect((await dropped).epoch).equal(2)
    expect(await looks(uplink)()).equal(1)
  })

  it('a renewal after the look makes it moot: then there is a whole lease again', async () => {
    const { uplink, member } = await startWithDead()
    await using _ = uplink
    await advance(leaseMs - 300)
    await looked(uplink, 1)
    await uplink.client.lease(member)
    await advance(leaseMs - 100)
    await looked(uplink, 2)
    expect(await uplink.client.ids()).deep.equal(['dead'])
    const dropped = uplink.client.watchFor()
    await advance(400)
    expect((await dropped).epoch).equal(2)
  })

  it('an uplink that stops while a member is looked at drops nobody, and is not kept', async () => {
    const { uplink } = await startWithDead()
    await advance(leaseMs - 300)
    await looked(uplink, 1)
    await uplink[Symbol.asyncDispose]()
    expect(uplink.logged).not.include('a member was dropped')
  })
})
