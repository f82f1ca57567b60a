/** For how long requests may fail under a fault. */
import { expect } from 'chai'
import { failMaxMs, type Setting } from '../../../scripts/chaos/promises.ts'
import { type Fault, KINDS, type Kind } from '../../../scripts/chaos/schedule.ts'

const SETTING: Setting = { copies: 2, leaseMs: 3000 }

function fault(kind: Kind, beside?: Kind): Fault {
  const drawn = { victims: ['a'], holdMs: 4000, halfWayMs: 100, latencyMs: 100, aheadMs: 0 }
  return { kind, ...drawn, beside: beside && fault(beside) }
}

function limit(kind: Kind, setting: Partial<Setting> = {}, beside?: Kind): number {
  return failMaxMs(fault(kind, beside), { ...SETTING, ...setting })
}

describe('scripts: for how long requests may fail', () => {
  it('is not at all where members come and go in good order, and where uplink is in trouble', () => {
    const unnoticed = KINDS.filter((kind) => limit(kind) === 0)
    expect(unnoticed).to.have.members([
      'join',
      'leave',
      'restart',
      'clock',
      'full',
      'uplink-down',
      'uplink-slow',
      'uplink-cut',
    ])
  })

  it('is a moment where another copy takes over, and else until the disk is back', () => {
    expect(limit('kill')).to.equal(3000)
    expect(limit('kill', { copies: 1 })).to.equal(36_000)
  })

  it('is a lease and the deadline of a request where a member is silent', () => {
    expect(limit('stop')).to.equal(7000)
    expect(limit('stop', { leaseMs: 10_000 })).to.equal(14_000)
  })

  it('is longer where nobody can say that a member is gone', () => {
    expect(limit('stop', {}, 'uplink-down')).to.equal(16_000)
    expect(limit('join', {}, 'uplink-slow')).to.equal(11_000)
  })

  it('is not at all where the client goes on trying, and a copy is left', () => {
    expect(limit('kill', { isClient: true })).to.equal(0)
    expect(limit('stop', { isClient: true }, 'uplink-slow')).to.equal(0)
    expect(limit('kill', { isClient: true, copies: 1 })).to.equal(36_000)
  })
})
