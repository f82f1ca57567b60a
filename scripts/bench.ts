/**
 * What a request costs: requests a second, and CPU microseconds a request in all members together.
 *
 * The rows take turns in several rounds, because a shared machine changes its speed within minutes; the
 * medians stand in the table. CPU time is the operating system's account of each process (getrusage, as
 * /metrics shows it), so it means the same whether or not the load generator could keep up.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { placeSlots, slotOf } from '../shared/placement.ts'
import { median } from './median.ts'
import { ensureFree } from './ports.ts'
import { nodeProgram, type Program, uplinkProgram } from './programs.ts'
import { untilServing } from './readiness.ts'

const CONNECTIONS = 64
const BATCH = 100
const BARE_PORT = 4591
/** Two pairs of nodes: in one each key is on its owner, in the other on both. */
const PAIRS = [
  { copies: 1, uplinkPort: 4590, nodePorts: [4592, 4593] },
  { copies: 2, uplinkPort: 4594, nodePorts: [4595, 4596] },
] as const
const [secondsText = '3', roundsText = '3'] = process.argv.slice(2)
const [seconds, rounds] = [Number(secondsText), Number(roundsText)]

interface Row {
  readonly name: string
  readonly url: string
  readonly body?: string
  /** How many operations one request is. */
  readonly operations?: number
}

interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
}

const folder = await mkdtemp(join(tmpdir(), 'larder-bench-'))
const environment = { ...process.env, LOG_LEVEL: 'error', DATA_DIR: folder }
const programs = PAIRS.flatMap(({ copies, uplinkPort, nodePorts }) => {
  const uplink = uplinkProgram({ ...environment, COPIES: String(copies) }, uplinkPort)
  return [uplink, ...nodePorts.map((port) => nodeProgram(environment, { port, uplinkUrl: uplink.url }))]
})
const nodes = PAIRS.flatMap(({ nodePorts }) => nodePorts.map((port) => `http://127.0.0.1:${port}`))
const [owner = '', other = '', copyingOwner = ''] = nodes
const bareUrl = `http://127.0.0.1:${BARE_PORT}`

const ports = PAIRS.flatMap(({ uplinkPort, nodePorts }) => [uplinkPort, ...nodePorts])
await ensureFree([BARE_PORT, ...ports], undefined)
const children: ChildProcess[] = programs.map(start)
try {
  const stopping = new AbortController().signal
  for (const pair of [nodes.slice(0, 2), nodes.slice(2)])
    await untilServing(pair, { apiKey: undefined, stopping })
  await measureAll(await prepare())
} finally {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
}

