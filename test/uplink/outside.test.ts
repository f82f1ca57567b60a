/** Who is kept out, and when it is looked at again. */
import { expect } from 'chai'
import { Outside } from '../../uplink/outside.ts'
import { FakeClock } from '../support/clock.ts'
import { member } from './registries.ts'

const LEASE_MS = 3000

describe('uplink: one that is kept out', () => {
  it('is looked at again after a pause that doubles, up to about a minute', async () => {
    const clock = new FakeClock()
    const outside = new Outside({ clock, leaseMs: LEASE_MS })
    const pauses: number[] = []
    for (let times = 0; times < 9; times++) {
      const { refusal } = outside.keep(member('a'), 'Nobody reaches a')
      const seconds = Number(/again in (\d+) s/.exec(refusal.message)?.[1])
      pauses.push(seconds)
      expect(() => outside.refuse(member('a'))).throw('Nobody reaches a. It is looked at again in')
      await clock.advance(seconds * 1000)
      outside.refuse(member('a'))
    }
    expect(pauses).deep.equal([1, 2, 4, 8, 16, 32, 64, 64, 64])
  })

  it('is told of once, and begins anew after it was in for long, or in another life', async () => {
    const clock = new FakeClock()
    const outside = new Outside({ clock, leaseMs: LEASE_MS })
    expect([outside.keep(member('a'), '').isNew, outside.keep(member('a'), '').isNew]).deep.equal([
      true,
      false,
    ])
    outside.refuse(member('a', 2))
    await clock.advance(700_000)
    const { isNew, refusal } = outside.keep(member('a'), 'why')
    expect([isNew, refusal.code, refusal.status]).deep.equal([true, 'NOT_REACHED', 409])
    expect(refusal.message).include('in 1 s')
  })

  it('is shown while it asks, and is no member', async () => {
    const clock = new FakeClock()
    const outside = new Outside({ clock, leaseMs: LEASE_MS })
    outside.keep(member('a'), 'why')
    expect(outside.besides([member('b')]).map(({ reason }) => reason)).deep.equal(['why'])
    expect(outside.besides([member('a')])).deep.equal([])
    await clock.advance(9000)
    outside.refuse(member('a'))
    await clock.advance(9000)
    expect(outside.besides([])).length(1)
    await clock.advance(2000)
    expect(outside.besides([])).deep.equal([])
  })

  it('is forgotten where there are too many', () => {
    const outside = new Outside({ clock: new FakeClock(), leaseMs: LEASE_MS })
    for (let index = 0; index < 1100; index++) outside.keep(member(`m${index}`), 'why')
    expect(outside.besides([])).length(1000)
  })
})
