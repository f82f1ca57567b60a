/** The documents, held to their word: examples are run, settings compared, files, links and metrics looked for. */
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import clientPackage from '../client/package.json' with { type: 'json' }
import { createEngineMetrics } from '../node/redis/metrics.ts'
import packageJson from '../package.json' with { type: 'json' }
import { Cluster } from './support/cluster.ts'
import { docs, type Page, pages, readme, transcriptOf } from './support/pages.ts'
import { needTool } from './support/tool.ts'

const ROOT = join(import.meta.dirname, '..')
const PORTS = [4000, 4001, 4002, 4003]
const README_BYTES_MAX = 12_000
/** An example that waits for what never comes is ended. */
const EXAMPLE_MAX_MS = 15_000

/** On all pages, what the pattern's group finds and nothing knows. */
function unknown(pattern: RegExp, isKnown: (name: string, page: Page) => boolean): string[] {
  return pages.flatMap((page) =>
    page
      .find(pattern)
      .filter((name) => !isKnown(name, page))
      .map((name) => `${page.path}: ${name}`),
  )
}

describe('the documents', () => {
  let cluster: Cluster
  let data: string
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'larder-docs-'))
    cluster = await Cluster.start({
      ids: PORTS.map((port) => `127.0.0.1:${port}`),
      // What an example looks for on disk is there at once.
      node: { DATA_DIR: data, SYNC_INTERVAL_MS: '0', RESP_PORT: '0' },
    })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await rm(data, { recursive: true })
  })

  /** Where what a command names is here. The names of files stay what they are. */
  function real(command: string): string {
    return command
      .replaceAll(/(?<!data\/127\.0\.0\.1:)\b400[0-3]\b/g, (port) =>
        String(new URL(cluster.url(`127.0.0.1:${port}`)).port),
      )
      .replaceAll(/\b4500\b/g, new URL(cluster.uplink.url).port)
      .replaceAll(' data/', ` ${data}/`)
  }

  for (const time of ['once', 'and again']) {
    describe(`have examples that say what happens, pasted ${time}:`, () => {
      before(function () {
        needTool(this, 'curl')
      })

      for (const { path, examples } of [readme, ...docs]) {
        for (const { commands, transcript } of examples) {
          it(`${path}: ${commands[0]?.slice(0, 100)}`, async function () {
            if (transcript.includes('sqlite3')) needTool(this, 'sqlite3')
            const script = commands.map((command) => `${real(command)}\nprintf '\\0'`).join('\n')
            const { stdout } = await promisify(execFile)('bash', ['-c', script], { timeout: EXAMPLE_MAX_MS })
            expect(transcriptOf(commands, stdout.split('\0'))).to.equal(transcript)
          })
        }
      }
    })
  }

  it('have examples, three at least in the README', () => {
    expect(readme.examples).to.have.lengthOf.at.least(3)
    const commands = docs.flatMap(({ examples }) => examples.flatMap((example) => example.commands))
    expect(commands.length).to.be.above(20)
  })

  it('begin with the question that a page answers, in the same words as the README', () => {
    expect(docs.filter(({ question }) => question === undefined).map(({ path }) => path)).to.deep.equal([])
    const rows = new Set(readme.find(/^(\| [^|]+ \| \[[^\]]+\]\([^)]+\))/gm))
    const missing = docs.filter(
      ({ question, titles, path }) => !rows.has(`| ${question} | [${titles[0]}](${path})`),
    )
    expect(missing.map(({ path }) => path)).to.deep.equal([])
  })

  it('have one title each', () => {
    expect(pages.filter(({ titles }) => titles.length !== 1).map(({ path }) => path)).to.deep.equal([])
  })

  it('have links that lead somewhere', () => {
    const lost = pages.flatMap((page) =>
      page.links.filter(({ path, anchor }) => {
        const target = pages.find((other) => other.path === path)
        return !existsSync(join(ROOT, path)) || (anchor !== undefined && !target?.anchors.includes(anchor))
      }),
    )
    expect(lost).to.deep.equal([])
    expect(docs.flatMap(({ links }) => links).length).to.be.above(10)
  })

  it('leave the README short', () => {
    expect(Buffer.byteLength(readme.text)).to.be.below(README_BYTES_MAX)
  })

  it('name every setting that is read, and none that is not', () => {
    const sources = globSync('{shared/*.ts,node/*.ts,uplink/config.ts}', { cwd: ROOT }).map((path) =>
      readFileSync(join(ROOT, path), 'utf8'),
    )
    const read = [...sources.join().matchAll(/\b(?:text|list|secrets|integer|bytes|isOn)\('([A-Z_]+)'/g)].map(
      ([, name]) => name,
    )
    const named = docs.flatMap((page) => page.find(/^\| `([A-Z_]+)` \| (?:node|uplink|both) \|/gm))
    expect(named.sort()).to.deep.equal([...new Set(read)].sort())
  })

  it('have nothing left to fill in', () => {
    expect(unknown(/^([A-Z]+_[A-Z_]+)$/gm, () => false)).to.deep.equal([])
  })

  it('name only files that exist', () => {
    const pattern = /(?:`|\.\/)((?:docs|node|shared|uplink|client|scripts|test)\/[\w./-]*\w)/g
    expect(docs.flatMap((page) => page.find(pattern)).length).to.be.above(30)
    expect(unknown(pattern, (path) => existsSync(join(ROOT, path)))).to.deep.equal([])
  })

  it('name only programs that npm can run', () => {
    const scriptsOf = ({ path }: Page) => (path.startsWith('client/') ? clientPackage : packageJson).scripts
    const isKnown = (name: string, page: Page) => Object.hasOwn(scriptsOf(page), name)
    expect(unknown(/npm run ([\w-]+)/g, isKnown)).to.deep.equal([])
  })

  it('name only metrics that exist', async () => {
    const pages = [cluster.url('127.0.0.1:4000'), cluster.uplink.url].map(async (url) =>
      (await fetch(`${url}/metrics`)).text(),
    )
    const overEngine = new Registry()
    createEngineMetrics(overEngine, () => 0)
    const told = (await Promise.all([...pages, overEngine.metrics()])).join()
    const pattern = /`(larder_\w+)`/g
    expect(docs.flatMap((page) => page.find(pattern)).length).to.be.above(6)
    expect(unknown(pattern, (name) => told.includes(`# HELP ${name} `))).to.deep.equal([])
  })
})
