/** kill -9 at any moment: what the node has acknowledged is there afterwards, as far as its settings promise. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { Checker } from './checker.ts'
import { DiskNode } from './disk-node.ts'
import { type Random, withSeed } from './random.ts'

interface Rounds {
  readonly count: number
  readonly intervalMs: number
  readonly loadMs: readonly [least: number, most: number]
}

/** One file through all rounds, so that later ones crash and recover with much in it. */
async function crash(random: Random, { count, intervalMs, loadMs }: Rounds): Promise<void> {
  await using node = await DiskNode.start({ SYNC_INTERVAL_MS: String(intervalMs) })
  const checker = new Checker(node, random.fork())
  for (let round = 1; round <= count; round++) {
    const before = checker.writes
    const killed = pause(systemClock, random.between(...loadMs)).then(() => {
      const killedAtMs = systemClock.now()
      return node.kill().then(() => killedAtMs)
    })
    const [killedAtMs] = await Promise.all([killed, checker.load()])
    await node.start()
    const safeUntilMs = intervalMs === 0 ? Number.MAX_VALUE : killedAtMs - intervalMs
    try {
      await checker.verify(safeUntilMs)
    } catch (cause) {
      throw new Error(`round ${round}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
    expect(checker.writes - before, 'enough writes to tell').to.be.above(20)
  }
}

describe('a node that is killed while clients write', function () {
  this.timeout(120_000)

  it('has lost nothing that it acknowledged and counted nothing twice, with an interval of 0', () =>
    withSeed((random) => crash(random, { count: 15, intervalMs: 0, loadMs: [200, 500] })))

  it('has lost nothing that it acknowledged before the last interval', () =>
    withSeed((random) => crash(random, { count: 8, intervalMs: 600, loadMs: [650, 850] })))

  it('recovers from being killed while it recovers', () =>
    withSeed(async (random) => {
      await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '0' })
      const checker = new Checker(node, random.fork())
      await Promise.all([checker.load(), pause(systemClock, 300).then(() => node.kill())])
      for (let round = 0; round < 5; round++) {
        const starting = node.launch()
        await pause(systemClock, random.between(100, 500))
        await starting.kill()
      }
      await node.start()
      await checker.verify(Number.MAX_VALUE)
    }))
})
