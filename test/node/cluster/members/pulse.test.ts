/** A process that was stopped: it serves nothing before it has asked what it has missed. */
import { expect } from 'chai'
import { Pulse } from '../../../../node/cluster/members/pulse.ts'
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { LarderError } from '../../../../shared/errors.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { silent } from '../../../support/cluster.ts'

/** A clock whose alarms are late: the process stands still while the time goes on. */
class StoppableClock implements Clock {
  readonly inner = new FakeClock()
  #lostMs = 0

  now(): number {
    return this.inner.now() + this.#lostMs
  }
  wall(): number {
    return this.now()
  }
  after(delayMs: number, run: () => void): Timer {
    return this.inner.after(delayMs, run)
  }
  every(intervalMs: number, run: () => void): Timer {
    return this.inner.every(intervalMs, run)
  }
  stop(ms: number): void {
    this.#lostMs += ms
  }
}

const LEASE_MS = 3000

function start(leaseMs = LEASE_MS) {
  const clock = new StoppableClock()
  const asked: PromiseWithResolvers<void>[] = []
  const ask = () => {
    const one = Promise.withResolvers<void>()
    asked.push(one)
    return one.promise
  }
  const stops: number[] = []
  const onStopped = (stoppedMs: number) => stops.push(stoppedMs)
  const pulse = new Pulse({ clock, log: silent, leaseMs: () => leaseMs, ask, onStopped })
  pulse.start()
  return { clock, pulse, asked, stops }
}

describe('a pulse', () => {
  it('is current as long as the process runs, and asks nobody', async () => {
    const { clock, pulse, asked } = start()
    for (let second = 0; second < 20; second++) {
      await clock.inner.advance(1000)
      expect(pulse.isCurrent).to.equal(true)
    }
    expect(asked).to.have.lengthOf(0)
    pulse.stop()
  })

  it('is not after half a lease without a beat, and is again once the others have answered', async () => {
    const { clock, pulse, asked } = start()
    clock.stop(LEASE_MS / 2 - 1)
    expect(pulse.isCurrent).to.equal(true)
    clock.stop(1)
    expect(pulse.isCurrent).to.equal(false)
    await clock.inner.advance(100)
    expect([asked.length, pulse.isCurrent]).to.deep.equal([1, false])
    await clock.inner.advance(300)
    expect(asked).to.have.lengthOf(1)
    asked[0]?.resolve()
    await settled()
    expect(pulse.isCurrent).to.equal(true)
    pulse.stop()
  })

  it('lets a command ask at once, and all of them together', async () => {
    const { clock, pulse, asked } = start()
    clock.stop(10_000)
    let caughtUp = 0
    const waiting = [1, 2, 3].map(() => pulse.catchUp(clock.now() + 5000).then(() => caughtUp++))
    await settled()
    expect([asked.length, caughtUp]).to.deep.equal([1, 0])
    asked[0]?.reject(new Error('nobody answers'))
    await Promise.all(waiting)
    expect(pulse.isCurrent).to.equal(true)
    pulse.stop()
  })

  it('goes on after a second with what it knows, when nobody answers', async () => {
    const { clock, pulse, asked, stops } = start()
    clock.stop(10_000)
    const waiting = pulse.catchUp(clock.now() + 5000)
    await clock.inner.advance(999)
    expect([pulse.isCurrent, stops]).to.deep.equal([false, []])
    await clock.inner.advance(1)
    await waiting
    expect([asked.length, pulse.isCurrent]).to.deep.equal([1, true])
    expect(stops, 'told for how long, once').to.deep.equal([10_000])
    pulse.stop()
  })

  it('refuses a command whose deadline comes first', async () => {
    const { clock, pulse } = start()
    clock.stop(10_000)
    const code = pulse.catchUp(clock.now() + 50).catch((error: LarderError) => error.code)
    await clock.inner.advance(50)
    expect(await code).to.equal('NOT_READY')
    pulse.stop()
  })

  it('is always current in a cluster of one', async () => {
    const { clock, pulse } = start(Infinity)
    clock.stop(3_600_000)
    expect(pulse.isCurrent).to.equal(true)
    pulse.stop()
  })
})
