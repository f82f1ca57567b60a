/** Clients of Redis at any node of a cluster. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { slotOf } from '../../shared/placement.ts'
import { Cluster } from '../support/cluster.ts'

const IDS = ['n1', 'n2', 'n3'] as const

describe('26 clients of Redis in a cluster', () => {
  let cluster: Cluster
  const clients: Redis[] = []
  before(async () => {
    cluster = await Cluster.start({ ids: IDS, node: { RESP_PORT: '0' } })
    for (const id of IDS) clients.push(new Redis(cluster.respPort(id)))
  })
  after(async () => {
    for (const client of clients) client.disconnect()
    await cluster[Symbol.asyncDispose]()
  })
  const [a, b, c] = [0, 1, 2].map((index) => () => clients[index] as Redis) as [
    () => Redis,
    () => Redis,
    () => Redis,
  ]

  it('whatever is written at one is read at the others, in pipelines too', async () => {
    const pipeline = a().pipeline()
    for (let index = 0; index < 300; index++)
      pipeline.set(`k${index}`, `v${index}`).get(`k${index}`).incr('n')
    const answers = (await pipeline.exec()) ?? []
    expect(answers.filter((_, index) => index % 3 === 1).map(([, value]) => value)).to.deep.equal(
      Array.from({ length: 300 }, (_, index) => `v${index}`),
    )
    const keys = Array.from({ length: 300 }, (_, index) => `k${index}`)
    expect(await b().mget(keys)).to.deep.equal(keys.map((key) => key.replace('k', 'v')))
    expect(await c().get('n')).to.equal('300')
    expect(await b().del(keys)).to.equal(300)
  })

  it('sets are one, and so are types', async () => {
    for (let index = 0; index < 20; index++) {
      const key = `s${index}`
      expect(await a().sadd(key, 'x', 'y')).to.equal(2)
      expect((await b().smembers(key)).sort()).to.deep.equal(['x', 'y'])
      expect(
        await c()
          .incr(key)
          .catch((error: Error) => error.message),
      ).to.match(/^WRONGTYPE/)
      expect(await c().type(key)).to.equal('set')
      expect(await c().set(key, 1)).to.equal('OK')
      expect(
        await a()
          .scard(key)
          .catch((error: Error) => error.message),
      ).to.match(/^WRONGTYPE/)
    }
    expect((await b().sunion('s100', 's101')).length).to.equal(0)
  })

  it('what has to be at once is, where it is of one slot, and is refused where it is not', async () => {
    const [one, same, other] = ['1', String(1 + 16381), '2']
    expect(slotOf(one)).to.equal(slotOf(same))
    for (const client of clients)
      expect(await client.msetnx(one, 'a', other, 'b').catch((error: Error) => error.message)).to.match(
        /^CROSSSLOT/,
      )
    const won = await Promise.all(clients.map((client) => client.msetnx(one, 'a', same, 'b')))
    expect(won.filter((one) => one === 1)).to.have.length(1)
    expect(await b().rename(one, same)).to.equal('OK')
    expect(await c().get(same)).to.equal('a')
    await a().sadd(one, ...Array.from({ length: 30 }, (_, index) => index))
    await c().del(same)
    const moved = await Promise.all(
      Array.from({ length: 90 }, (_, index) =>
        (clients[index % 3] as Redis).smove(one, same, String(index % 30)),
      ),
    )
    expect(moved.filter((one) => one === 1)).to.have.length(30)
    expect(await b().scard(same)).to.equal(30)
    expect(await b().exists(one)).to.equal(0)
  })

  it('all keys are listed, counted and gone at any of them', async () => {
    await a().flushall()
    await Promise.all(Array.from({ length: 100 }, (_, index) => b().set(`k${index}`, index)))
    await c().sadd('set', 'a')
    const met: string[] = []
    for await (const page of a().scanStream({ count: 30 })) met.push(...page)
    expect(new Set(met).size).to.equal(101)
    expect(met).to.have.length(101)
    expect(await b().dbsize()).to.equal(101)
    await c().flushall()
    expect(await a().dbsize()).to.equal(0)
  })
})
