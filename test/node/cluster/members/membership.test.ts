/** A member and its uplink, scripted and on a fake clock: what is asked, how often, and what is believed. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { CurrentView } from '../../../../node/cluster/members/current-view.ts'
import { Membership } from '../../../../node/cluster/members/membership.ts'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { LarderError } from '../../../../shared/errors.ts'
import type { LastView, Member } from '../../../../shared/view.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'
import { unlimitedTurns } from '../../../support/turns.ts'
import { ScriptedUplink, self } from './scripted-uplink.ts'

const other: Member = { id: 'b', url: 'http://b', incarnation: 'b-1' }

async function start(uplink: ScriptedUplink) {
  const clock = new FakeClock()
  const views: number[] = []
  const rejections: string[] = []
  const learnt: LastView[] = []
  const membership = new Membership({
    self,
    clock,
    log: silent,
    metrics: createClusterMetrics(new Registry()),
    uplink,
    current: new CurrentView({
      clock,
      turns: unlimitedTurns(),
      onView: ({ epoch }) => void views.push(epoch),
    }),
    settling: () => ({ latest: () => undefined, learn: (last) => void learnt.push(last) }),
    isLacking: () => false,
    unreached: () => [],
    onSuspects() {},
    onRejected: ({ code }) => void rejections.push(code),
  })
  membership.start()
  await settled()
  return { membership, clock, views, rejections, learnt }
}

describe('membership', () => {
  it('renews its lease three times within it, and hands on who held the slots last', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock, learnt } = await start(uplink)
    const last = { epoch: 3, copies: 2, members: ['b'] }
    uplink.last = last
    await clock.advance(3000)
    expect([uplink.renewals.length, learnt]).to.deep.equal([4, [last, last, last]])
    await membership.leave()
  })

  it('goes on asking an uplink that refuses it for what it speaks, and says why it is not ready', async () => {
    const uplink = new ScriptedUplink()
    uplink.members = [other]
    uplink.error = new LarderError('NOT_UNDERSTOOD', 'a has no format in common with b.')
    const { membership, clock, rejections } = await start(uplink)
    expect(membership.notReady).to.include('uplink refuses, a has no format in common with b')
    expect(membership.placed?.members).to.deep.equal([other])
    await clock.advance(1000)
    expect([uplink.renewals.length, rejections]).to.deep.equal([5, []])
    await membership.leave()
  })

  it('follows views to later epochs only', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock, views } = await start(uplink)
    uplink.tell(5, [self, other])
    await settled()
    uplink.tell(3, [self])
    await clock.advance(1000)
    expect(views).to.deep.equal([1, 5])
    expect(membership.placed?.view.members).to.have.length(2)
    await membership.leave()
  })

  it('tells an uplink that has forgotten them who the members are', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock } = await start(uplink)
    uplink.error = new LarderError('VIEW_WANTED', 'forgotten')
    await clock.advance(1000)
    expect(uplink.renewals.at(-1)).to.deep.include({ epoch: 1, members: [self] })
    await membership.leave()
  })

  it('reports a member that refuses connections, and does not repeat that in a hurry', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock } = await start(uplink)
    for (let attempt = 0; attempt < 5; attempt++) membership.report(other)
    expect(uplink.reports).to.equal(1)
    await clock.advance(1000)
    membership.report(other)
    expect(uplink.reports).to.equal(2)
    await membership.leave()
  })

  it('is rejected for good when its name is taken at the start, and never later', async () => {
    const taken = new ScriptedUplink()
    taken.error = new LarderError('ID_TAKEN', 'taken')
    const first = await start(taken)
    expect(first.rejections).to.deep.equal(['ID_TAKEN'])
    const uplink = new ScriptedUplink()
    const { membership, clock, rejections } = await start(uplink)
    uplink.error = new LarderError('ID_TAKEN', 'taken')
    await clock.advance(5000)
    expect(rejections).to.deep.equal([])
    await Promise.all([membership.leave(), first.membership.leave()])
  })

  it('is rejected for good when another life has taken its name while it was away', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock, rejections } = await start(uplink)
    uplink.tell(5, [{ ...self, incarnation: 'a-2', url: 'http://elsewhere' }])
    uplink.error = new LarderError('ID_TAKEN', 'taken')
    await clock.advance(1000)
    expect(rejections).to.deep.equal(['ID_TAKEN'])
    expect(membership.placed?.owns(self, 0)).to.equal(false)
    await membership.leave()
  })

  it('does not take another life under its name for itself', async () => {
    const uplink = new ScriptedUplink()
    uplink.members = [{ ...self, incarnation: 'a-0' }]
    const { membership } = await start(uplink)
    expect(membership.notReady).to.include('has not joined')
    expect(new Set(membership.placed?.rolesOf(self))).to.deep.equal(new Set(['none']))
    await membership.leave()
  })

  it('renews at once when its watch breaks, so that an uplink that restarts hears of it first', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock } = await start(uplink)
    const before = uplink.renewals.length
    uplink.stop()
    await clock.advance(10)
    expect(uplink.renewals.length).to.equal(before + 1)
    await membership.leave()
  })

  it('takes a later view from a peer, and none that is older', async () => {
    const { membership, views } = await start(new ScriptedUplink())
    membership.learn({ epoch: 9, copies: 1, members: [self, other] })
    membership.learn({ epoch: 4, copies: 1, members: [self] })
    expect(views).to.deep.equal([1, 9])
    await membership.leave()
  })

  it('goes on to learn from its peers once it has left, as it still routes what it is asked', async () => {
    const { membership, views } = await start(new ScriptedUplink())
    await membership.leave()
    membership.learn({ epoch: 9, copies: 1, members: [other] })
    expect(views.at(-1)).to.equal(9)
  })

  it('says at once that it is leaving, goes on until the others know it, and only then leaves', async () => {
    const uplink = new ScriptedUplink()
    const { membership } = await start(uplink)
    let isRetired = false
    const retiring = membership.retire().then(() => {
      isRetired = true
    })
    await settled()
    expect(uplink.renewals.at(-1)).to.include({ leaving: true })
    expect(membership.notReady).to.include('leaving')
    expect([isRetired, uplink.leaves]).to.deep.equal([false, 0])
    uplink.tell(2, [{ ...self, leaving: true }, other])
    await retiring
    expect(new Set(membership.placed?.rolesOf(self))).to.deep.equal(new Set(['none']))
    await membership.leave()
    expect(uplink.leaves).to.equal(1)
  })

  it('waits for an uplink that is slow to note that it is leaving', async () => {
    const uplink = new ScriptedUplink()
    const { membership, clock } = await start(uplink)
    const retiring = membership.retire()
    await clock.advance(4000)
    uplink.tell(2, [{ ...self, leaving: true }, other])
    expect(await retiring).to.equal(true)
    expect(new Set(membership.placed?.rolesOf(self))).to.deep.equal(new Set(['none']))
    await membership.leave()
  })

  it('waits five seconds at most for an uplink that does not note that it is leaving, and says so', async () => {
    const { membership, clock } = await start(new ScriptedUplink())
    let isNoted: boolean | undefined
    const retiring = membership.retire().then((noted) => {
      isNoted = noted
    })
    await clock.advance(4999)
    expect(isNoted).to.equal(undefined)
    await clock.advance(1)
    await retiring
    expect(isNoted).to.equal(false)
    await membership.leave()
  })

  it('is ready once it is in a view, stays so without uplink, and no longer when it leaves', async () => {
    const uplink = new ScriptedUplink()
    uplink.members = [other]
    const { membership, clock } = await start(uplink)
    expect(membership.notReady).to.include('has not joined')
    uplink.tell(2, [self, other])
    await settled()
    expect(membership.notReady).to.equal(undefined)
    uplink.error = new LarderError('NOT_READY', 'down')
    await clock.advance(10_000)
    expect(membership.notReady).to.equal(undefined)
    await membership.leave()
    expect(membership.notReady).to.include('leaving')
  })
})
