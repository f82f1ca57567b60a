/**
 * A siege that is counted twice: by siege, and by the totals that the cluster has kept.
 *
 * When its time is up, siege drops the request that each of its users waits for and does not count it, although
 * the node carries it out; no option of siege changes that. So the nodes are asked how many increments they have
 * answered. That may be more than siege counted, by one request a user at most; and it is this number that the
 * databases must hold, not one less and not one more.
 */
import { type ChildProcess, fork, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { pause, systemClock } from '../shared/clock.ts'
import { Settings } from '../shared/config.ts'
import { freePorts } from '../test/support/ports.ts'
import { showHelp } from './help.ts'
import { nodeProgram, uplinkProgram } from './programs.ts'
import { untilServing } from './readiness.ts'
import { siegeKeys, siegeUrls } from './siege-urls.ts'

const USERS = 200
/** Uplink and four nodes. */
const PROCESSES = 5
/** Two looks at the nodes this far apart see the same: nothing is on its way any more. */
const QUIET_MS = 500
/** A report that comes later than this does not come at all. */
const LATE_MS = 5000
const ATTEMPTS_MAX = 3

/** All that siege could say or do besides, which differs from one installation to the next. */
const OFF = ['verbose', 'color', 'json_output', 'show-logfile', 'logging', 'cookies', 'parser']

/** What is besieged. */
interface Target {
  readonly nodes: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** What these counters add up to, asked once, when the siege is over. */
  sum(keys: readonly string[]): Promise<number>
}

interface Report {
  readonly transactions: number
  readonly failed: number
  readonly availability: number
}

const Counters = z.object({ results: z.array(z.object({ value: z.string().optional() })) })

const USAGE =
  'usage: ./scripts/siege.sh [DURATION [NODE_URL...]]     default 20S; also 5M, 1H; --help, --version'

showHelp(process.argv.slice(2), USAGE)
const [duration = '20S', ...urls] = process.argv.slice(2)
const [, time, unit = ''] = /^([1-9]\d{0,3})([SMH])$/.exec(duration.toUpperCase()) ?? []
if (time === undefined || !urls.every((url) => URL.canParse(url))) {
  console.error(USAGE)
  process.exit(2)
}
const durationMs = Number(time) * ({ S: 1000, M: 60_000, H: 3_600_000 }[unit] ?? 0)
const folder = await mkdtemp(join(tmpdir(), 'larder-siege-'))
/**
 * At the end siege cancels its threads wherever they are. One that is just allocating leaves its arena locked, and
 * all others that share it hang (glibc has 8 arenas a CPU): an arena for each makes that rare.
 */
const siegeEnvironment = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C', MALLOC_ARENA_MAX: '1000' }
const dataDir = join(folder, 'data')
const children = { uplink: new Set<ChildProcess>(), node: new Set<ChildProcess>() }
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
try {
  process.exitCode = await main()
} catch (error) {
  console.error(`siege: ${interrupted.signal.aborted ? 'interrupted' : error}`)
  process.exitCode = 1
} finally {
  await stopAll()
  await rm(folder, { recursive: true })
}

async function main(): Promise<number> {
  // A home of its own, or siege would make its files in that of the user.
  await mkdir(join(folder, '.siege'))
  await writeFile(join(folder, '.siege', 'siege.conf'), OFF.map((name) => `${name} = false\n`).join(''))
  if (spawnSync('siege', ['--version'], { env: siegeEnvironment }).error !== undefined) {
    console.error('siege is not installed; on Debian and Ubuntu: apt-get install siege')
    return 127 // As the shell has it for a command that is not found.
  }
  const target = urls.length > 0 ? runningCluster() : await startCluster()
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const seed = randomUUID()
    await writeFile(join(folder, 'urls.txt'), siegeUrls(target.nodes, seed))
    const answeredBefore = await untilQuiet(target)
    const report = await besiege(target.headers)
    const answered = (await untilQuiet(target)) - answeredBefore
    if (report !== undefined) return judge(report, answered, await target.sum(siegeKeys(seed)))
    console.log('siege: it hangs, as it sometimes does when its time is up. What it sent is left out.')
  }
  throw new Error(`no report in ${ATTEMPTS_MAX} attempts`)
}

/** Nodes that run already, and go on: no file of theirs is complete, so they are asked. */
function runningCluster(): Target {
  const [apiKey] = new Settings(process.env).list('API_KEY')
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey }
  const nodes = urls.map((url) => url.replace(/\/$/, ''))
  return {
    nodes,
    headers,
    async sum(keys) {
      const body = JSON.stringify({ ops: keys.map((key) => ({ op: 'counter', key })) })
      const json = { ...headers, 'content-type': 'application/json' }
      const answer = await ask(`${nodes[0]}/api/v1/batch`, { method: 'POST', headers: json, body })
      return addUp(Counters.parse(JSON.parse(answer)).results.map(({ value = 0 }) => value))
    },
  }
}

