/**
 * All keys of a cluster, listed a page at a time and forgotten, while members come, leave and are killed and other keys come
 * and go.
 */
import { expect } from 'chai'
import { post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const KEYS = 100_000
const MOVED_MAX_MS = 30_000
/** Nobody is to be dropped but who is killed, however little the machine can do. */
const PATIENT = { LEASE_MS: '15000' }

interface Page {
  readonly keys: readonly { readonly key: string; readonly bytes: number }[]
  readonly cursor?: string
}

describe('the keys of a cluster', function () {
  this.timeout(280_000)

  it('are told once each, if they are there all the time, and forgotten, while slots move', async () => {
    await using cluster = await ProcessCluster.start(['a', 'b', 'c'], {
      node: { DATA_DIR: 'off' },
      uplink: PATIENT,
    })
    const nodes = ['a', 'b']
    const url = (index: number) => cluster.member(nodes[index % nodes.length] ?? '').url
    await storeAll(url)

    const listed = new Set<string>()
    let twice = 0
    let cursor = ''
    let moving: Promise<unknown> = Promise.resolve()
    for (let index = 0; index === 0 || cursor !== ''; index++) {
      // In the course of the listing one member comes, one leaves, and one is killed.
      if (index === 20) moving = cluster.join('d')
      if (index === 40) moving = moving.then(() => cluster.member('c').process.stop())
      if (index === 70) moving = moving.then(() => cluster.member('d').process.kill())
      const page = await insist(`${url(index)}/api/v1/kv?limit=1000&cursor=${cursor}`)
      for (const { key } of page.keys) {
        if (!key.startsWith('dish:')) continue
        if (listed.has(key)) twice++
        listed.add(key)
      }
      cursor = page.cursor ?? ''
      const passing = Array.from({ length: 20 }, (_, one) => ({
        op: index % 2 ? 'take' : 'set',
        key: `passing:${one}`,
        data: 1,
      }))
      await post(`${url(index)}/api/v1/batch`, { ops: passing }).catch(() => {})
    }
    await moving
    expect({ listed: listed.size, twice }).to.deep.equal({ listed: KEYS, twice: 0 })

    const forgotten = await insist(`${url(0)}/api/v1/kv?prefix=dish:1`, { method: 'DELETE' })
    expect(forgotten).to.deep.equal({ deleted: 11_111 })
    expect(await insist(`${url(1)}/api/v1/kv?prefix=dish:1`)).to.deep.equal({ keys: [] })
    const left = await countOf(`${url(1)}/api/v1/kv?prefix=dish:`)
    expect(left).to.equal(KEYS - 11_111)
  })
})

async function storeAll(url: (index: number) => string): Promise<void> {
  for (let start = 0; start < KEYS; start += 1000) {
    const ops = Array.from({ length: 1000 }, (_, one) => ({
      // Counters are listed among the values.
      ...(one % 10 === 0 ? { op: 'increment' } : { op: 'set', data: one }),
      key: `dish:${start + one}`,
    }))
    const { body } = await post(`${url(start / 1000)}/api/v1/batch`, { ops })
    const statuses = (body as { results: { status: number }[] }).results.map(({ status }) => status)
    expect(new Set(statuses)).to.deep.equal(new Set([200]))
  }
}

/** A slot that is on its way is 503: whoever lists goes on from there, with the same cursor. */
async function insist(url: string, init: RequestInit = {}): Promise<Page> {
  const ask = async () => {
    const response = await fetch(url, init)
    return { status: response.status, text: await response.text() }
  }
  const { status, text } = await until(ask, ({ status }) => status !== 503, MOVED_MAX_MS)
  if (status !== 200) throw new Error(`${url}: ${status} ${text}`)
  return JSON.parse(text)
}

async function countOf(url: string): Promise<number> {
  let count = 0
  let cursor = ''
  do {
    const page = await insist(`${url}&limit=1000&cursor=${cursor}`)
    count += page.keys.length
    cursor = page.cursor ?? ''
  } while (cursor !== '')
  return count
}
