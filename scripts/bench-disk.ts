/**
 * What a flush costs those who are served meanwhile: the latency of reads at a steady rate while 100,000 changed
 * keys are written to disk, beside a node that keeps nothing on disk. The two take turns, as a shared machine
 * changes its speed within minutes.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, systemClock } from '../shared/clock.ts'
import { median } from './median.ts'
import { ensureFree } from './ports.ts'
import { untilServing } from './readiness.ts'

const KEYS = 100_000
const BATCH = 1000
/** Reads a millisecond. */
const RATE = 2
const CONNECTIONS = 64
/** A flush begins half an interval after the first change: once all keys have been changed. */
const INTERVAL_MS = 6000
/** Reads are measured from half a second before that, for as long as two flushes take. */
const WINDOW_MS = 1500
const PORTS = [4594, 4595] as const
const rounds = Number(process.argv[2] ?? '5')

interface Sample {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly flushSeconds: number
}

const folder = await mkdtemp(join(tmpdir(), 'larder-bench-'))
await ensureFree(PORTS, undefined)
const [diskUrl, memoryUrl] = PORTS.map((port) => `http://127.0.0.1:${port}`) as [string, string]
const children = [start(PORTS[0], folder), start(PORTS[1], 'off')]
try {
  for (const url of [diskUrl, memoryUrl])
    await untilServing([url], { apiKey: undefined, stopping: new AbortController().signal })
  await measureAll()
} finally {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
}

function start(port: number, dataDir: string): ChildProcess {
  const settings = { PORT: String(port), DATA_DIR: dataDir, SYNC_INTERVAL_MS: String(INTERVAL_MS) }
  return fork(join(import.meta.dirname, '..', 'node', 'main.ts'), {
    env: { ...process.env, LOG_LEVEL: 'error', ...settings },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

async function measureAll(): Promise<void> {
  console.log(
    `${rounds} rounds: ${KEYS} keys changed, ${RATE * 1000} GET a second for ${WINDOW_MS} ms meanwhile`,
  )
  await measure(diskUrl)
  const samples = { 'with a flush': [] as Sample[], 'nothing on disk': [] as Sample[] }
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`\rround ${round} of ${rounds}`)
    samples['with a flush'].push(await measure(diskUrl))
    samples['nothing on disk'].push(await measure(memoryUrl))
  }
  process.stderr.write('\r')
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}\n`)
  console.log('| latency of GET, ms | median | 99th percentile |   max | s in a flush |')
  console.log('| ------------------ | -----: | --------------: | ----: | -----------: |')
  for (const [name, taken] of Object.entries(samples)) {
    const [p50, p99, max, flush] = (['p50', 'p99', 'max', 'flushSeconds'] as const).map((field) =>
      median(taken.map((sample) => sample[field])),
    )
    console.log(
      `| ${name.padEnd(18)} | ${pad(p50, 6)} | ${pad(p99, 15)} | ${pad(max, 5)} | ${pad(flush, 12)} |`,
    )
  }
}

/** Changes all keys, then reads at a steady rate while they are written. */
async function measure(url: string): Promise<Sample> {
  const before = await secondsInFlush(url)
  const flushAtMs = performance.now() + INTERVAL_MS / 2
  for (let start = 0; start < KEYS; start += BATCH) await change(url, start)
  if (performance.now() > flushAtMs - 500)
    throw new Error('the machine is too slow: the flush began too early')
  await pause(systemClock, flushAtMs - 500 - performance.now())
  const latencies = (await readSteadily(`${url}/api?key=dish:42`)).sort((a, b) => a - b)
  const at = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN
  const flushSeconds = (await secondsInFlush(url)) - before
  return { p50: at(0.5), p99: at(0.99), max: at(1), flushSeconds }
}

async function change(url: string, start: number): Promise<void> {
  const data = performance.now()
  const ops = Array.from({ length: BATCH }, (_, index) => ({ op: 'set', key: `dish:${start + index}`, data }))
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const response = await fetch(`${url}/api/v1/batch`, { ...init, body: JSON.stringify({ ops }) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  await response.arrayBuffer()
}

/** Sent when their time has come, whether or not the ones before are answered; milliseconds each. */
async function readSteadily(url: string): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const reads: Promise<number>[] = []
  const startedAtMs = performance.now()
  while (performance.now() < startedAtMs + WINDOW_MS) {
    const due = (performance.now() - startedAtMs) * RATE
    while (reads.length < due) reads.push(read(url, agent, startedAtMs + reads.length / RATE))
    await pause(systemClock, 1)
  }
  const latencies = await Promise.all(reads)
  agent.destroy()
  return latencies
}

function read(url: string, agent: Agent, dueAtMs: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  get(url, { agent }, (response) => {
    response.resume().once('end', () => {
      if (response.statusCode === 200) resolve(performance.now() - dueAtMs)
      else reject(new Error(`${url} answered ${response.statusCode}`))
    })
  }).once('error', reject)
  return promise
}

async function secondsInFlush(url: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  return Number(/^larder_disk_seconds_total (\S+)/m.exec(page)?.[1] ?? 0)
}

function pad(value: number | undefined, width: number): string {
  return (value ?? Number.NaN).toFixed(value !== undefined && value < 10 ? 2 : 0).padStart(width)
}
