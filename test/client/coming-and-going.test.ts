/** What callers of the client, and those who watch, notice of members that come and go: nothing. Those that are killed are for chaos. */
import { expect } from 'chai'
import { Larder } from '../../client/larder.ts'
import { Cluster } from '../support/cluster.ts'
import { until } from '../support/until.ts'
import { gather } from './gather.ts'

const CALLERS = 8
const KEYS_EACH = 40
/** Of each phase. */
const ROUNDS = 100

describe('client: members that come and go', () => {
  it('are noticed by no caller, and all is counted once', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'] })
    using larder = new Larder({ urls: ['a', 'b', 'c'].map((id) => cluster.url(id)) })
    const { all, end } = gather(larder.watch({ snapshot: true }))
    let [rounds, isOver] = [0, false]
    const sums = new Map<string, bigint>()
    const call = async (caller: number) => {
      for (let serial = 0; !isOver; serial++) {
        const name = `${caller} ${serial % KEYS_EACH}`
        await larder.set(`value ${name}`, serial)
        expect(await larder.get(`value ${name}`)).equal(serial)
        await larder.counter(`count ${name}`).add()
        sums.set(name, (sums.get(name) ?? 0n) + 1n)
        rounds++
      }
    }
    const calling = Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
    const some = async () => {
      const enough = rounds + ROUNDS
      await Promise.race([
        calling,
        until(
          async () => rounds,
          (rounds) => rounds > enough,
          30_000,
        ),
      ])
    }
    for (const happens of [() => cluster.leave('b'), () => cluster.join('d'), () => cluster.leave('a')]) {
      await some()
      await happens()
    }
    await some()
    isOver = true
    await calling
    for (const [name, sum] of sums) expect(await larder.counter(`count ${name}`).get(), name).equal(sum)
    const told = () => new Map(all.map((change) => ['key' in change ? change.key : change.type, change]))
    const isToldLast = ([name, sum]: readonly [string, bigint]) => {
      const change = told().get(`count ${name}`)
      return change?.type === 'change' && change.kind === 'counter' && change.value === sum
    }
    await until(
      async () => [...sums].filter((one) => !isToldLast(one)),
      (left) => left.length === 0,
    )
    expect([...told().keys()]).not.include('gap')
    larder.close()
    await end
  })
})
