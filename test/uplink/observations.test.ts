/** When what was seen of the renewals counts no more. */
import { expect } from 'chai'
import { Observations } from '../../uplink/observations.ts'
import { quiet, seenAt } from '../../uplink/registry.ts'

describe('observations', () => {
  const leaseMs = 1000
  const member = { id: 'a', incarnation: 'a-1', url: 'http://a:4000' }
  const registry = { epoch: 1, copies: 2, members: [member] }
  const at = (nowMs: number) => ({ registry, renewals: new Map([['a', 1]]), nowMs })
  let observations: Observations

  beforeEach(() => {
    observations = new Observations(leaseMs)
    observations.note(at(5000))
  })

  it('a renewal is as old as the look that saw it first', () => {
    for (const nowMs of [5300, 5600, 5900]) observations.note(at(nowMs))
    expect(seenAt(observations.sightings, member)).equal(5000)
    expect(quiet(observations.sightings, registry, { nowMs: 5999, forMs: leaseMs })).deep.equal([])
    expect(quiet(observations.sightings, registry, { nowMs: 6000, forMs: leaseMs })).deep.equal([member])
  })

  it('an uplink that was stopped for a while gives everybody a whole lease', () => {
    observations.note(at(5501))
    expect(seenAt(observations.sightings, member)).equal(5501)
  })

  it('an uplink that could not read its store does so too', () => {
    observations.forget()
    expect(seenAt(observations.sightings, member)).equal(undefined)
    expect(quiet(observations.sightings, registry, { nowMs: 9000, forMs: leaseMs })).deep.equal([])
    observations.note(at(5100))
    expect(seenAt(observations.sightings, member)).equal(5100)
  })
})
