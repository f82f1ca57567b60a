/** The README, held to its word: its examples are run, its settings compared, its files looked for. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Cluster } from './support/cluster.ts'
import { needTool } from './support/tool.ts'

const ROOT = join(import.meta.dirname, '..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const PORTS = [4000, 4001, 4002, 4003]

interface Example {
  readonly command: string
  readonly output: string
}

function examples(): Example[] {
  const blocks = [...readme.matchAll(/^```console\n(.*?)^```/gms)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block.split(/^\$ /m).flatMap((text) => {
      const [command = '', ...output] = text.split('\n')
      return command === '' ? [] : [{ command, output: output.join('\n') }]
    }),
  )
}

describe('the README', () => {
  let cluster: Cluster
  let data: string
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'larder-readme-'))
    cluster = await Cluster.start({
      ids: PORTS.map((port) => `127.0.0.1:${port}`),
      node: { DATA_DIR: data, SYNC_INTERVAL_MS: '0' },
    })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await rm(data, { recursive: true })
  })

  describe('its examples, one after the other', () => {
    before(function () {
      needTool(this, 'curl')
    })

    for (const { command, output } of examples()) {
      it(command.slice(0, 100), async function () {
        if (command.startsWith('sqlite3')) needTool(this, 'sqlite3')
        const real = command
          .replace(' data/', ` ${data}/`)
          .replaceAll(/(?<!\/)127\.0\.0\.1:(40\d\d)/g, (id) => cluster.url(id).replace('http://', ''))
        const { stdout } = await promisify(execFile)('bash', ['-c', real])
        expect(stdout.trimEnd()).to.equal(output.trimEnd())
      })
    }

    it('are there', () => {
      expect(examples().length).to.be.above(8)
    })
  })

  it('names every setting that is read, and none that is not', () => {
    const sources = [
      'shared/config.ts',
      'node/config.ts',
      'node/sources/kafka/settings.ts',
      'uplink/config.ts',
    ].map((path) => readFileSync(join(ROOT, path), 'utf8'))
    const read = [...sources.join().matchAll(/\b(?:text|list|integer|bytes)\('([A-Z_]+)'/g)].map(
      ([, name]) => name,
    )
    const named = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
    expect([...new Set(named)].sort()).to.deep.equal([...new Set(read)].sort())
  })

  it('has nothing left to fill in', () => {
    expect(readme).to.not.match(/^[A-Z]+_[A-Z_]+$/m)
  })

  it('names only files that exist', () => {
    const paths = [...readme.matchAll(/`((?:node|shared|uplink|scripts|test)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    )
    expect(paths.length).to.be.above(10)
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([])
  })

  it('names only metrics that exist', async () => {
    const page = await (await fetch(`${cluster.url('127.0.0.1:4000')}/metrics`)).text()
    const names = [...readme.matchAll(/`(larder_\w+)`/g)].map(([, name = '']) => name)
    expect(names.length).to.be.above(6)
    expect(names.filter((name) => !page.includes(`# HELP ${name} `))).to.deep.equal([])
  })
})