/** A cluster of our own, with its data in the temporary folder; it is stopped before they are read. */
async function startCluster(): Promise<Target> {
  const [uplinkPort, ...nodePorts] = await freePorts(PROCESSES)
  const none = { HOST: '', API_KEY: '', KEYS_FILE: '' }
  const environment = { ...process.env, ...none, LOG_LEVEL: 'error', DATA_DIR: dataDir }
  const uplink = uplinkProgram(environment, uplinkPort)
  const programs = nodePorts.map((port) => nodeProgram(environment, { port, uplinkUrl: uplink.url }))
  const nodes = programs.map(({ url }) => url)
  console.log(`siege: starting uplink and nodes on ${nodePorts.join(' ')} ...`)
  for (const program of [uplink, ...programs]) {
    // They stop by themselves should this process be killed: their channel closes then.
    const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc']
    const child = fork(program.entry, { env: { ...program.environment }, stdio })
    const siblings = children[program.kind].add(child)
    child.once('exit', () => siblings.delete(child))
  }
  await untilServing(nodes, { apiKey: undefined, stopping: interrupted.signal })
  interrupted.signal.throwIfAborted()
  return {
    nodes,
    headers: {},
    async sum(keys) {
      await stopAll()
      return sumOnDisk(new Set(keys))
    },
  }
}

/** Nodes first: a node that leaves tells uplink. */
async function stopAll(): Promise<void> {
  for (const kind of ['node', 'uplink'] as const) {
    const exits = [...children[kind]].map((child) => {
      child.kill('SIGTERM')
      return once(child, 'exit')
    })
    const codes = (await Promise.all(exits)).map(([code]) => code)
    if (codes.some((code) => code > 0)) console.error(`siege: a ${kind} did not stop in good order`)
  }
}

/** A counter is in the file of everyone who held it, and only grew: the largest number is the last. */
function sumOnDisk(keys: ReadonlySet<unknown>): number {
  const totals = new Map<unknown, number>()
  for (const file of globSync('*.db', { cwd: dataDir })) {
    const database = new DatabaseSync(join(dataDir, file), { readOnly: true })
    for (const { key, value } of database.prepare('SELECT key, value FROM numbers').all())
      totals.set(key, Math.max(totals.get(key) ?? 0, Number(value)))
    database.close()
  }
  return addUp([...totals].map(([key, total]) => (keys.has(key) ? total : 0)))
}

/** How many increments the nodes have answered with 200 since they started. */
async function countAnswered({ nodes, headers }: Target): Promise<number> {
  const pages = await Promise.all(nodes.map((node) => ask(`${node}/metrics`, { headers })))
  const line = /^larder_http_requests_total\{method="POST",route="\/increment",status="200"\} (\d+)$/m
  return addUp(pages.map((page) => line.exec(page)?.[1] ?? 0))
}

async function untilQuiet(target: Target): Promise<number> {
  for (let before = -1, answered = 0; ; before = answered) {
    answered = await countAnswered(target)
    if (answered === before) return answered
    await pause(systemClock, QUIET_MS, interrupted.signal)
    interrupted.signal.throwIfAborted()
  }
}

async function ask(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`)
  return text
}

function addUp(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0)
}

/** Runs siege and shows what it says. The report, or nothing where it does not end in time. */
async function besiege(headers: Target['headers']): Promise<Report | undefined> {
  const extra = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const args = ['-f', join(folder, 'urls.txt'), '-c', `${USERS}`, '-t', duration, '-b', ...extra]
  const late = AbortSignal.timeout(durationMs + LATE_MS)
  const signal = AbortSignal.any([interrupted.signal, late])
  const child = spawn('siege', args, { env: siegeEnvironment, signal, killSignal: 'SIGKILL' })
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text
      process.stdout.write(text)
    })
  }
  try {
    await once(child, 'close')
  } catch (error) {
    if (late.aborted) return undefined
    throw error
  }
  const read = (label: string) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(said)?.[1])
  return {
    transactions: read('Transactions'),
    failed: read('Failed transactions'),
    availability: read('Availability'),
  }
}

/** Says what was found. A number that is missing in the report is not a right one either. */
function judge({ transactions, failed, availability }: Report, answered: number, sum: number): number {
  const cut = answered - transactions
  const kept = urls.length > 0 ? 'counters' : 'databases'
  console.log(`  siege counted        ${transactions}, and ${failed} failed; availability ${availability} %`)
  console.log(
    `  the nodes answered   ${answered}: siege stops without counting what is on its way, here ${cut}`,
  )
  console.log(`  the ${kept.padEnd(9)} hold   ${sum}`)
  const problems = [
    transactions > 0 && failed === 0 && availability === 100 ? [] : ['not every request succeeded'],
    cut >= 0 && cut <= USERS ? [] : ['siege and the nodes have counted differently'],
    sum === answered ? [] : [`the ${kept} hold other than what was answered`],
  ].flat()
  console.log(
    problems.length === 0 ? 'PASS: nothing failed, nothing is lost.' : `FAIL: ${problems.join('; ')}.`,
  )
  return problems.length === 0 ? 0 : 1
}
