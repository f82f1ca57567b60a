/**
 * How Larder does in the public tests of HTTP caches (the npm package `http-cache-tests`), judged from outside as they judge
 * others: their server behind a node with one route for all paths, and their client before it. Prints the score, and what was
 * not passed of what is required; exits 1 where it is worse than it has to be.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import fetch from 'node-fetch'
import { pause, systemClock } from '../shared/clock.ts'
import { showHelp } from './help.ts'

const USAGE = `usage: npm run http-cache -- FOLDER

The public tests of HTTP caches against a node; FOLDER is that of the package http-cache-tests, which is nobody's dependency:

  npm install --no-save --ignore-scripts --prefix DIR http-cache-tests@0.4.5
  npm run http-cache -- DIR/node_modules/http-cache-tests`

/** The best score that is published for any shared cache. */
const PASSED_MIN = 141
const FAILED_MAX = 10
/** So many tests at once that a machine with little to spare answers all of them. */
const AT_ONCE = 25

interface Test {
  readonly id: string
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly browser_only?: boolean
}

type Suites = readonly { readonly tests: readonly Test[] }[]

/** What it takes of the package. */
interface Package {
  readonly suites: Suites
  run(base: string): Promise<Readonly<Record<string, unknown>>>
  /** As its pages show it, like ✅. */
  verdictOf(id: string, results: Readonly<Record<string, unknown>>): string
}

async function load(folder: string): Promise<Package> {
  const file = (path: string) => pathToFileURL(join(folder, path)).href
  const { default: suites }: { default: Suites } = await import(file('tests/index.mjs'))
  const { runTests, getResults } = await import(file('client/runner.mjs'))
  const { determineTestResult } = await import(file('lib/display.mjs'))
  return {
    suites,
    async run(base) {
      await runTests(suites, fetch, false, base, AT_ONCE)
      return getResults()
    },
    verdictOf: (id, results) => determineTestResult(suites, id, results)[2],
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await once(server.close(), 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function until(url: string): Promise<void> {
  for (;;) {
    const isThere = await fetch(url).then(
      ({ status }) => status < 500,
      () => false,
    )
    if (isThere) return
    await pause(systemClock, 50)
  }
}

function start(entry: string, cwd: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const env = { ...process.env, ...environment }
  return spawn(process.execPath, [entry], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Runs them all before a node of its own. */
async function judged(folder: string, tests: Package): Promise<Readonly<Record<string, unknown>>> {
  const [theirs, ours] = [await freePort(), await freePort()]
  const scratch = await mkdtemp(join(tmpdir(), 'larder-http-cache-'))
  const upstream = `http://localhost:${theirs}/{rest...}`
  const route = { type: 'all', path: '/{rest...}', upstream, ttl: 0, freshness: 'upstream' }
  const ROUTES_FILE = join(scratch, 'routes.json')
  await writeFile(ROUTES_FILE, JSON.stringify({ routes: [{ ...route, tenant: 'none', unsafe: 'pass' }] }))
  const settings = { PORT: String(ours), DATA_DIR: 'off', ROUTES_FILE }
  const npm = { protocol: 'http', port: String(theirs), pidfile: join(scratch, 'pid') }
  const config = Object.fromEntries(Object.entries(npm).map(([name, value]) => [`npm_config_${name}`, value]))
  const processes = [
    start('server/server.mjs', folder, config),
    start('node/main.ts', process.cwd(), settings),
  ]
  try {
    await until(`http://localhost:${theirs}/`)
    await until(`http://127.0.0.1:${ours}/readyz`)
    return await tests.run(`http://127.0.0.1:${ours}`)
  } finally {
    for (const one of processes) one.kill()
    await Promise.all(processes.map((one) => one.exitCode ?? once(one, 'exit')))
    await rm(scratch, { recursive: true })
  }
}

function tell({ suites, verdictOf }: Package, results: Readonly<Record<string, unknown>>): void {
  const counts = new Map<string, number>()
  for (const { id, kind = 'required', browser_only: isOthers } of suites.flatMap(({ tests }) => tests)) {
    if (isOthers) continue
    const verdict = verdictOf(id, results)
    const name = `${kind} ${verdict}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
    if (kind === 'required' && verdict !== '✅') console.log(verdict, id, JSON.stringify(results[id]))
  }
  for (const [name, count] of [...counts].sort()) console.log(`${name} ${count}`)
  const [passed = 0, failed = 0] = ['✅', '⛔️'].map((verdict) => counts.get(`required ${verdict}`))
  if (passed >= PASSED_MIN && failed <= FAILED_MAX) return
  console.error(`At least ${PASSED_MIN} have to pass, and at most ${FAILED_MAX} may fail.`)
  process.exitCode = 1
}

showHelp(process.argv.slice(2), USAGE)
const [, , given] = process.argv
if (given === undefined) {
  console.error(USAGE)
  process.exitCode = 1
} else {
  const folder = resolve(given)
  const tests = await load(folder)
  tell(tests, await judged(folder, tests))
}
