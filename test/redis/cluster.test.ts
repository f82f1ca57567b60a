/** A node over a cluster of Redis: what it answers, while slots move there, and while one of the servers is gone. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { hashSlotOf, placeOf } from '../../node/redis/places.ts'
import { SLOTS, slotOf } from '../../shared/placement.ts'
import { get, post } from '../support/cluster.ts'
import { NodesOverRedis } from '../support/engine.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const KEYS = Array.from({ length: 60 }, (_, index) => `dish:${index}`)

describe('a node over a cluster of Redis', () => {
  let nodes: NodesOverRedis<RedisCluster>

  before(async function () {
    needTool(this, 'redis-server')
    const node = { PEER_TIMEOUT_MS: '10000', RESP_PORT: '0' }
    nodes = await NodesOverRedis.over(await RedisCluster.start(), { ids: ['a'], node })
  })
  after(() => nodes?.[Symbol.asyncDispose]())

  const at = (path: string) => `${nodes.url('a')}${path}`
  const store = (key: string) => post(at('/api'), { key, data: key })
  const read = (key: string) => get(at(`/api?key=${key}`))

  it('has every key on the primary that it names', async () => {
    const stored = await Promise.all(KEYS.map(store))
    expect(stored.filter(({ status }) => status !== 200)).to.deep.equal([])
    expect(new Set(stored.map(({ body }) => body['node']))).to.deep.equal(
      new Set(nodes.redis.servers.map(({ address }) => address)),
    )
    for (const key of KEYS) expect((await read(key)).body).to.include({ data: key })
    for (const [index, { body }] of stored.entries()) {
      const server = nodes.redis.servers.findIndex(({ address }) => address === body['node'])
      const place = placeOf(slotOf(KEYS[index] ?? ''), 'v', KEYS[index] ?? '')
      expect(await nodes.redis.clients[server]?.exists(place)).to.equal(1)
    }
  })

  it('tells of its topology', async () => {
    const { body } = await get(at('/api/v1/cluster'))
    const { cluster, primaries } = body['engine'] as { cluster: boolean; primaries: { slots: number }[] }
    expect(cluster).to.equal(true)
    expect(primaries.reduce((sum, { slots }) => sum + slots, 0)).to.equal(16384)
  })

  it('lists all keys of all primaries, and what is going on', async () => {
    const told: string[] = []
    let cursor = ''
    do {
      const { status, body } = await get(at(`/api/v1/kv?prefix=dish:&cursor=${cursor}`))
      expect(status).to.equal(200)
      told.push(...(body['keys'] as { key: string }[]).map(({ key }) => key))
      cursor = String(body['cursor'] ?? '')
    } while (cursor !== '')
    expect(told.sort()).to.deep.equal([...KEYS].sort())
    expect((await get(at('/api/v1/activity'))).body).to.deep.equal({ activity: [] })
  })

  it('serves clients of Redis, and several keys at once where they are of one slot', async () => {
    const redis = new Redis(nodes.node('a').respPort ?? 0)
    const [one, same, other] = ['1', String(1 + SLOTS), '2']
    expect(await redis.msetnx(one, 'a', other, 'b').catch((error: Error) => error.message)).to.match(
      /^CROSSSLOT/,
    )
    expect(await redis.msetnx(one, 'a', same, 'b')).to.equal(1)
    expect(await redis.mget(one, same, other)).to.deep.equal(['a', 'b', null])
    expect(await redis.rename(one, same)).to.equal('OK')
    await redis.sadd(one, 'x', 'y')
    expect(await redis.smove(one, '3', 'x').catch((error: Error) => error.message)).to.match(/^CROSSSLOT/)
    expect(await redis.del(one, same)).to.equal(2)
    redis.disconnect()
  })

  it('follows a slot that moves to another primary', async () => {
    const [key = ''] = KEYS
    const [slot, from] = [hashSlotOf(slotOf(key)), await primaryOf(nodes, key)]
    const to = (from + 1) % nodes.redis.clients.length
    const [giver, taker] = [nodes.redis.clients[from], nodes.redis.clients[to]]
    const [giverId, takerId] = await Promise.all([giver, taker].map((one) => one?.call('CLUSTER', 'MYID')))
    await taker?.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(giverId))
    await giver?.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(takerId))
    expect((await read(key)).body).to.include({ data: key })
    const [host = '', port = ''] = nodes.redis.servers[to]?.address.split(':') ?? []
    const places = (await giver?.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
    await giver?.call('MIGRATE', host, port, '', 0, 5000, 'KEYS', ...places)
    // It is with the taker, which asks for it to be asked.
    expect((await read(key)).body).to.include({ data: key })
    // A script is about keys of which some are not there: it waits until all of the slot has moved.
    const written = store(key)
    for (const client of [taker, giver])
      await client?.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(takerId))
    expect((await written).status).to.equal(200)
    expect((await store(key)).status).to.equal(200)
    const { body } = await until(
      () => read(key),
      ({ body }) => body['node'] === nodes.redis.servers[to]?.address,
    )
    expect(body).to.include({ data: key })
  })

  it('answers for the slots of the others while one primary is dead', async () => {
    const [key = ''] = KEYS
    const dead = await primaryOf(nodes, key)
    const owners = new Map<string, number>()
    for (const each of KEYS) owners.set(each, await primaryOf(nodes, each))
    await nodes.redis.servers[dead]?.kill()
    await until(
      () => read(key),
      ({ status }) => status === 503,
    )
    for (const [each, owner] of owners) {
      if (owner === dead) continue
      const { status, body } = await read(each)
      expect({ status, data: body['data'] }, each).to.deep.equal({ status: 200, data: each })
    }
  })
})

async function primaryOf(nodes: NodesOverRedis<RedisCluster>, key: string): Promise<number> {
  const { body } = await get(`${nodes.url('a')}/api?key=${key}`)
  return nodes.redis.servers.findIndex(({ address }) => address === body['node'])
}
