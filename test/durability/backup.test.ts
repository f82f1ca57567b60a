/** Copies of the files of all members, taken as docs/operations.md says while they serve, bring back what was there then. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { ProcessCluster } from '../support/processes.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const IDS = ['a', 'b', 'c']
const KEYS = Array.from({ length: 60 }, (_, index) => `jar:${index}`)

interface Result {
  readonly data?: unknown
  readonly value?: string
}

describe('a backup', function () {
  this.timeout(120_000)
  let folder: string
  before(async function () {
    needTool(this, 'sqlite3')
    folder = await mkdtemp(join(tmpdir(), 'larder-backup-'))
  })
  after(async () => await rm(folder, { recursive: true }))

  it('taken while members serve brings back what was there, for all of them together', async () => {
    const [first, copies] = await Promise.all(['first', 'copies'].map((name) => mkdtemp(join(folder, name))))
    await using serving = await ProcessCluster.start(IDS, {
      node: { DATA_DIR: first, SYNC_INTERVAL_MS: '0' },
    })
    await until(
      () => Promise.all(IDS.map((id) => onTheWay(serving.member(id).url))),
      (slots) => slots.every((count) => count === 0),
    )
    const { url } = serving.member('a')
    await batch(
      url,
      KEYS.flatMap((key) => [
        { op: 'set', key, data: `in ${key}` },
        { op: 'increment', key: `${key}:opened`, by: 3 },
      ]),
    )
    const busy = keepCounting(url)
    for (const id of IDS)
      await promisify(execFile)('sqlite3', [`${first}/${id}.db`, `.backup '${copies}/${id}.db'`])
    const counted = await busy.stop()
    await batch(
      url,
      KEYS.flatMap((key, index) => [
        index % 2 === 0 ? { op: 'delete', key } : { op: 'set', key, data: 'spoilt' },
        { op: 'increment', key: `${key}:opened`, by: 100 },
      ]),
    )
    await serving[Symbol.asyncDispose]()

    await using restored = await ProcessCluster.start(IDS, { node: { DATA_DIR: copies } })
    const read = restored.member('b').url
    const values = await batch(
      read,
      KEYS.map((key) => ({ op: 'get', key })),
    )
    expect(values.map(({ data }) => data)).to.deep.equal(KEYS.map((key) => `in ${key}`))
    const totals = await batch(
      read,
      KEYS.map((key) => ({ op: 'counter', key: `${key}:opened` })),
    )
    expect(totals.map(({ value }) => value)).to.deep.equal(KEYS.map(() => '3'))
    const [{ value = '0' } = {}] = await batch(read, [{ op: 'counter', key: 'busy' }])
    expect(Number(value)).to.be.within(0, counted)
  })
})

/** How many slots a member waits for, or others wait for from it. */
async function onTheWay(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const counts = text.matchAll(/^larder_slots(?:\{role="arriving"\}|_short) (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** One increment after the other, so that the files change while they are copied. */
function keepCounting(url: string): { stop(): Promise<number> } {
  let isOver = false
  const running = (async () => {
    for (let count = 0; ; count++) {
      if (isOver) return count
      await batch(url, [{ op: 'increment', key: 'busy', by: 1 }])
    }
  })()
  return {
    async stop() {
      isOver = true
      return await running
    },
  }
}

async function batch(url: string, ops: readonly object[]): Promise<Result[]> {
  const response = await fetch(`${url}/api/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ops }),
  })
  const { results } = (await response.json()) as { results: (Result & { status: number })[] }
  expect(results.filter(({ status }) => status !== 200)).to.deep.equal([])
  return results
}
