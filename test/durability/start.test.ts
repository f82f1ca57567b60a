/** Starts that cannot be: one message that says why and what to do, an exit code of 1, and nothing is harmed. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { Environment } from '../../shared/config.ts'
import { freePorts } from '../support/ports.ts'
import type { TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'
import { DiskNode } from './disk-node.ts'

/** What it says when it does not start. */
async function refusal(process: TestProcess): Promise<string> {
  const { code, stderr } = await process.finished()
  expect(code, stderr).to.equal(1)
  expect(stderr, 'a message, not a stack').to.not.match(/^ +at /m)
  return stderr
}

/** What it says of a file that something was done to. */
async function refusalOf(prepare: (node: DiskNode) => void, environment?: Environment): Promise<string> {
  await using node = await DiskNode.prepare(environment)
  prepare(node)
  const message = await refusal(node.launch())
  expect(message).to.include(node.path)
  return message
}

function createForeign(node: DiskNode, sql: string): void {
  const database = new DatabaseSync(node.path)
  database.exec(sql)
  database.close()
}

describe('a node that cannot have its file', () => {
  it('says that the disk is full, and starts once it is not', async () => {
    await using node = await DiskNode.prepare()
    const message = await refusal(node.launch({}, 4))
    expect(message).to.match(/disk/)
    expect(message).to.include(node.path)
    await node.start()
    expect((await node.increment('jam', '1')).text).to.equal('1')
  })

  it('does not blame another node for a disk without any room', async () => {
    await using node = await DiskNode.prepare()
    expect(await refusal(node.launch({}, 0))).to.not.include('another node')
  })

  it('says which folder cannot be written', async () => {
    await using node = await DiskNode.prepare()
    const plain = join(node.folder, 'plain')
    writeFileSync(plain, '')
    const message = await refusal(node.launch({ DATA_DIR: join(plain, 'below') }))
    expect(message).to.include(join(plain, 'below')).and.include('DATA_DIR')
  })

  it('ends also where a folder says that it exists, and does not', async function () {
    if (process.platform !== 'linux') this.skip()
    await using node = await DiskNode.prepare()
    expect(await refusal(node.launch({ DATA_DIR: '/proc/pantry' }))).to.include('/proc/pantry')
  })

  it('says that there is a folder where its file should be', async () => {
    expect(await refusalOf((node) => mkdirSync(node.path))).to.include('cannot be written')
  })

  it('says that another program has locked the file, and starts once it has not', async () => {
    await using node = await DiskNode.start()
    await node.stop()
    {
      using other = node.open()
      other.exec('BEGIN EXCLUSIVE')
      expect(await refusal(node.launch())).to.include('locked by another program')
    }
    await node.start()
  })

  it('says that another node uses the file, which goes on undisturbed', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '0' })
    const [port] = await freePorts(1)
    const { process } = node
    expect(await refusal(node.launch({ PORT: String(port) }))).to.include('in use by another node')
    expect((await node.increment('jam', '2')).text).to.equal('2')
    expect((await process.stop()).code).to.equal(0)
  })

  it('says that the file is damaged, whether half of it is missing or a page of it is noise', async () => {
    await using node = await DiskNode.start()
    for (let index = 0; index < 40; index++) await node.put(`k${index}`, 'x'.repeat(10_000))
    await node.stop()
    const whole = readFileSync(node.path)
    expect(whole.length).to.be.above(300_000)
    truncateSync(node.path, whole.length / 2)
    expect(await refusal(node.launch())).to.include('damaged')
    const noisy = Buffer.from(whole).fill(0x5a, 8192, 12_288)
    writeFileSync(node.path, noisy)
    expect(await refusal(node.launch())).to.include('damaged')
    expect(readFileSync(node.path).equals(noisy), 'nothing has changed').to.equal(true)
    writeFileSync(node.path, whole)
    await node.start()
    expect(await node.value('k39')).to.have.length(10_000)
  })
})

describe('a node that finds a file of somebody else', () => {
  it('leaves alone what is not a database, however short it is', async () => {
    for (const text of ['hello\n', 'a list of things\n'.repeat(1000)]) {
      await using node = await DiskNode.prepare()
      writeFileSync(node.path, text)
      expect(await refusal(node.launch())).to.include('not a SQLite database')
      expect(readFileSync(node.path, 'utf8')).to.equal(text)
    }
  })

  it('leaves alone the database of another program', async () => {
    const sql = 'CREATE TABLE recipes (name TEXT); CREATE TABLE numbers (key TEXT, value INTEGER)'
    const message = await refusalOf((node) => createForeign(node, sql))
    expect(message).to.include('another program').and.include('recipes')
  })

  it('leaves alone a database that another program has signed', async () => {
    const message = await refusalOf((node) => createForeign(node, 'PRAGMA application_id = 77'))
    expect(message).to.include('another program')
  })

  it('leaves alone what a newer Larder has written', async () => {
    await using node = await DiskNode.start()
    await node.increment('jam', '3')
    await node.stop()
    node.tamper('PRAGMA user_version = 1000')
    expect(await refusal(node.launch())).to.include('newer Larder')
    node.tamper('PRAGMA user_version = 3')
    await node.start()
    expect(await node.total('jam')).to.equal('3')
  })
})

describe('a node with 300,000 rows on its disk', function () {
  this.timeout(60_000)

  it('tells at /readyz and in its log how far it is, and is ready when it is through', async () => {
    await using node = await DiskNode.start()
    await node.increment('seed', '5')
    await node.stop()
    node.tamper(`
      INSERT INTO counters (key, slot, value, state)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
      SELECT 'k' || i, counters.slot, 5, state FROM n, counters WHERE key = 'seed'`)
    const process = node.launch() // With the two rows in which the file notes its time.
    const probe = () => node.call('GET', '/readyz').catch(() => ({ status: 0, text: '' }))
    const reading = await until(probe, ({ text }) => / of 300003 rows/.test(text) || process.hasEnded)
    expect(reading.status).to.equal(503)
    expect(JSON.parse(reading.text).detail).to.match(/reading its disk: \d+ of 300003 rows/)
    expect((await node.call('GET', '/livez')).status).to.equal(200)
    await until(probe, ({ status }) => status === 200 || process.hasEnded)
    const progress = node.logged('reading the disk').map(({ read }) => Number(read ?? 0))
    expect(progress).to.have.length(4)
    for (const hundreds of [1, 2, 3])
      expect(progress[hundreds]).to.be.within(hundreds * 1e5, hundreds * 1e5 + 1000)
    expect(node.logged('the disk is read')[0]).to.include({ rows: 300_003 })
    expect(await node.metric('larder_entries{kind="counters"}')).to.equal(300_001)
    expect((await process.stop()).code).to.equal(0)
  })

  it('can be stopped while it reads', async () => {
    await using node = await DiskNode.start()
    await node.put('seed', 'x')
    await node.stop()
    node.tamper(`
      INSERT INTO registers
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
      SELECT 'v' || i, slot, time, origin, ends_at, content_type, body, NULL, NULL FROM n, registers WHERE id = 'vseed'`)
    const process = node.launch() // With the two rows in which the file notes its time.
    await process.says('reading the disk')
    expect(await process.stop()).to.include({ code: 0 })
    expect(process.stdout).to.not.include('the disk is read')
    using database = node.open()
    expect(database.prepare('SELECT count(*) AS rows FROM registers').get()?.['rows']).to.equal(300_001)
  })
})
