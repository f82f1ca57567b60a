/** The file between two runs: what others find and change in it, and what never comes back from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { DiskNode } from './disk-node.ts'

const INCREMENTER = `CREATE TABLE numbers (key TEXT, value INTEGER DEFAULT 0);
  CREATE UNIQUE INDEX numbers_key_index ON numbers (key);`

describe('a node with a file of Incrementer', () => {
  it('takes its numbers over and goes on counting', async () => {
    await using node = await DiskNode.prepare()
    node.tamper(`${INCREMENTER} INSERT INTO numbers VALUES
      ('jam', 5), ('most', 9223372036854775806), ('owed', -7), ('none', 0)`)
    await node.start()
    expect(await node.total('jam')).to.equal('5')
    expect(await node.total('none')).to.equal('0')
    expect((await node.increment('most', '1')).text).to.equal('9223372036854775807')
    expect((await node.increment('owed', '7')).text).to.equal('0')
    await node.stop()
    expect(node.numbers()).to.deep.equal({ jam: 5n, most: 9223372036854775807n, owed: 0n, none: 0n })
  })
})

describe('a number that was changed by hand while the node was down', () => {
  it('counts from then on, once', async () => {
    await using node = await DiskNode.start()
    await Promise.all([node.increment('jam', '5'), node.increment('gone', '5'), node.increment('kept', '5')])
    await node.call('DELETE', '/api/v1/counters/gone')
    await node.stop()
    node.tamper(`UPDATE numbers SET value = 100 WHERE key = 'jam';
      INSERT INTO numbers VALUES ('new', -3), ('gone', 8)`)
    await node.start()
    expect(node.logged('numbers that others have changed in the file are taken over')[0]).to.include({
      adopted: 3,
    })
    expect((await node.increment('jam', '1')).text).to.equal('101')
    await node.restart()
    const totals = ['jam', 'kept', 'new', 'gone'].map((key) => node.total(key))
    expect(await Promise.all(totals)).to.deep.equal(['101', '5', '-3', '8'])
  })
})

describe('a number that was deleted by hand while the node was down', () => {
  it('and the total still agree after the next start', async () => {
    await using node = await DiskNode.start()
    await node.increment('jam', '5')
    await node.stop()
    node.tamper(`DELETE FROM numbers WHERE key = 'jam'`)
    await node.start()
    const total = await node.total('jam')
    await node.stop()
    expect(String(node.numbers()['jam'])).to.equal(String(total))
  })
})

describe('what was let go', () => {
  it('does not come back after a restart: values that the memory budget pushed out', async () => {
    await using node = await DiskNode.start({ MAX_BYTES: '64KiB', SYNC_INTERVAL_MS: '100' })
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`)
    for (const key of keys) await node.put(key, key.repeat(1000))
    for (const key of keys.slice(-5)) await node.call('DELETE', `/api/v1/kv/${key}`)
    const held = async () => {
      const values = await Promise.all(keys.map((key) => node.value(key)))
      return keys.filter((_, index) => values[index] !== undefined)
    }
    const before = await held()
    expect(before).to.have.length.within(5, 30)
    await node.restart()
    expect(await held()).to.deep.equal(before)
    await node.stop()
    using database = node.open()
    const { rows } =
      database.prepare('SELECT count(*) AS rows FROM registers WHERE body IS NOT NULL').get() ?? {}
    expect(rows).to.equal(before.length)
  })

  it('does not come back after kill -9 either, once that is on disk', async () => {
    await using node = await DiskNode.start({ MAX_BYTES: '64KiB', SYNC_INTERVAL_MS: '0' })
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`)
    for (const key of keys) await node.put(key, key.repeat(1000))
    await until(
      () => node.metric('larder_disk_waiting_rows'),
      (rows) => rows === 0,
    )
    await node.put('last', 'one') // Whatever was forgotten before is in the transaction of this, or an earlier one.
    await node.kill()
    await node.start()
    expect(await node.value('k0')).to.equal(undefined)
    expect(await node.value('last')).to.equal('one')
  })

  it('goes also when the memory is smaller after a restart, and what was counted stays', async () => {
    await using node = await DiskNode.start()
    for (let index = 0; index < 40; index++) await node.put(`k${index}`, 'x'.repeat(4000))
    await node.increment('jam', '5')
    await node.restart({ MAX_BYTES: '32KiB' })
    expect(await node.metric('larder_entries{kind="values"}')).to.be.within(1, 8)
    expect(await node.total('jam')).to.equal('5')
    await node.restart()
    expect(await node.metric('larder_entries{kind="values"}')).to.be.within(1, 8)
  })
})

describe('a cluster that is stopped and started again', () => {
  it('has all of its totals', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'larder-'))
    const ids = ['a', 'b', 'c']
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`)
    const environment = { node: { DATA_DIR: folder } }
    try {
      {
        await using cluster = await ProcessCluster.start(ids, environment)
        for (const [index, key] of keys.entries()) {
          const { url } = cluster.member(ids[index % 3] ?? 'a')
          const body = new URLSearchParams({ key, value: String(index) })
          expect((await fetch(`${url}/increment`, { method: 'POST', body })).status).to.equal(200)
        }
        const ends = await Promise.all(ids.map((id) => cluster.member(id).process.stop()))
        expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0])
      }
      await using cluster = await ProcessCluster.start(ids, environment)
      const answers = keys.map((key) => fetch(`${cluster.member('b').url}/api/v1/counters/${key}`))
      const texts = await Promise.all(answers.map(async (answer) => (await answer).text()))
      expect(texts.map((text) => JSON.parse(text).value)).to.deep.equal(keys.map((_, index) => `${index}`))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
