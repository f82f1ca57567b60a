/** When a member that has joined is ready: it has its slots, and has tried to reach the others. */
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { Members } from '../../../node/cluster/members/members.ts'
import { createClusterMetrics } from '../../../node/cluster/metrics.ts'
import { Slots } from '../../../node/cluster/slots/slots.ts'
import { Stay } from '../../../node/cluster/stay.ts'
import { StampClock } from '../../../node/entries/stamp.ts'
import { Memory } from '../../../node/memory/memory.ts'
import { REMEMBERS_NOTHING } from '../../../node/storage/standings.ts'
import { KEEPS_NOTHING } from '../../../node/storage/storage.ts'
import type { Member } from '../../../shared/view.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { silent } from '../../support/cluster.ts'
import { SlotPartners } from '../../support/slot-partners.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { memberOf, REMEMBERS_NOBODY, self } from '../../support/views.ts'

describe('a member that has joined', () => {
  const clock = new FakeClock()
  let untried: Member[] = []

  const joined = async (): Promise<Stay> => {
    const metrics = createClusterMetrics(new Registry())
    const [stamps, memory, peers] = [new StampClock('a-1'), new Memory(Infinity), new SlotPartners(clock)]
    const turns = unlimitedTurns()
    const parts = { self, uplink: undefined, clock, turns, log: silent, metrics, stamps }
    const nobody = { of: () => expect.fail('there is nobody'), [Symbol.iterator]: () => [].values() }
    const members = new Members({
      ...parts,
      peers: nobody,
      onView: (placed, former) => slots.follow(placed, former),
      onAway() {},
      settling: () => REMEMBERS_NOBODY,
      isLacking: () => false,
      onRejected() {},
    })
    const [keeper, storage] = [{ note() {} }, { keeper: KEEPS_NOTHING, standings: REMEMBERS_NOTHING }]
    const { catchUp, currency } = members
    const others = { catchUp, currency, peers, memory, keeper, storage, waitForHoldersMs: 0 }
    const slots = new Slots({ ...parts, ...others, views: members })
    members.start()
    await settled()
    const known = { find: () => undefined, untried: () => untried }
    return new Stay({ ...parts, members, slots, peers: known, source: { isToldAll: true } })
  }

  it('is ready once it has tried to reach the others, and stays so', async () => {
    untried = [memberOf('b'), memberOf('c')]
    const stay = await joined()
    expect(stay.notReady).to.equal('It has joined, and does not know yet whether it reaches b, c.')
    untried = []
    expect(stay.notReady).to.equal(undefined)
    untried = [memberOf('d')]
    expect(stay.notReady).to.equal(undefined)
  })

  it('is ready after ten seconds whatever it has not reached', async () => {
    untried = [memberOf('b')]
    const stay = await joined()
    expect(stay.notReady).to.include('whether it reaches b')
    await clock.advance(10_001)
    expect(stay.notReady).to.equal(undefined)
  })
})
