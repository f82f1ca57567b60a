/** The registry as pure logic: epochs, and leases by one uplink's own clock. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  adopt,
  EMPTY,
  join,
  leave,
  memberOf,
  observe,
  quiet,
  viewOf,
  withCopies,
} from '../../uplink/registry.ts'
import { anyRegistry, anyStep, member, registered } from './registries.ts'

describe('registry: epochs', () => {
  it('the epoch grows with everything that members see change, and never falls', () => {
    fc.assert(
      fc.property(anyRegistry, anyStep, (before, step) => {
        const after = step(before)
        expect(after.epoch).at.least(before.epoch)
        if (after.epoch === before.epoch) expect(viewOf(after)).deep.equal(viewOf(before))
      }),
    )
  })

  it('members are sorted by id, each once', () => {
    fc.assert(
      fc.property(anyRegistry, ({ members }) => {
        const ids = members.map(({ id }) => id)
        expect(ids).deep.equal([...new Set(ids)].sort())
      }),
    )
  })

  it('a step done twice does no more than once', () => {
    fc.assert(
      fc.property(anyRegistry, anyStep, (registry, step) => {
        const once = step(registry)
        expect(step(once)).equal(once)
      }),
    )
  })

  it('a restart is a new life in the same place, and a new epoch', () => {
    const before = registered(member('a'), member('b'))
    const after = join(before, member('a', 2), member('a'))
    expect(after).deep.equal({ epoch: 3, copies: 0, members: [member('a', 2, 3), member('b', 1, 2)] })
  })

  it('a member that comes back after having been left out is known to have been away', () => {
    const without = leave(registered(member('a'), member('b')), 'a', 'a-1')
    expect(memberOf(join(without, member('a'), undefined), 'a')).deep.equal(member('a', 1, 4))
  })

  it('nobody takes the place of a life that was not looked at', () => {
    const now = registered(member('a', 2))
    expect(join(now, member('a', 3), member('a', 1))).equal(now)
    expect(join(now, member('a', 3), undefined)).equal(now)
  })

  it('copies that are others than before are a new epoch, and nobody goes by epoch 0', () => {
    const set = withCopies(EMPTY, 1)
    expect(set).deep.equal({ epoch: 0, copies: 1, members: [] })
    const one = join(set, member('a'), undefined)
    expect(withCopies(one, 1)).equal(one)
    expect(withCopies(one, 2)).deep.equal({ epoch: 2, copies: 2, members: [member('a', 1, 1)] })
  })

  it('an old life cannot take the new one out', () => {
    const now = registered(member('a', 2))
    expect(leave(now, 'a', 'a-1')).equal(now)
  })
})

describe('registry: adopting a later view', () => {
  it('nobody is lost, and the epoch is beyond both', () => {
    fc.assert(
      fc.property(anyRegistry, anyRegistry, (here, told) => {
        const adopted = adopt(here, told)
        fc.pre(told.epoch > here.epoch)
        expect(adopted.epoch).above(told.epoch)
        for (const { id } of [...here.members, ...told.members]) expect(memberOf(adopted, id)?.id).equal(id)
      }),
    )
  })

  it('what is no later than the own view is passed over', () => {
    const now = registered(member('a'))
    expect(adopt(now, { epoch: now.epoch, members: [member('b')] })).equal(now)
  })

  it('who is registered here is known better here', () => {
    const adopted = adopt(registered(member('a', 2)), { epoch: 7, members: [member('a', 1), member('b')] })
    expect(adopted.members).deep.equal([member('a', 2, 1), member('b')])
  })

  it('a teller that was behind does not give its number to another view', () => {
    const truth = registered(member('a'), member('b'), member('c'))
    const behind = { epoch: truth.epoch - 1, members: [member('a'), member('b')] }
    expect(adopt(EMPTY, behind).epoch).above(truth.epoch)
  })
})

describe('registry: leases', () => {
  const leaseMs = 300
  const registry = registered(member('a'))
  const seen = (renewals: number, nowMs: number, before = observe(new Map(), at(0, 0))) =>
    observe(before, at(renewals, nowMs))
  const at = (renewals: number, nowMs: number) => ({ registry, renewals: new Map([['a', renewals]]), nowMs })

  it('a lease lapses when no renewal was seen for a lease by this clock, and not before', () => {
    const anyLook = fc.record({ elapsedMs: fc.nat(400), hasRenewed: fc.boolean() })
    fc.assert(
      fc.property(fc.nat(), fc.array(anyLook), (startMs, looks) => {
        let [nowMs, seenAtMs, renewals] = [startMs, startMs, 0]
        let sightings = observe(new Map(), at(renewals, nowMs))
        for (const { elapsedMs, hasRenewed } of looks) {
          nowMs += elapsedMs
          if (hasRenewed) [renewals, seenAtMs] = [renewals + 1, nowMs]
          sightings = observe(sightings, at(renewals, nowMs))
          const isLapsed = quiet(sightings, registry, { nowMs, forMs: leaseMs }).length === 1
          expect(isLapsed).equal(nowMs - seenAtMs >= leaseMs)
        }
      }),
    )
  })

  it('an uplink that has just started gives everybody a whole lease', () => {
    const sightings = observe(new Map(), at(1000, 5000))
    expect(quiet(sightings, registry, { nowMs: 5299, forMs: leaseMs })).deep.equal([])
    expect(quiet(sightings, registry, { nowMs: 5300, forMs: leaseMs })).deep.equal([member('a', 1, 1)])
  })

  it('a count that was lost is no reason to drop anybody', () => {
    const before = seen(5, 10)
    const after = observe(before, { registry, renewals: new Map(), nowMs: 400 })
    expect(quiet(after, registry, { nowMs: 400, forMs: leaseMs })).deep.equal([])
  })

  it('a new life does not inherit what was seen of the old one', () => {
    const restarted = join(registry, member('a', 2), member('a'))
    const sightings = observe(seen(0, 10), {
      registry: restarted,
      renewals: new Map([['a', 0]]),
      nowMs: 1000,
    })
    expect(quiet(sightings, restarted, { nowMs: 1299, forMs: leaseMs })).deep.equal([])
    expect(quiet(sightings, restarted, { nowMs: 1300, forMs: leaseMs })).deep.equal([member('a', 2, 2)])
  })

  it('who is gone is not remembered', () => {
    expect(observe(seen(1, 10), { registry: EMPTY, renewals: new Map([['a', 2]]), nowMs: 20 }).size).equal(0)
  })
})
