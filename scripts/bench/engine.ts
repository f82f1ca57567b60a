/**
 * What requests cost through a node over one Redis, in CPU time of both processes: beside Webdis over a Redis of its own where
 * it is installed, and beside redis-benchmark with pipelines as long as the batches.
 */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { pause, systemClock } from '../../shared/clock.ts'
import { median } from '../median.ts'
import { Generator, type LoadSpec } from './generator.ts'
import { batches, DATA, gets, increments, keys, posts, send } from './keys.ts'
import { cpuSecondsOfProcess } from './processes.ts'
import { listening, pipelined } from './redis-load.ts'
import { requestText } from './request.ts'
import { endOf, Stand, type StandOptions } from './stand.ts'
import { fine, judge, markdown, whole } from './table.ts'
import { missingPrograms, startWebdis, webdisGets, webdisPosts } from './webdis.ts'

const CONNECTIONS = 64
const BATCH_CONNECTIONS = 16
const KEYS = 1000
const BATCH = 100
const SETTLE_SECONDS = 0.2
const FORM = 'application/x-www-form-urlencoded'
const PIPELINED = 200_000
const READY_MAX_MS = 10_000
const LOOK_EVERY_MS = 50

const NAMES = ['GET', 'POST', 'increment', 'batch of get', 'batch of set'] as const
type Name = (typeof NAMES)[number]

/** What one operation is to reach of it, by CPU of all processes together. */
const SINGLE_GOAL = 1.5
const BATCH_GOAL = 0.4

interface Rival {
  readonly name: string
  readonly port: number
  readonly processes: readonly ChildProcess[]
  readonly requests: Partial<Record<Name, readonly string[]>>
}

interface Sample {
  readonly rate: number
  /** Microseconds an operation. */
  readonly cpu: number
}

export interface EngineBenchOptions {
  readonly seconds: number
  readonly rounds: number
  progress(what: string): void
}

export async function measureEngine(options: StandOptions, asked: EngineBenchOptions): Promise<string> {
  await using stand = await Stand.open(options)
  const [redis, node] = await startNode(stand)
  const rivals = [node, ...(await startOthers(stand))]
  const generator = new Generator(stand)
  const samples = new Map<string, Sample[]>()
  const note = (row: string, sample: Sample) => samples.set(row, [...(samples.get(row) ?? []), sample])
  for (let round = 0; round <= asked.rounds; round++) {
    const keep = round === 0 ? () => {} : note // The first is for warming up.
    for (const name of NAMES)
      for (const rival of rivals) {
        const requests = rival.requests[name]
        if (requests === undefined) continue
        asked.progress(`round ${round} of ${asked.rounds}: ${rival.name}, ${name}`)
        const isBatch = name.startsWith('batch')
        const spec = { ports: [rival.port], connections: isBatch ? BATCH_CONNECTIONS : CONNECTIONS, requests }
        const each = isBatch ? BATCH : 1
        keep(`${rival.name}, ${name}`, await sampleOf(generator, rival, { spec, each, ...asked }))
      }
    for (const command of ['get', 'set'] as const) {
      asked.progress(`round ${round} of ${asked.rounds}: redis-benchmark, ${command}`)
      const sample = await pipelined(redis, { command, pipeline: BATCH, requests: PIPELINED })
      keep(`redis-benchmark -P ${BATCH}, ${command}`, sample)
    }
  }
  return textOf(samples, rivals.length > 1)
}

async function startNode(stand: Stand): Promise<[redis: Redis, node: Rival]> {
  const [redisPort, port] = [await stand.port(), await stand.port()]
  const redis = { port: redisPort, child: startRedis(stand, redisPort) }
  await listening(redisPort, 'redis-server')
  const environment = { PORT: `${port}`, ENGINE_URL: `redis://127.0.0.1:${redisPort}` }
  const entry = join(import.meta.dirname, '../../node/main.ts')
  const child = stand.start(entry, environment, stand.cores?.server)
  await ready(port, child)
  const all = keys(KEYS)
  await send(posts(all), port)
  const requests = {
    GET: gets(all),
    POST: posts(all),
    increment: increments(keys(KEYS, 'count')),
    'batch of get': batches('get', all, BATCH),
    'batch of set': batches('set', all, BATCH),
  }
  return [redis, { name: 'Larder', port, processes: [child, redis.child], requests }]
}

