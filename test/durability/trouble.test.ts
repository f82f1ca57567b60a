/** A disk that stops taking writes under a running node: what is served, what is said, and what comes back. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { type Answer, DiskNode } from './disk-node.ts'

/** Twice what a file takes that has nothing in it yet. */
const FILE_BYTES_MAX = 200_000

/** From now on a write beyond this size fails in each of its files, as on a full disk; "unlimited" ends that. */
function limitFiles({ process }: DiskNode, most: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${most}:`])
  if (status !== 0) throw new Error(`prlimit: ${stderr}`)
}

/** Linux has it everywhere; elsewhere there is no disk that can be filled at will. */
function needLimits(context: Mocha.Context): void {
  if (spawnSync('prlimit', ['--version']).error === undefined) return
  if (process.env['CI']) throw new Error('prlimit is not installed')
  context.skip()
}

function readiness(node: DiskNode): Promise<Answer> {
  return node.call('GET', '/readyz')
}

async function becomesUnready(node: DiskNode, why: string): Promise<void> {
  const { text } = await until(
    () => readiness(node),
    ({ status }) => status === 503,
  )
  expect(JSON.parse(text).detail).to.include('The disk does not take writes').and.include(why)
  expect(await node.metric('larder_disk_failing')).to.equal(1)
  expect(node.logged('the disk fails; serving from memory')).to.have.length(1)
}

async function recovers(node: DiskNode): Promise<void> {
  await until(
    () => readiness(node),
    ({ status }) => status === 200,
  )
  expect(await node.metric('larder_disk_failing')).to.equal(0)
  expect(node.logged('the disk takes writes again')).to.have.length(1)
}

describe('a node whose disk gets full', () => {
  before(function () {
    needLimits(this)
  })

  it('refuses writes and goes on reading with an interval of 0, until there is room', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '0' })
    await node.put('first', 'kept')
    limitFiles(node, FILE_BYTES_MAX)
    const saved: string[] = []
    const fill = async (index: number): Promise<number> => {
      const status = await node.put(`k${index}`, 'x'.repeat(8000))
      if (status === 201) saved.push(`k${index}`)
      return status
    }
    for (let index = 0; (await fill(index)) === 201; index++) expect(index).to.be.below(100)
    expect(saved).to.have.length.above(1)
    await becomesUnready(node, 'I/O error')
    const refused = await node.increment('jam', '1')
    expect(refused.status).to.equal(503)
    expect(JSON.parse(refused.text)).to.include({ code: 'NOT_SAVED' })
    expect(await node.total('jam')).to.equal(undefined)
    expect(await node.value('first')).to.equal('kept')
    limitFiles(node, 'unlimited')
    await recovers(node)
    expect((await node.increment('jam', '1')).text).to.equal('1')
    await node.kill()
    await node.start()
    for (const key of saved) expect(await node.value(key), key).to.have.length(8000)
    expect(await node.total('jam')).to.equal('1')
  })

  it('serves all from memory with an interval, and writes what has waited once there is room', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '100' })
    limitFiles(node, FILE_BYTES_MAX)
    for (let index = 0; index < 20; index++) await node.put(`k${index}`, 'x'.repeat(8000))
    await becomesUnready(node, 'I/O error')
    expect((await node.increment('jam', '1')).text).to.equal('1')
    expect(await node.value('k0')).to.have.length(8000)
    limitFiles(node, 'unlimited')
    await recovers(node)
    await until(
      () => node.metric('larder_disk_waiting_rows'),
      (rows) => rows === 0,
    )
    await until(
      () => node.metric('larder_disk_written_rows_total'),
      (rows) => rows >= 21,
    )
    await node.kill()
    await node.start()
    for (let index = 0; index < 20; index++) expect(await node.value(`k${index}`)).to.have.length(8000)
    expect(await node.total('jam')).to.equal('1')
  })

  it('says at its end what it could not write, and does not exit with 0', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '100' })
    limitFiles(node, 4096)
    await node.increment('jam', '1')
    await becomesUnready(node, 'I/O error')
    expect((await node.stop()).code).to.equal(1)
    expect(node.process.stderr).to.include('1 rows are lost').and.include('jam').and.include('I/O error')
  })
})

describe('a node whose file another program has locked', () => {
  it('refuses writes and goes on reading with an interval of 0, until it is free', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '0', PEER_TIMEOUT_MS: '300' })
    await node.increment('jam', '1')
    {
      using other = node.open()
      other.exec('BEGIN IMMEDIATE')
      const waited = await node.increment('jam', '1')
      expect(JSON.parse(waited.text)).to.include({ status: 503, code: 'NOT_SAVED' })
      await becomesUnready(node, 'locked')
      const refused = await node.increment('jam', '1')
      expect(JSON.parse(refused.text).detail).to.include('Nothing was applied')
      expect((await node.call('GET', '/api/v1/counters/jam')).status).to.equal(200)
      other.exec('ROLLBACK')
    }
    await recovers(node)
    // The one that was applied, but could not be acknowledged in time, is on disk by now too.
    expect((await node.increment('jam', '1')).text).to.equal('3')
    await node.kill()
    expect(node.numbers()).to.deep.equal({ jam: 3n })
  })

  it('keeps on counting with an interval', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '100' })
    {
      using other = node.open()
      other.exec('BEGIN IMMEDIATE')
      await node.increment('jam', '1')
      await becomesUnready(node, 'locked')
      expect((await node.increment('jam', '1')).text).to.equal('2')
      other.exec('ROLLBACK')
    }
    await recovers(node)
    expect((await node.stop()).code).to.equal(0)
    expect(node.numbers()).to.deep.equal({ jam: 2n })
  })

  it('says when it is stopped what it could not write, and does not exit with 0', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '60000' })
    await node.increment('jam', '1')
    await node.put('salt', 'fine')
    using other = node.open()
    other.exec('BEGIN IMMEDIATE')
    expect((await node.stop()).code).to.equal(1)
    expect(node.process.stderr).to.include('2 rows are lost').and.include('locked')
    expect(node.process.stderr).to.include('jam').and.include('salt')
  })
})

describe('a node whose file is deleted', () => {
  it('says so, serves from memory, and names at its end what is lost', async () => {
    await using node = await DiskNode.start({ SYNC_INTERVAL_MS: '100' })
    rmSync(node.path)
    await node.increment('jam', '1')
    await becomesUnready(node, 'moved or deleted')
    expect(await node.total('jam')).to.equal('1')
    expect((await node.stop()).code).to.equal(1)
    expect(node.process.stderr).to.include('1 rows are lost').and.include('jam')
  })
})

const REFUSE = `CREATE TRIGGER picky BEFORE INSERT ON counters WHEN new.key = 'bad'
  BEGIN SELECT RAISE(ABORT, 'not this one'); END`

describe('a node with a row that cannot be written', () => {
  const start = async (intervalMs: string): Promise<DiskNode> => {
    const node = await DiskNode.start({ SYNC_INTERVAL_MS: intervalMs })
    await node.stop()
    node.tamper(REFUSE)
    await node.start()
    return node
  }
  const set = async (node: DiskNode): Promise<void> => {
    await until(
      () => node.metric('larder_disk_row_failures_total'),
      (count) => count === 1,
    )
    const [line] = node.logged('rows are set aside: the disk does not take them')
    expect(JSON.stringify(line?.['rows'])).to.include('bad').and.include('not this one')
    expect(await node.metric('larder_disk_aside_rows')).to.equal(1)
    expect((await readiness(node)).status).to.equal(200)
  }

  it('refuses this one alone with an interval of 0', async () => {
    await using node = await start('0')
    const [bad, good] = await Promise.all([node.increment('bad', '1'), node.increment('good', '1')])
    expect(JSON.parse(bad.text)).to.include({ status: 503, code: 'NOT_SAVED' })
    expect(good.text).to.equal('1')
    await set(node)
    expect(node.numbers()).to.deep.equal({ good: 1n })
  })

  it('sets this one aside with an interval, and names it at its end', async () => {
    await using node = await start('50')
    await node.increment('bad', '1')
    await node.increment('good', '1')
    await set(node)
    await until(
      async () => node.numbers(),
      ({ good }) => good === 1n,
    )
    expect((await node.stop()).code).to.equal(1)
    expect(node.process.stderr).to.include('1 rows are lost').and.include('bad')
  })

  it('writes it at its end, if that is possible by then', async () => {
    await using node = await start('50')
    await node.increment('bad', '7')
    await set(node)
    node.tamper('DROP TRIGGER picky')
    expect((await node.stop()).code).to.equal(0)
    expect(node.numbers()).to.deep.equal({ bad: 7n })
  })
})
