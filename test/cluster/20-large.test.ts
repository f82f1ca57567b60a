/** What is large travels too, whatever each member takes from its clients, and holds up nothing that is small. */
import { expect } from 'chai'
import { Cluster, get, keyOf, post } from '../support/cluster.ts'

const ids = ['a', 'b', 'c']
const MIB = 2 ** 20

async function put(url: string, key: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/octet-stream' }
  const { status } = await fetch(`${url}/api/v1/kv/${key}`, { method: 'PUT', headers, body })
  return status
}

async function lengthAt(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/kv/${key}`)
  return response.status === 200 ? (await response.arrayBuffer()).byteLength : -response.status
}

describe('a large value', () => {
  it('is copied, forwarded and read everywhere, though its owner takes no such requests itself', async () => {
    const patient = { PEER_TIMEOUT_MS: '10000' }
    await using cluster = await Cluster.start({ ids: ['b', 'c'], node: { ...patient, MAX_BODY: '1MiB' } })
    await cluster.join('a', { ...patient, MAX_BODY: '64MiB' })
    await cluster.settle()
    const [own, other] = [keyOf('a', ids), keyOf('b', ids)]
    const body = Buffer.alloc(30 * MIB, 'x')
    const small = Array.from({ length: 50 }, (_, index) =>
      post(`${cluster.url('a')}/api`, { key: `s${index}`, data: index }),
    )
    for (const key of [own, other]) expect(await put(cluster.url('a'), key, body)).to.equal(201)
    for (const { status } of await Promise.all(small)) expect(status).to.equal(200)
    for (const key of [own, other])
      for (const id of ids)
        expect(await lengthAt(cluster.url(id), key), `${key} at ${id}`).to.equal(body.length)
    expect(await cluster.metric('a', 'larder_slots_short')).to.equal(0)
    // What it has goes to the others in parts too.
    await cluster.leave('a')
    await cluster.settle()
    expect(await lengthAt(cluster.url('c'), own)).to.equal(body.length)
    for (let index = 0; index < 50; index++)
      expect((await get(`${cluster.url('b')}/api?key=s${index}`)).body['data']).to.equal(index)
  })
})
