/** Commands of Redis about very many keys or members: all of it is done, in its order, and some of it at a time. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { Environment } from '../../../shared/config.ts'
import { overEach, type Started } from './backends.ts'

overEach(['commands about very many', 'commands about very many, over Redis'], suite)

function suite(start: (environment: Environment) => Promise<Started>): void {
  let node: Started
  let redis: Redis
  before(async () => {
    node = await start({ RESP_PORT: '0' })
    redis = new Redis(node.node.respPort ?? 0, { protocol: 2 } as object)
  })
  beforeEach(() => redis.flushall())
  after(async () => {
    redis.disconnect()
    await node[Symbol.asyncDispose]()
  })

  it('a large set is scanned in parts, everyone in it once', async () => {
    const members = Array.from({ length: 2500 }, (_, index) => `m${index}`)
    expect(await redis.sadd('s', members)).to.equal(2500)
    const met: string[] = []
    for await (const page of redis.sscanStream('s', { count: 100 })) met.push(...page)
    expect(met.sort()).to.deep.equal([...members].sort())
  })

  it('what names very many is not overtaken by what comes behind it, nor overtakes what is before it', async () => {
    const keys = Array.from({ length: 2000 }, (_, index) => `many ${index}`)
    const [last = ''] = keys.slice(-1)
    const told = redis
      .pipeline()
      .set(last, 'before')
      .mset(keys.flatMap((key) => [key, `of ${key}`]))
    told.getset(last, 'behind').mget(keys).exists(keys).del(keys).get(last)
    const [, , replaced, all, there, deleted, left] = (await told.exec()) ?? []
    expect(replaced).to.deep.equal([null, `of ${last}`])
    const values = [...keys.slice(0, -1).map((key) => `of ${key}`), 'behind']
    expect([all, there, deleted, left]).to.deep.equal([
      [null, values],
      [null, 2000],
      [null, 2000],
      [null, null],
    ])
    const members = await redis
      .pipeline()
      .sadd('crowd', keys)
      .smismember('crowd', keys)
      .srem('crowd', keys)
      .exec()
    expect(members).to.deep.equal([
      [null, 2000],
      [null, keys.map(() => 1)],
      [null, 2000],
    ])
    const tooMany = keys.flatMap((key) => [key, 'x'])
    expect(await redis.msetnx(tooMany).catch((error: Error) => error.message)).to.equal(
      'ERR msetnx stores at most 1000 keys here',
    )
  })

  it('a set does not change by more members at once than others can wait for', async () => {
    await redis.sadd('many', ...Array.from({ length: 10_001 }, (_, index) => index))
    const dump = (await redis.callBuffer('dump', 'many')) as Buffer
    const tries = [
      redis.call('copy', 'many', 'many2'),
      redis.rename('many', 'many2'),
      redis.sunionstore('many2', 'many'),
      redis.spop('many', 10_001),
      redis.call('restore', 'many2', '0', dump),
    ]
    for (const one of await Promise.allSettled(tries))
      expect(String(one.status === 'rejected' && one.reason.message)).to.equal(
        'ERR at most 10000 members of a set come or go at once here',
      )
    expect([await redis.scard('many'), await redis.exists('many2')]).to.deep.equal([10_001, 0])
    expect(await redis.srem('many', 0, 1)).to.equal(2)
    expect(await redis.call('copy', 'many', 'many2')).to.equal(1)
  })

  it('a set of any size ends, is deleted, and is told as it is', async () => {
    const members = Array.from({ length: 12_345 }, (_, index) => `m${index}`)
    await redis.sadd('s', members)
    expect(await redis.expire('s', 0, 'GT')).to.equal(0)
    expect(await redis.expire('s', 1000, 'NX')).to.equal(1)
    expect(await redis.ttl('s')).to.be.within(990, 1000)
    expect(await redis.persist('s')).to.equal(1)
    expect([await redis.ttl('s'), await redis.scard('s')]).to.deep.equal([-1, members.length])
    expect((await redis.smembers('s')).sort()).to.deep.equal([...members].sort())
    expect(await redis.sintercard(2, 's', 's')).to.equal(members.length)
    expect((await redis.sdiff('s', 'none')).length).to.equal(members.length)
    expect((await redis.sunion('s', 'none')).length).to.equal(members.length)
    expect(await redis.call('object', 'encoding', 's')).to.equal('hashtable')
    expect(await redis.del('s')).to.equal(1)
    expect([await redis.exists('s'), await redis.scard('s')]).to.deep.equal([0, 0])
    await redis.sadd('s', members)
    await redis.flushall()
    expect([await redis.dbsize(), await redis.scard('s')]).to.deep.equal([0, 0])
  })
}
