/** A node over a cluster with replicas, of Redis and of Valkey: slots move under load, and a replica takes over. */
import { expect } from 'chai'
import { hashSlotOf } from '../../node/redis/places.ts'
import { slotOf } from '../../shared/placement.ts'
import { get, post } from '../support/cluster.ts'
import { overSixServers } from '../support/six-servers.ts'
import { until } from '../support/until.ts'

const KEYS = Array.from({ length: 30 }, (_, index) => `dish:${index}`)
const TAKEN_OVER_MAX_MS = 20_000
const MOVED_SLOTS = 200
/** Of those that move, which are the first ones of each primary. */
const MOVED_KEYS = keysIn([0, 5461, 10922], MOVED_SLOTS / 3 - 2)

overSixServers('a node over', { ids: ['a'] }, (nodes) => {
  const at = (path: string) => `${nodes().url('a')}${path}`
  const store = (key: string) => post(at('/api'), { key, data: key })
  const read = (key: string) => get(at(`/api?key=${key}`))

  it('tells of primaries and their replicas, and keeps what is said', async () => {
    expect((await Promise.all(KEYS.map(store))).every(({ status }) => status === 200)).to.equal(true)
    for (const key of KEYS) expect((await read(key)).body).to.include({ data: key })
    await until(
      async () =>
        (await get(at('/api/v1/cluster'))).body['engine'] as { primaries: { replicas: string[] }[] },
      ({ primaries }) => primaries.length === 3 && primaries.every(({ replicas }) => replicas.length === 1),
    )
  })

  it('counts exactly while slots move to a server that was added', async () => {
    const { redis } = nodes()
    const added = await redis.join()
    const moving = new AbortController()
    const path = (key: string) => at(`/api/v1/counters/${key}`)
    const counting = Promise.all(MOVED_KEYS.map((key) => countOn(path(key), moving)))
    await redis.reshard({ to: added, slots: MOVED_SLOTS }).finally(() => moving.abort())
    for (const [index, counted] of (await counting).entries()) {
      const { body } = await get(path(MOVED_KEYS[index] ?? ''))
      expect(body['value'], MOVED_KEYS[index]).to.equal(String(counted))
    }
    const stored = await Promise.all(MOVED_KEYS.map(store))
    expect(new Set(stored.map(({ body }) => body['node']))).to.deep.equal(new Set([added.address]))
    const topology = await until(
      async () => (await get(at('/api/v1/cluster'))).body['engine'] as { primaries: { address: string }[] },
      ({ primaries }) => primaries.some(({ address }) => address === added.address),
    )
    expect(topology.primaries).to.have.lengthOf(4)
  })

  it('serves the others while a primary is dead, says so, and goes on with its replica', async () => {
    const [key = ''] = KEYS
    const dead = String((await read(key)).body['node'])
    const owners = new Map<string, unknown>()
    for (const each of KEYS) owners.set(each, (await read(each)).body['node'])
    await nodes().redis.at(dead)?.kill()
    const others = KEYS.filter((each) => owners.get(each) !== dead)
    let isTold = false
    const taken = await until(
      async () => {
        const answers = await Promise.all(others.map(read))
        expect(answers.filter(({ status }) => status !== 200)).to.deep.equal([])
        const { status, body } = await get(at('/readyz'))
        expect(status).to.equal(200)
        isTold ||= JSON.stringify(body['waiting_for'] ?? []).includes(dead)
        return await store(key)
      },
      ({ status }) => status === 200,
      TAKEN_OVER_MAX_MS,
    )
    expect(taken.body['node']).not.to.equal(dead)
    expect(isTold, 'who is waited for').to.equal(true)
    const ready = await until(
      () => get(at('/readyz')),
      ({ body }) => body['waiting_for'] === undefined,
      TAKEN_OVER_MAX_MS,
    )
    expect(ready.status).to.equal(200)
    for (const each of KEYS) expect((await read(each)).status, each).to.equal(200)
  })
})

/** Some keys that are in these slots of a cluster, or shortly behind them. */
function keysIn(slots: readonly number[], width: number): readonly string[] {
  const found = (from: number) =>
    Iterator.from(numbers())
      .map((index) => `n:${index}`)
      .filter((key) => {
        const slot = hashSlotOf(slotOf(key))
        return slot >= from && slot < from + width
      })
      .take(5)
  return slots.flatMap((from) => [...found(from)])
}

function* numbers(): Generator<number> {
  for (let number = 0; ; number++) yield number
}

/** One after the other, each until it is answered. @returns how many were. */
async function countOn(url: string, moving: AbortController): Promise<number> {
  let count = 0
  do {
    const headers = { 'content-type': 'application/json', 'idempotency-key': String(count) }
    let answer: Response
    do answer = await fetch(url, { method: 'POST', headers, body: '{}' })
    while (answer.status === 503)
    expect(answer.status).to.equal(200)
    count++
  } while (!moving.signal.aborted)
  return count
}