async function ready(port: number, child: ChildProcess): Promise<void> {
  await Promise.race([listening(port, 'the node'), endOf(child, 'the node')])
  for (
    let leftMs = READY_MAX_MS;
    !(await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    leftMs -= LOOK_EVERY_MS
  ) {
    if (leftMs <= 0) throw new Error('the node is not ready')
    await pause(systemClock, LOOK_EVERY_MS)
  }
}

interface Redis {
  readonly port: number
  readonly child: ChildProcess
}

function startRedis(stand: Stand, port: number): ChildProcess {
  const bound = stand.cores ? ['taskset', '-c', `${stand.cores.second}`] : []
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const [command = '', ...args] = [...bound, 'redis-server', ...settings]
  return stand.run([command, ...args], {})
}

async function startOthers(stand: Stand): Promise<Rival[]> {
  if (missingPrograms().length > 0) return []
  const all = keys(KEYS)
  const { port, children } = await startWebdis(stand, all, { isOnDisk: false })
  const increment = (key: string) => requestText({ path: '/', body: `INCRBY/${key}/1`, type: FORM })
  const requests = {
    GET: webdisGets(all),
    POST: webdisPosts(all, DATA),
    increment: keys(KEYS, 'count').map(increment),
  }
  return [{ name: 'Webdis', port, processes: children, requests }]
}

interface Asked {
  readonly spec: LoadSpec
  /** How many operations one request is. */
  readonly each: number
  readonly seconds: number
}

async function sampleOf(
  generator: Generator,
  { processes, name }: Rival,
  { spec, each, seconds }: Asked,
): Promise<Sample> {
  await generator.open(spec)
  await generator.closedLoop(SETTLE_SECONDS)
  const cpu = () => processes.reduce((sum, { pid = 0 }) => sum + cpuSecondsOfProcess(pid), 0)
  const before = cpu()
  const report = await generator.closedLoop(seconds)
  const used = cpu() - before
  await generator.close()
  if (report.failed > 0 || report.refused.count > 0)
    throw new Error(`${name}: requests failed: ${report.problem ?? 'refused'}`)
  const count = report.accepted.count * each
  return { rate: count / report.seconds, cpu: (used * 1e6) / count }
}

function textOf(samples: ReadonlyMap<string, readonly Sample[]>, hasWebdis: boolean): string {
  const of = (row: string, field: keyof Sample) =>
    median((samples.get(row) ?? []).map((sample) => sample[field]))
  const rows = [...samples.keys()].map((row) => [row, whole(of(row, 'rate')), fine(of(row, 'cpu'))])
  const singles = NAMES.slice(0, 3).map((name) =>
    goal(
      `${name}: CPU of all processes, of Webdis with its Redis`,
      SINGLE_GOAL,
      of(`Webdis, ${name}`, 'cpu') / of(`Larder, ${name}`, 'cpu'),
    ),
  )
  const many = (['get', 'set'] as const).map((op) =>
    goal(
      `batch of ${op}: operations a second, of redis-benchmark -P ${BATCH}`,
      BATCH_GOAL,
      of(`Larder, batch of ${op}`, 'rate') / of(`redis-benchmark -P ${BATCH}, ${op}`, 'rate'),
    ),
  )
  return [
    `${CONNECTIONS} connections, of batches ${BATCH_CONNECTIONS}; ${KEYS} keys`,
    '',
    markdown(['', 'each / s', 'CPU us'], rows),
    '',
    ...(hasWebdis ? singles : ['- Webdis is not installed: nothing to compare single calls with']),
    ...many,
  ].join('\n')
}

function goal(what: string, ratio: number, reached: number): string {
  return `- ${what}: ${reached.toFixed(2)}, is to be >= ${ratio}: ${judge(reached, { bound: 'at least', ratio })}`
}
