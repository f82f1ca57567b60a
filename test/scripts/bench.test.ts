/** The benchmark itself, with real processes and hardly any time. */

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Generator } from '../../scripts/bench/generator.ts'
import { groups } from '../../scripts/bench/groups.ts'
import { measureRows } from '../../scripts/bench/rows.ts'
import { Stand } from '../../scripts/bench/stand.ts'
import { freePorts } from '../support/ports.ts'
import { TestProcess } from '../support/process.ts'
import { childrenOf } from '../support/process-tree.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const PATIENCE_MS = 60_000

describe('scripts: bench', function () {
  this.timeout(PATIENCE_MS)
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-test-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  for (const args of [['many'], ['1', '-2'], ['overload', 'rain']]) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      const { code, stderr } = await bench(args, 1).finished()
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })
  }

  for (const group of groups)
    it(`measures what it has of "${group.name}" beside a bare server that gives the same answers`, async () => {
      const [first] = await freePorts(1)
      const interrupted = new AbortController().signal
      await using stand = await Stand.open({ cores: undefined, port: first, interrupted })
      const rows = (await group(stand)).filter(({ load }) => load.idle === undefined)
      const rounds = { seconds: 0.02, rounds: 1, progress: () => {} }
      const measured = await measureRows(rows, new Generator(stand), rounds)
      expect(measured).to.have.lengthOf(rows.length).that.is.above(0)
      for (const { row, samples } of measured) {
        expect(samples[0]?.rate, row.name).to.be.above(0)
        expect(samples[0]?.CPU, row.name).to.be.above(0)
        expect(samples[0], row.name).to.include({ failed: 0, problem: undefined })
      }
    })

  it('asks for three times what a node can do, and leaves nothing behind', async () => {
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await bench(['overload', 'post', '0.2'], port).finished()
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^\| three times +\| +\d+ \| +\d+ \|/m)
    expect(stdout).to.match(/^- goal 9: /m)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('measures the client beside ioredis, and leaves nothing behind', async function () {
    needTool(this, 'redis-server')
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await bench(['client', '0.05', '1'], port).finished()
    expect(code, stderr).to.equal(0)
    for (const who of ['one node', 'four nodes, their owners', 'four nodes, any', 'ioredis, redis-server'])
      expect(stdout).to.match(new RegExp(`^\\| get +\\| +1000 \\| ${who} +\\| +\\d+ \\|`, 'm'))
    expect(stdout.match(/^- [gs]et, 1,000 at once/gm)).to.have.lengthOf(4)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('measures a node over Redis, and leaves nothing behind', async function () {
    needTool(this, 'redis-server')
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await bench(['engine', '0.05', '1'], port).finished()
    expect(code, stderr).to.equal(0)
    for (const row of ['GET', 'POST', 'increment', 'batch of get', 'batch of set'])
      expect(stdout).to.match(new RegExp(`^\\| Larder, ${row} +\\| +\\d+ \\|`, 'm'))
    expect(stdout.match(/^- batch of [gs]et: /gm)).to.have.lengthOf(2)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('measures hits beside a bare server, another node and nginx where it is, and leaves nothing behind', async () => {
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await bench(['hits', '0.05', '1'], port).finished()
    expect(code, stderr).to.equal(0)
    for (const row of ['bare node:http, 1 kB', 'a hit at the owner', 'a hit through another node'])
      expect(stdout).to.match(new RegExp(`^\\| +6? +\\| ${row} +\\| +\\d+ \\|`, 'm'))
    expect(stdout).to.match(/^- (nginx is not installed|a hit at the owner: [\d.]+ of the CPU of nginx)/m)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('measures the listing of many keys, and leaves nothing behind', async () => {
    const [port] = await freePorts(1)
    const { code, stdout, stderr } = await bench(['keys', '3000', '0.2'], port).finished()
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^3000 keys in \d+ pages/m)
    expect(stdout).to.match(/^3000 keys are forgotten after \d+ ms/m)
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const [port] = await freePorts(1)
    await using running = bench(['soak'], port)
    const children = await until(
      () => childrenOf(running.pid),
      ({ length }) => length === 2,
    )
    expect(await readdir(folder)).to.have.lengthOf(1)
    const { code } = await running.stop()
    expect(code).to.equal(1)
    expect(running.stderr).to.match(/bench: interrupted\n$/)
    expect(await readdir(folder)).to.deep.equal([])
    for (const child of children) expect(() => process.kill(child, 0)).to.throw('ESRCH')
  })

  function bench(args: readonly string[], port: number): TestProcess {
    const environment = { TMPDIR: folder, PORT: `${port}` }
    return new TestProcess(process.execPath, ['scripts/bench.ts', ...args], { environment })
  }
})
