/** Members whose clocks differ: nothing ends too early or too late, whoever owns it, and whoever takes over. */
import { expect } from 'chai'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { Cluster, keysOf } from '../support/cluster.ts'
import { until } from '../support/until.ts'

const IDS = ['a', 'b', 'c']
const HOUR_MS = 3_600_000

/** Both clocks of a member may begin anywhere, and the wall clock is wrong as well. */
function clock({ aheadMs, startedMs }: { aheadMs: number; startedMs: number }): Clock {
  return {
    ...systemClock,
    now: () => systemClock.now() + startedMs,
    wall: () => systemClock.wall() + aheadMs,
  }
}

for (const [what, aheadMs] of [
  ['an hour behind', -HOUR_MS],
  ['an hour ahead', HOUR_MS],
] as const) {
  describe(`a cluster with a member whose clock is ${what}`, function () {
    this.timeout(60_000)
    let cluster: Cluster
    const all = keysOf('a', IDS, 40)
    const [keys, counters] = [all.slice(0, 20), all.slice(20)]

    before(async () => {
      cluster = await Cluster.start({
        ids: IDS,
        clockOf: (id) => clock({ aheadMs: id === 'a' ? aheadMs : 0, startedMs: 1e6 * id.charCodeAt(0) }),
      })
    })
    after(() => cluster[Symbol.asyncDispose]())

    const at = (id: string, path: string) => `${cluster.url(id)}/api/v1/${path}`
    const put = (key: string, ttl: number) =>
      fetch(at('b', `kv/${key}?ttl=${ttl}`), { method: 'PUT', body: key })
    const count = (key: string) =>
      fetch(at('b', `counters/${key}`), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: '{"by":"1"}',
      }).then((answer) => answer.json())
    const alive = async (some: readonly string[]) => {
      const statuses = await Promise.all(some.map(async (key) => (await fetch(at('c', `kv/${key}`))).status))
      return statuses.filter((status) => status === 200).length
    }

    it('measures how far it is off, and everybody says so', async () => {
      await put(keys[0] ?? '', 60)
      for (const [id, seconds] of [
        ['b', aheadMs / 1000],
        ['a', (-2 * aheadMs) / 1000],
      ] as const) {
        const measured = await until(
          () => cluster.metric(id, 'larder_clock_skew_seconds'),
          (sum) => Math.abs(sum - seconds) < 1,
        )
        expect(measured).to.be.closeTo(seconds, 1)
      }
    })

    it('lets what it owns live as long as it should, and no longer, also once others have taken over', async () => {
      const [lasting, ending] = [keys.slice(0, 10), keys.slice(10)]
      await Promise.all([...lasting.map((key) => put(key, 60)), ...ending.map((key) => put(key, 3))])
      await Promise.all(counters.map(count))
      expect(await alive(keys)).to.equal(20)
      await cluster.leave('a')
      await cluster.settle()
      expect(await alive(lasting)).to.equal(10)
      const again = await Promise.all(counters.map(count))
      expect(again).to.deep.equal(counters.map((key) => ({ key, value: '1' })))
      expect(
        await until(
          () => alive(ending),
          (count) => count === 0,
          6000,
        ),
      ).to.equal(0)
    })
  })
}
