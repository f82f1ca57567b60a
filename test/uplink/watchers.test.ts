/** Parked watches by a clock that the test holds. */
import { expect } from 'chai'
import { Registry as Metrics } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import type { LarderError } from '../../shared/errors.ts'
import { createUplinkMetrics } from '../../uplink/metrics.ts'
import { WATCH_MAX_MS, Watchers } from '../../uplink/watchers.ts'

/** Runs what is due at `delayMs`, and nothing else. */
class HeldClock implements Clock {
  readonly #waiting = new Map<() => void, number>()

  now(): number {
    return 0
  }

  wall(): number {
    return 0
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    this.#waiting.set(run, delayMs)
    return { cancel: () => this.#waiting.delete(run) }
  }

  every(): never {
    throw new Error('not used')
  }

  get waiting(): number {
    return this.#waiting.size
  }

  reach(nowMs: number): void {
    for (const [run, delayMs] of this.#waiting) if (delayMs <= nowMs) run()
  }
}

describe('watchers', () => {
  let clock: HeldClock
  let watchers: Watchers
  const { watchers: gauge } = createUplinkMetrics(new Metrics())

  /** A parked watch, as the list of what has become of it. */
  const park = (after: number, end = new AbortController()) => {
    const became: string[] = []
    watchers.park(after, end).then(
      () => became.push('answered'),
      (error: LarderError) => became.push(error.code),
    )
    return became
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  beforeEach(() => {
    clock = new HeldClock()
    watchers = new Watchers({ clock, gauge, watchersMax: 3 })
  })

  it('wakes those who know an older epoch, and leaves the others', async () => {
    const [older, same, newer] = [park(6), park(7), park(8)]
    watchers.wake(7)
    await turn()
    expect([older, same, newer]).deep.equal([['answered'], [], []])
  })

  it('answers after 25 seconds at the latest', async () => {
    const watch = park(7)
    clock.reach(WATCH_MAX_MS - 1)
    await turn()
    expect(watch).deep.equal([])
    clock.reach(WATCH_MAX_MS)
    await turn()
    expect(watch).deep.equal(['answered'])
  })

  it('refuses one too many, and has room again when one has gone', async () => {
    const leaving = new AbortController()
    park(7)
    park(7)
    park(7, leaving)
    const refused = park(7)
    await turn()
    expect(refused).deep.equal(['OVERLOADED'])
    leaving.abort()
    await turn()
    const welcome = park(7)
    await turn()
    expect(welcome).deep.equal([])
  })

  it('keeps nothing of a client that has left', async () => {
    const leaving = new AbortController()
    park(7, leaving)
    leaving.abort()
    await turn()
    expect(clock.waiting).equal(0)
    expect((await gauge.get()).values[0]?.value).equal(0)
  })

  it('lets everybody go at the end, and parks nobody after it', async () => {
    const before = park(7)
    watchers.release()
    const late = park(7)
    await turn()
    expect([before, late]).deep.equal([['answered'], ['answered']])
    expect(clock.waiting).equal(0)
  })
})
