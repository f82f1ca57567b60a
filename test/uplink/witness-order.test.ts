/** Whom uplink asks about a member, as pure logic. */
import { expect } from 'chai'
import type { Member } from '../../shared/view.ts'
import { join, memberOf, observe, witnesses } from '../../uplink/registry.ts'
import { leaving, member, registered } from './registries.ts'

describe('registry: who may know more of a member', () => {
  const registry = registered(member('a'), member('b'), member('c'), member('d'))
  const seenIn = (order: readonly string[], all = registry) =>
    order.reduce(
      (sightings, _, index) => {
        const renewals = new Map(order.slice(0, index + 1).map((each) => [each, 1]))
        return observe(sightings, { registry: all, renewals, nowMs: 10 * (index + 1) })
      },
      observe(new Map(), { registry: all, renewals: new Map(), nowMs: 1 }),
    )
  const ids = (members: readonly Member[]) => members.map(({ id }) => id)

  it('those who were last seen to renew, never the member itself, and no more than asked for', () => {
    const sightings = seenIn(['c', 'b', 'd'])
    expect(ids(witnesses(sightings, registry, { of: member('a'), max: 3 }))).deep.equal(['d', 'b', 'c'])
    expect(ids(witnesses(sightings, registry, { of: member('d'), max: 2 }))).deep.equal(['b', 'c'])
    expect(witnesses(new Map(), registered(member('a')), { of: member('a'), max: 3 })).deep.equal([])
  })

  it('those who are leaving come last, and another life than was seen before them', () => {
    const less = join(registry, leaving(member('d')), memberOf(registry, 'd'))
    const changed = join(less, member('b', 2), memberOf(less, 'b'))
    const sightings = seenIn(['c', 'b', 'd'])
    expect(ids(witnesses(sightings, changed, { of: member('a'), max: 3 }))).deep.equal(['c', 'b', 'd'])
  })
})
