/** Slots move while clients go on: nothing is lost, nothing comes back, and no request notices. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { SLOTS } from '../../shared/placement.ts'
import { Cluster, get, keyOf, post } from '../support/cluster.ts'

interface Result {
  readonly status: number
  readonly data?: unknown
  readonly value?: string
}

async function batch(url: string, ops: readonly object[]): Promise<Result[]> {
  const { body } = await post(`${url}/api/v1/batch`, { ops })
  return body['results'] as Result[]
}

const KEYS = Array.from({ length: 200 }, (_, index) => `pan:${index}`)

async function fill(url: string): Promise<void> {
  const ops = KEYS.flatMap((key, index) => [
    { op: 'set', key, data: key },
    { op: 'increment', key: `${key}:total`, by: index },
  ])
  expect(new Set((await batch(url, ops)).map(({ status }) => status))).to.deep.equal(new Set([200]))
}

async function expectAll(url: string): Promise<void> {
  const values = await batch(
    url,
    KEYS.map((key) => ({ op: 'get', key })),
  )
  expect(values.map(({ data }) => data)).to.deep.equal(KEYS)
  const totals = await batch(
    url,
    KEYS.map((key) => ({ op: 'counter', key: `${key}:total` })),
  )
  expect(totals.map(({ value }) => value)).to.deep.equal(KEYS.map((_, index) => String(index)))
}

/** Clients that write and read through some nodes until they are stopped; with whatever went wrong. */
class Clients {
  readonly wrong: string[] = []
  requests = 0
  readonly #cluster: Cluster
  readonly #through: readonly string[]
  #isOver = false
  readonly #running: readonly Promise<void>[]

  constructor(cluster: Cluster, through: readonly string[]) {
    this.#cluster = cluster
    this.#through = through
    this.#running = Array.from({ length: 16 }, (_, client) => this.#run(client))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
  }

  async #run(client: number): Promise<void> {
    const url = () => this.#cluster.url(this.#through[this.requests % this.#through.length] ?? '')
    for (let step = 1; !this.#isOver; step++) {
      const key = `client:${client}:${step % 12}`
      const written = await post(`${url()}/api`, { key, data: step })
      this.#check(written.status === 200, `write of ${key}: ${written.status} ${written.body['code']}`)
      const read = await get(`${url()}/api?key=${key}`)
      this.#check(read.body['data'] === step, `${key} is ${JSON.stringify(read.body)}, not ${step}`)
      const count = `count:${client}`
      const added = await post(`${url()}/api/v1/counters/${count}`, { by: 1 })
      this.#check(
        added.body['value'] === String(step),
        `${count} is ${JSON.stringify(added.body)}, not ${step}`,
      )
      const pan = KEYS[(client * 31 + step) % KEYS.length]
      const { status, body } = await get(`${url()}/api?key=${pan}`)
      this.#check(body['data'] === pan, `${pan}: ${status} ${JSON.stringify(body)}`)
      this.requests += 4
    }
  }

  #check(isRight: boolean, wrong: string): void {
    if (!isRight) this.wrong.push(wrong)
  }
}

for (const copies of [2, 1]) {
  describe(`members that come and go, with COPIES=${copies}`, () => {
    it('move no more slots than they must, while no client fails, misses or sees less than before', async () => {
      const four = ['a', 'b', 'c', 'd']
      await using cluster = await Cluster.start({ ids: four, uplink: { COPIES: String(copies) } })
      await fill(cluster.url('a'))
      const clients = new Clients(cluster, four.slice(0, 3))
      await pause(systemClock, 100)
      await cluster.join('e')
      await cluster.settle()
      expect((await cluster.viewOf('e')).slots.owned).to.be.within(1, (1.15 * SLOTS) / 5)
      await cluster.leave('d')
      await cluster.settle()
      await pause(systemClock, 100)
      await clients.stop()
      expect(clients.wrong).to.deep.equal([])
      expect(clients.requests).to.be.above(200)
      await expectAll(cluster.url('e'))
    })

    it('leave everything to the last one that stays', async () => {
      await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'], uplink: { COPIES: String(copies) } })
      await fill(cluster.url('a'))
      for (const id of ['b', 'a']) {
        await cluster.leave(id)
        await expectAll(cluster.url('c'))
      }
      await cluster.settle()
      await cluster.join('f')
      await expectAll(cluster.url('c'))
      await cluster.settle()
      await cluster.leave('c')
      await expectAll(cluster.url('f'))
    })
  })
}

describe('a slot that has just moved', () => {
  const [before, after] = [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]

  it('has its pages of reactions, from where a client had come to', async () => {
    await using cluster = await Cluster.start({ ids: before })
    const content = keyOf('c', after)
    const users = Array.from({ length: 120 }, (_, index) => `user ${String(index).padStart(3, '0')}`)
    const react = (user_id: string, action = 'add') => {
      const body = { type: 'reaction', action, content_id: content, user_id, reaction_type: 'fire' }
      return fetch(`${cluster.url('a')}/api/v1/reaction`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    }
    await Promise.all([...users, 'zzz'].map((user) => react(user)))
    await react('zzz', 'remove')
    const page = async (cursor: unknown) => {
      const query = `reaction_type=fire&limit=50${cursor ? `&cursor=${cursor}` : ''}`
      const { status, body } = await get(`${cluster.url('b')}/api/v1/reaction/users/${content}?${query}`)
      expect(status).to.equal(200)
      return { users: (body['users'] as { fire: string[] }).fire, cursor: body['cursor'] }
    }
    const first = await page(undefined)
    await cluster.join('c')
    const second = await page(first.cursor)
    await cluster.settle()
    const third = await page(second.cursor)
    expect([...first.users, ...second.users, ...third.users]).to.deep.equal(users)
    const { body } = await get(`${cluster.url('c')}/api/v1/reaction/reactions_count/${content}`)
    expect(body['reaction_count']).to.deep.equal({ fire: users.length })
    const { body: all } = await get(`${cluster.url('a')}/api/v1/activity`)
    expect(all['activity']).to.have.lengthOf(1)
  })

  it('gives the first answer again to an increment that is repeated with its Idempotency-Key', async () => {
    await using cluster = await Cluster.start({ ids: before })
    const key = keyOf('c', after)
    const add = async (through: string, once: string) => {
      const response = await fetch(`${cluster.url(through)}/api/v1/counters/${key}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': once },
        body: '{"by":5}',
      })
      return ((await response.json()) as { value: string }).value
    }
    expect(await add('a', 'first')).to.equal('5')
    expect(await add('b', 'second')).to.equal('10')
    await cluster.join('c')
    expect(await add('a', 'first')).to.equal('5')
    await cluster.settle()
    expect(await add('c', 'second')).to.equal('10')
    await cluster.leave('c')
    expect(await add('b', 'first')).to.equal('5')
    expect(await add('b', 'third')).to.equal('15')
  })
})
