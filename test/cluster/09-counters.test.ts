/** Counters through any node: nothing is lost, nothing counts twice, and the answers are those of the owner. */
import { expect } from 'chai'
import { Cluster, keysOf, post } from '../support/cluster.ts'

const ids = ['a', 'b', 'c', 'd']
const CLIENTS = 200
const ADDS_EACH = 10
const MAX = 2n ** 63n - 1n

/** So that every node is asked, and asked for counters of every other. */
function pick<T>(choices: readonly T[], index: number): T {
  const choice = choices[index % choices.length]
  if (choice === undefined) throw new RangeError('there is no choice')
  return choice
}

describe('counters in a cluster of four', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start({ ids, node: { PEER_TIMEOUT_MS: '15000' } })
  })
  after(() => cluster[Symbol.asyncDispose]())

  const target = (id: string, key: string) => `${cluster.url(id)}/api/v1/counters/${encodeURIComponent(key)}`
  const add = async (id: string, key: string, by: bigint, once?: string) => {
    const headers = { 'content-type': 'application/json', ...(once && { 'idempotency-key': once }) }
    const response = await fetch(target(id, key), { method: 'POST', headers, body: `{"by":"${by}"}` })
    expect(response.status).to.equal(200)
    return await response.text()
  }
  const totals = async (key: string) => {
    const answers = await Promise.all(ids.map(async (id) => (await fetch(target(id, key))).json()))
    return answers.map((answer) => (answer as { value?: string }).value)
  }

  it('have the exact sum of what 200 clients add at once through all nodes', async () => {
    const keys = ids.flatMap((id) => keysOf(id, ids, 2))
    const expected = new Map(keys.map((key) => [key, 0n]))
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let index = 0; index < ADDS_EACH; index++) {
        const key = pick(keys, client * 7 + index)
        const by = 2n ** 40n * BigInt(client) - 2n ** 39n * BigInt(index)
        expected.set(key, (expected.get(key) ?? 0n) + by)
        await add(pick(ids, client + index), key, by)
      }
    })
    await Promise.all(clients)
    for (const [key, sum] of expected)
      expect(await totals(key), key).to.deep.equal(Array(ids.length).fill(String(sum)))
  })

  it('count once what is sent twice with its Idempotency-Key, later or at once, through whichever nodes', async () => {
    const keys = ids.map((id) => keysOf(id, ids, 3)[2] ?? '')
    const expected = new Map(keys.map((key) => [key, 0n]))
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let index = 0; index < ADDS_EACH; index++) {
        const [key, by] = [pick(keys, client + index), BigInt(client - index)]
        expected.set(key, (expected.get(key) ?? 0n) + by)
        const send = (shift: number) => add(pick(ids, client + shift), key, by, `${client} ${index}`)
        if (index % 5 > 0) await send(0)
        else if (client % 2 === 0) expect(await send(0)).to.equal(await send(1))
        else expect(new Set(await Promise.all([send(1), send(2)])).size).to.equal(1)
      }
    })
    await Promise.all(clients)
    for (const [key, sum] of expected)
      expect(await totals(key), key).to.deep.equal(Array(ids.length).fill(String(sum)))
  })

  it('stay exact at the ends of 64 bits through every node', async () => {
    for (const owner of ids) {
      const key = keysOf(owner, ids, 4)[3] ?? ''
      await add('a', key, MAX)
      for (const id of ids) {
        const refused = await post(target(id, key), { by: 1 })
        expect(refused).to.have.nested.property('body.code', 'OUT_OF_RANGE')
        expect(refused.status).to.equal(409)
      }
      expect(await totals(key)).to.deep.equal(Array(ids.length).fill(String(MAX)))
    }
  })

  it('are forgotten through any node', async () => {
    for (const [index, key] of ids.flatMap((id) => keysOf(id, ids, 5).slice(4)).entries()) {
      await add(pick(ids, index), key, 5n)
      for (let time = 1; time <= 2; time++)
        expect((await fetch(target(pick(ids, index + time), key), { method: 'DELETE' })).status).to.equal(204)
      expect(await totals(key)).to.deep.equal(Array(ids.length).fill(undefined))
      expect(await add(pick(ids, index), key, 1n)).to.include('"value":"1"')
    }
  })

  it('have any text for a name through every node', async () => {
    for (const key of ['900,1),(901', '__proto__', 'a\0b', '\u{1f525}', 'a/b', ' ']) {
      for (const id of ids) await add(id, key, 1n, 'first of each')
      for (const id of ids) await add(id, key, 1n, `of ${id}`)
      expect(await totals(key), key).to.deep.equal(Array(ids.length).fill('5'))
    }
  })
})