function start({ entry, environment }: Pick<Program, 'entry' | 'environment'>): ChildProcess {
  return fork(entry, { env: { ...environment }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** Stores the data, and starts the bare server with the answer that the cluster gives. */
async function prepare(): Promise<Row[]> {
  const key = ownKey(PAIRS[0].nodePorts)
  const copied = ownKey(PAIRS[1].nodePorts)
  const body = JSON.stringify({ key, data: { jam: 'plum', jars: 12 } })
  const answer = await (await fetch(`${owner}/api`, { method: 'POST', ...json(body) })).text()
  const ops = Array.from({ length: BATCH }, (_, index) => ({ op: 'get', key: `dish:${index}` }))
  const sets = ops.map(({ key }) => ({ op: 'set', key, data: { key } }))
  await fetch(`${owner}/api/v1/batch`, { method: 'POST', ...json(JSON.stringify({ ops: sets })) })
  const bareEnvironment = { ...environment, PORT: String(BARE_PORT), ANSWER: answer }
  const bare = start({ entry: join(import.meta.dirname, 'bench-bare.ts'), environment: bareEnvironment })
  children.push(bare)
  await once(bare, 'message')
  return [
    { name: 'bare node:http, GET', url: bareUrl },
    { name: 'GET on the owner', url: `${owner}/api?key=${key}` },
    { name: 'GET through another node', url: `${other}/api?key=${key}` },
    { name: 'POST on the owner', url: `${owner}/api`, body },
    { name: 'POST through another node', url: `${other}/api`, body },
    {
      name: 'POST on the owner, COPIES=2',
      url: `${copyingOwner}/api`,
      body: JSON.stringify({ key: copied, data: { jam: 'plum', jars: 12 } }),
    },
    {
      name: `batch of ${BATCH} gets, of both`,
      url: `${owner}/api/v1/batch`,
      body: JSON.stringify({ ops }),
      operations: BATCH,
    },
  ]
}

function json(body: string): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body }
}

function ownKey(nodePorts: readonly number[]): string {
  const ids = nodePorts.map((port) => `127.0.0.1:${port}`)
  const owners = placeSlots(ids)
  for (let index = 0; ; index++) if (owners[slotOf(`user:${index}`)] === 0) return `user:${index}`
}

async function measureAll(rows: readonly Row[]): Promise<void> {
  const samples = new Map(rows.map(({ name }): [string, Sample[]] => [name, []]))
  console.log(
    `${rows.length} rows, ${rounds} rounds of ${seconds} s each, ${CONNECTIONS} connections; first a warm-up`,
  )
  for (const row of rows) await measure(row, 1)
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      process.stderr.write(`\rround ${round} of ${rounds}: ${row.name.padEnd(40)}`)
      samples.get(row.name)?.push(await measure(row, seconds))
    }
  }
  process.stderr.write(`\r${' '.repeat(60)}\r`)
  console.log(table(rows, samples))
}

async function measure(row: Row, duration: number): Promise<Sample> {
  const before = await cpuSeconds()
  const post = row.body === undefined ? {} : { method: 'POST' as const, ...json(row.body) }
  const result = await autocannon({ url: row.url, connections: CONNECTIONS, duration, ...post })
  const cpu = (await cpuSeconds()) - before
  if (result.errors + result.non2xx > 0)
    throw new Error(`${row.name}: ${result.errors + result.non2xx} requests failed`)
  const count = result['2xx'] * (row.operations ?? 1)
  return { perSecond: count / result.duration, cpuMicros: (cpu * 1e6) / count }
}

/** CPU time of the bare server and all members so far; only who is measured has work. */
async function cpuSeconds(): Promise<number> {
  const pages = await Promise.all(
    [bareUrl, ...nodes].map(async (url) => (await fetch(`${url}/metrics`)).text()),
  )
  const times = pages.map((page) => Number(/^process_cpu_seconds_total (\S+)/m.exec(page)?.[1] ?? 0))
  return times.reduce((sum, time) => sum + time, 0)
}

function table(rows: readonly Row[], samples: ReadonlyMap<string, readonly Sample[]>): string {
  const cpuOf = (name: string) => median((samples.get(name) ?? []).map(({ cpuMicros }) => cpuMicros))
  const lines = rows.map(({ name }) => {
    const rates = (samples.get(name) ?? []).map(({ perSecond }) => perSecond)
    const spread = `${Math.round(Math.min(...rates))}-${Math.round(Math.max(...rates))}`
    return `| ${name.padEnd(28)} | ${String(Math.round(median(rates))).padStart(8)} | ${spread.padStart(15)} | ${cpuOf(name).toFixed(1).padStart(6)} |`
  })
  const ratio = (method: string) => cpuOf(`${method} through another node`) / cpuOf(`${method} on the owner`)
  return [
    `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, load generator on the same machine`,
    '',
    '|                              | each / s |          spread | CPU us |',
    '| ---------------------------- | -------: | --------------: | -----: |',
    ...lines,
    '',
    `With COPIES=2 a POST costs ${(cpuOf('POST on the owner, COPIES=2') / cpuOf('POST on the owner')).toFixed(2)} times the CPU of COPIES=1, both members together.`,
    `Through another node a GET costs ${ratio('GET').toFixed(2)}, a POST ${ratio('POST').toFixed(2)} times the CPU of the owner alone.`,
    `A row of the batch is one operation, ${BATCH} of which travel together.`,
  ].join('\n')
}
