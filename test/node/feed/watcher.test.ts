/** One who watches: what he is told, in which order, and when he has missed something. */
import { expect } from 'chai'
import { ALL } from '../../../node/feed/interest.ts'
import { Watcher } from '../../../node/feed/watcher.ts'
import type { Asked, Audience, WatchEvent } from '../../../node/watching.ts'
import { Portions } from '../../../shared/portions.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { allOf } from '../../support/turns.ts'

class Listener implements Audience {
  readonly address = 'here'
  readonly told: string[] = []
  bytes = 0
  #drained = Promise.withResolvers<void>()

  tell({ type, told, id }: WatchEvent): void {
    const what = told !== undefined && 'value' in told ? ` ${told.key}=${told.value}` : ''
    this.told.push(`${type}${what}${id === undefined ? '' : ` @${id}`}`)
  }

  async drained(): Promise<void> {
    if (this.bytes > 0) await this.#drained.promise
  }

  take(): void {
    this.bytes = 0
    this.#drained.resolve()
    this.#drained = Promise.withResolvers()
  }

  end(): void {}
}

class Bench {
  readonly listener = new Listener()
  readonly resuming = Promise.withResolvers<boolean>()
  readonly state = Promise.withResolvers<void>()
  readonly acknowledged = Promise.withResolvers<void>()
  readonly clock = new FakeClock()
  readonly watcher: Watcher
  gaps = 0
  #at = 0

