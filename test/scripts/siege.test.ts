/** The siege: a real one, and made-up ones that show what it would notice. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { siegeKeys, siegeUrls } from '../../scripts/siege-urls.ts'
import { Cluster } from '../support/cluster.ts'
import { type Run, run, TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'

const PATIENCE_MS = 60_000

describe('scripts: siege', function () {
  this.timeout(PATIENCE_MS)

  it('finds every increment of a real siege on disk', async function () {
    needTool(this, 'siege')
    const { code, stdout, stderr } = await run('scripts/siege.sh', ['3S'])
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout)
      .to.match(/^Availability:\s+100\.00 %$/m)
      .and.include('PASS')
    const [counted, answered, kept] = [...stdout.matchAll(/^ {2}.{18} {3}(\d+)/gm)].map(([, sum]) =>
      Number(sum),
    )
    expect(counted).to.be.above(100)
    expect(answered).to.be.within(counted ?? 0, (counted ?? 0) + 200)
    expect(kept).to.equal(answered)
  })

  it('fails when the databases hold what nobody counted', async () => {
    const { code, stdout } = await besiege({ sent: 10, counted: 10, besides: 1 })
    expect(code, stdout).to.equal(1)
    expect(stdout).to.include('the databases hold other than what was answered')
  })

  it('is not held up by a siege that hangs', async () => {
    const { code, stdout } = await besiege({ sent: 12, counted: 10, hangsAt: 1 })
    expect(code, stdout).to.equal(0)
    expect(stdout).to.match(/it hangs.*PASS/s)
    expect(stdout).to.match(/the databases +hold +12$/m)
  })

  describe('of nodes that run already', () => {
    let cluster: Cluster
    before(async () => {
      cluster = await Cluster.start({ ids: ['a', 'b'] })
    })
    after(() => cluster[Symbol.asyncDispose]())

    for (const time of ['once', 'and once more']) {
      it(`compares with their counters, ${time}`, async () => {
        const { code, stdout } = await besiege({ sent: 12, counted: 10 }, nodesOf(cluster))
        expect(code, stdout).to.equal(0)
        expect(stdout).to.match(/the counters +hold +12$/m)
      })
    }

    it('forgives what siege has sent and not counted', async () => {
      const { code, stdout } = await besiege({ sent: 12, counted: 10 }, nodesOf(cluster))
      expect(code, stdout).to.equal(0)
      expect(stdout).to.include('here 2')
    })

    for (const [what, made] of Object.entries<MadeUp>({
      'siege counted what no node has answered': { sent: 10, counted: 11 },
      'siege sent nothing': { sent: 0, counted: 0 },
      'siege says nothing': { sent: 10 },
      'a request failed': { sent: 10, counted: 10, failed: 1 },
      'the counters hold what nobody counted': { sent: 10, counted: 10, besides: 1 },
    })) {
      it(`fails when ${what}`, async () => {
        const { code, stdout } = await besiege(made, nodesOf(cluster))
        expect(code, stdout).to.equal(1)
        expect(stdout).to.include('FAIL')
      })
    }
  })

  it('says so in one line where siege is not installed', async () => {
    const environment = { PATH: '/nowhere' }
    const { code, stdout, stderr } = await start(['3S'], environment).finished()
    expect(code).to.equal(127)
    expect(stderr).to.match(/^siege is not installed.*\n$/)
    expect(stdout).to.equal('')
  })

  for (const args of [['3'], ['0S'], ['S'], ['3S', 'here']]) {
    it(`explains itself when started with: ${args.join(' ')}`, async () => {
      const { code, stderr } = await start(args).finished()
      expect(code).to.equal(2)
      expect(stderr).to.include('usage:')
    })
  }
})

describe('scripts: the urls of a siege', () => {
  it('are the same for a seed, each for a key of its own, and go to every node', () => {
    const nodes = ['http://127.0.0.1:4000', 'http://127.0.0.1:4001']
    const lines = siegeUrls(nodes, 'salt').trimEnd().split('\n')
    expect(siegeUrls(nodes, 'salt').trimEnd().split('\n')).to.deep.equal(lines)
    expect(new Set(siegeKeys('salt'))).to.have.property('size', 1000)
    expect(siegeKeys('pepper')).to.not.have.members(siegeKeys('salt'))
    expect(lines).to.have.lengthOf(1000)
    for (const node of nodes) expect(lines.filter((line) => line.startsWith(node))).to.have.lengthOf(500)
    for (const line of lines) expect(line).to.match(/^http:\/\/[\d.:]+\/increment POST key=[a-z]+&value=1$/)
  })

  it('can be had as a file', async () => {
    const args = ['scripts/siege-urls.ts', '--seed', 'salt', 'http://127.0.0.1:4000']
    const { code, stdout } = await new TestProcess(process.execPath, args).finished()
    expect(code).to.equal(0)
    expect(stdout).to.equal(siegeUrls(['http://127.0.0.1:4000'], 'salt'))
  })
})

/** What a made-up siege does, and what it says that it did. */
interface MadeUp {
  readonly sent: number
  readonly counted?: number
  readonly failed?: number
  /** Sent to where the nodes do not count it as an increment of siege. */
  readonly besides?: number
  /** How often it has been run when it hangs. */
  readonly hangsAt?: number
}

function nodesOf(cluster: Cluster): string[] {
  return [cluster.url('a'), cluster.url('b')]
}

async function besiege(made: MadeUp, nodes: string[] = []): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-test-'))
  try {
    await writeFile(join(folder, 'siege'), madeUpSiege(made), { mode: 0o755 })
    return await start(['1S', ...nodes], { PATH: `${folder}:${process.env['PATH']}` }).finished()
  } finally {
    await rm(folder, { recursive: true })
  }
}

function madeUpSiege({ sent, counted, failed = 0, besides = 0, hangsAt = 0 }: MadeUp): string {
  const report = `Transactions: ${counted} hits\nAvailability: 100.00 %\nFailed transactions: ${failed}`
  return `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs'
const [option, file] = process.argv.slice(2)
if (option === '--version') process.exit()
const lines = readFileSync(file, 'utf8').split('\\n').map((line) => line.split(' '))
const form = { 'content-type': 'application/x-www-form-urlencoded' }
for (const [url, method, body] of lines.slice(0, ${sent})) await fetch(url, { method, headers: form, body })
for (const [url, method, form] of lines.slice(0, ${besides})) {
  const counter = new URL('/api/v1/counters/' + new URLSearchParams(form).get('key'), url)
  await fetch(counter, { method, headers: { 'content-type': 'application/json' }, body: '{"by":"1"}' })
}
appendFileSync(import.meta.filename + '.runs', '.')
if (readFileSync(import.meta.filename + '.runs').length === ${hangsAt}) setInterval(() => {}, 1000)
else console.error(${JSON.stringify(counted === undefined ? '' : report)})
`
}

function start(args: string[], environment: Record<string, string> = {}): TestProcess {
  return new TestProcess(process.execPath, ['scripts/siege.ts', ...args], { environment })
}
