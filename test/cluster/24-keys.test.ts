/**
 * All keys of a cluster, listed a page at a time and forgotten, while members come, leave and are killed and other keys come
 * and go.
 */
import { expect } from 'chai'
import { post } from '../support/cluster.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const KEYS = 100_000
/** Small ones, so that each change goes on beside very many of them. */
const PAGE = 40
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
    const url = (index: number) => cluster.member(index % 2 === 0 ? 'a' : 'b').url
    await storeAll(url)

    const stages = [
      { through: ['a', 'b', 'c'], change: async () => {} },
      { through: ['a', 'b', 'c'], change: () => cluster.join('d') },
      { through: ['a', 'b', 'd'], change: () => cluster.member('c').process.stop() },
      { through: ['a', 'b'], change: () => cluster.member('d').process.kill() },
    ]
    const listed = new Set<string>()
    let [twice, cursor, begun] = [0, '', 0]
    let changed: Promise<unknown> = Promise.resolve()
    for (let index = 0; index === 0 || cursor !== ''; index++) {
      // Each change begins beside the pages of its part of the keys, and is over before the next part.
      const stage = stages[Math.min(Math.floor((listed.size / KEYS) * stages.length), stages.length - 1)]
      if (stage === undefined) throw new RangeError('there is no such stage')
      if (stage === stages[begun]) {
        await changed
        changed = stage.change()
        begun++
      }
      const asked = cluster.member(stage.through[index % stage.through.length] ?? '').url
      const page = await insist(`${asked}/api/v1/kv?limit=${PAGE}&cursor=${cursor}`)
      for (const { key } of page.keys) {
        if (!key.startsWith('dish:')) continue
        if (listed.has(key)) twice++
        listed.add(key)
      }
      cursor = page.cursor ?? ''
      const passing = Array.from({ length: 20 }, (_, one) => ({
        op: index % 2 ? 'take' : 'set',
        key: `passing:${index - (index % 2)}:${one}`,
        data: 1,
      }))
      await post(`${asked}/api/v1/batch`, { ops: passing }).catch(() => {})
    }
    await changed
    expect({ listed: listed.size, twice }).to.deep.equal({ listed: KEYS, twice: 0 })

    const forgotten = await insist(`${url(0)}/api/v1/kv?prefix=dish:1`, { method: 'DELETE' })
    expect(forgotten).to.deep.equal({ deleted: 11_111 })
    expect(await countOf(`${url(1)}/api/v1/kv?prefix=dish:1`)).to.equal(0)
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