  constructor(
    asked: Partial<Asked>,
    { isBegun = true, isSettled = true, waiting = new Portions<Watcher>({ most: Infinity, lose() {} }) } = {},
  ) {
    this.watcher = new Watcher({
      asked: { interest: ALL, hasSnapshot: false, ...asked },
      audience: this.listener,
      clock: this.clock,
      waiting,
      take: allOf,
      id: () => String(this.#at),
      settled: () => this.acknowledged.promise,
      resume: () => this.resuming.promise,
      snapshot: () => this.state.promise,
      onFailed() {},
      onGap: () => void this.gaps++,
    })
    if (isSettled) this.acknowledged.resolve()
    if (isBegun) void this.watcher.begin()
  }

  get beat(): WatchEvent {
    return { type: 'beat', id: String(this.#at) }
  }

  count(key: string, value: string): void {
    const told = { kind: 'counter', key, value } as const
    const item = { at: ++this.#at, time: this.#at, told }
    this.watcher.tell({ event: { type: 'change', told, id: String(this.#at) }, life: 'a-1', item })
  }
}

describe('one who watches', () => {
  it('begins once all that is written by then is acknowledged, and is told of it', async () => {
    const bench = new Bench({}, { isSettled: false })
    await settled()
    bench.watcher.beat(bench.beat)
    bench.count('a', '1')
    expect(bench.listener.told).to.deep.equal([])
    bench.acknowledged.resolve()
    await settled()
    expect(bench.listener.told).to.deep.equal(['beat @0', 'change a=1 @1'])
  })

  it('is told as it comes', async () => {
    const bench = new Bench({})
    await settled()
    bench.count('a', '1')
    bench.watcher.beat(bench.beat)
    expect(bench.listener.told).to.deep.equal(['beat @0', 'change a=1 @1', 'beat @1'])
  })

  it('is told of what comes meanwhile after the state, of each thing the last, and can go on from its beginning', async () => {
    const bench = new Bench({ hasSnapshot: true })
    await settled()
    bench.count('a', '1')
    bench.count('b', '1')
    bench.count('a', '2')
    expect(bench.listener.told).to.deep.equal(['beat'])
    bench.state.resolve()
    await settled()
    expect(bench.listener.told).to.deep.equal(['beat', 'snapshot-end @0', 'change b=1 @2', 'change a=2 @3'])
  })

  it('is not told again of what he was told while he caught up', async () => {
    const bench = new Bench({ since: 'there' })
    bench.count('a', '1')
    bench.count('b', '1')
    bench.watcher.toldUpTo('a-1', 1)
    bench.resuming.resolve(true)
    await settled()
    bench.count('a', '2')
    expect(bench.listener.told).to.deep.equal(['beat', 'change b=1 @2', 'change a=2 @3'])
    expect(bench.gaps).to.equal(0)
  })

  it('is told nothing before he begins, as if he had come then', async () => {
    const bench = new Bench({ hasSnapshot: true }, { isBegun: false })
    bench.watcher.beat(bench.beat)
    bench.watcher.miss()
    expect(bench.listener.told).to.deep.equal([])
    bench.state.resolve()
    await bench.watcher.begin()
    expect(bench.listener.told).to.deep.equal(['beat', 'snapshot-end @0'])
  })

  it('has missed something where nobody knows what came since then, also while he catches up', async () => {
    const bench = new Bench({ since: 'there' })
    bench.watcher.miss()
    bench.resuming.resolve(true)
    await settled()
    expect(bench.listener.told).to.deep.equal(['beat', 'gap @0'])
  })

  it('is told no more while he does not take it, and then that he has missed something', async () => {
    const bench = new Bench({})
    await settled()
    bench.count('a', '1')
    // However large that one was: it alone is no reason.
    bench.listener.bytes = 2 ** 21
    expect(bench.gaps).to.equal(0)
    for (let value = 2; value < 100; value++) bench.count('a', String(value))
    bench.watcher.beat(bench.beat)
    expect(bench.listener.told).to.deep.equal(['beat @0', 'change a=1 @1'])
    bench.listener.take()
    await settled()
    bench.count('a', '100')
    expect(bench.listener.told.slice(2)).to.deep.equal(['gap @99', 'change a=100 @100'])
  })

  it('is told nothing of what waits where a state breaks off, as he may have been told what came later', async () => {
    const bench = new Bench({ hasSnapshot: true })
    await settled()
    bench.count('stew', '1')
    bench.state.reject(new Error('a member does not answer'))
    await settled()
    await bench.clock.advance(1000)
    await settled()
    expect(bench.listener.told).to.deep.equal(['beat', 'gap'])
  })

  it('begins anew where more has come than is kept for him', async () => {
    const bench = new Bench({ hasSnapshot: true })
    await settled()
    for (let key = 0; key <= 30_000; key++) bench.count(String(key), '1')
    bench.state.resolve()
    await settled()
    expect(bench.listener.told).to.deep.equal(['beat', 'gap', 'snapshot-end @30001'])
  })

  it('begins anew where all who watch have no room for what waits for him', async () => {
    const waiting = new Portions<Watcher>({ most: 1000, lose: (watcher) => watcher.loseWaiting() })
    const [much, little] = [0, 1].map(() => new Bench({ hasSnapshot: true }, { waiting }))
    await settled()
    for (const key of ['a', 'b', 'c']) much?.count(key, '1')
    for (const key of ['a', 'b']) little?.count(key, '1')
    for (const bench of [much, little]) bench?.state.resolve()
    await settled()
    expect(much?.listener.told).to.deep.equal(['beat', 'gap', 'snapshot-end @3'])
    expect(little?.listener.told.slice(1)).to.deep.equal([
      'snapshot-end @0',
      'change a=1 @1',
      'change b=1 @2',
    ])
  })

  it('is told amid the state what waits, but for what of it is still to come, and goes on from there', async () => {
    const bench = new Bench({ hasSnapshot: true })
    await settled()
    for (const key of ['a', 'b']) bench.count(key, '1')
    expect(bench.watcher.isCrowded).to.equal(false)
    for (let key = 0; key < 6000; key++) bench.count(`to come ${key}`, '1')
    expect(bench.watcher.isCrowded).to.equal(true)
    await bench.watcher.relieve(({ key }) => key.startsWith('to come'))
    bench.count('a', '2')
    bench.state.resolve()
    await settled()
    const told = ['beat', 'change a=1', 'change b=1', 'snapshot-end @6002', 'change a=2 @6003']
    expect(bench.listener.told).to.deep.equal(told)
  })
})
