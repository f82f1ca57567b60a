/** A member that was killed and comes back with what its disk had then, while the others have gone on. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { Cluster, keysOf, ownerOf, post } from '../support/cluster.ts'

interface Result {
  readonly data?: unknown
  readonly value?: string
}

async function batch(url: string, ops: readonly object[]): Promise<Result[]> {
  const { body } = await post(`${url}/api/v1/batch`, { ops })
  return body['results'] as Result[]
}

async function newFolder(folders: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-old-disk-'))
  return folders.adopt(folder, (path) => rm(path, { recursive: true, force: true }))
}

describe('a member that starts with an old disk', () => {
  it('brings back neither what was deleted nor what was changed since, and counts nothing twice', async () => {
    // Until the members that write there have ended.
    await using folders = new AsyncDisposableStack()
    const folder = await newFolder(folders)
    const ids = ['a', 'b', 'c']
    await using cluster = await Cluster.start({ ids: ['a', 'b'] })
    const disk = { DATA_DIR: folder, SYNC_INTERVAL_MS: '0' }
    await cluster.join('c', disk)
    await cluster.settle()
    const keys = ids.flatMap((id) => keysOf(id, ids, 8))
    const counters = ids.flatMap((id) => keysOf(id, ids, 16).slice(8))
    const url = cluster.url('a')
    await batch(
      url,
      keys.flatMap((key, index) => [
        { op: 'set', key, data: 'old' },
        { op: 'increment', key: counters[index] ?? '', by: 3 },
      ]),
    )
    // As if it had been killed: its disk keeps what it had then.
    const frozen = await newFolder(folders)
    const database = new DatabaseSync(join(folder, 'c.db'), { readOnly: true })
    await backup(database, join(frozen, 'c.db'))
    database.close()
    await cluster.leave('c')
    await cluster.settle()
    const isDeleted = (index: number) => index % 2 === 0
    await batch(
      url,
      keys.flatMap((key, index) =>
        isDeleted(index)
          ? [{ op: 'delete', key }]
          : [
              { op: 'set', key, data: 'new' },
              { op: 'increment', key: counters[index] ?? '', by: 4 },
            ],
      ),
    )
    for (const [index, key] of counters.entries())
      if (isDeleted(index)) await fetch(`${url}/api/v1/counters/${key}`, { method: 'DELETE' })
    await cluster.join('c', { ...disk, DATA_DIR: frozen })
    await cluster.settle()
    for (const id of ids) {
      const values = await batch(
        cluster.url(id),
        keys.map((key) => ({ op: 'get', key })),
      )
      expect(values.map(({ data }) => data)).to.deep.equal(
        keys.map((_, index) => (isDeleted(index) ? null : 'new')),
      )
      const totals = await batch(
        cluster.url(id),
        counters.map((key) => ({ op: 'counter', key })),
      )
      expect(totals.map(({ value }) => value)).to.deep.equal(
        counters.map((_, index) => (isDeleted(index) ? undefined : '7')),
      )
    }
    expect(keys.filter((key) => ownerOf(key, ids) === 'c')).to.have.lengthOf(8)
  })
})
