/** What commands of Redis cost: redis-benchmark against a bare server with the same reader, a node, and Redis, in turn. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pause, systemClock } from '../../shared/clock.ts'
import { median } from '../median.ts'
import { cpuSecondsOfProcess } from './processes.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown, whole } from './table.ts'

const CONNECTIONS = 64
const KEYS = 10_000
const LOOK_EVERY_MS = 50
const START_MAX_MS = 20_000

interface Row {
  readonly command: 'get' | 'set'
  readonly pipeline: number
  /** By CPU, of the bare server: what is aimed at. */
  readonly goal: number
}

const ROWS: readonly Row[] = [
  { command: 'get', pipeline: 1, goal: 0.8 },
  { command: 'set', pipeline: 1, goal: 0.5 },
  { command: 'get', pipeline: 16, goal: 0.5 },
  { command: 'set', pipeline: 16, goal: 0.25 },
]

interface Rival {
  readonly name: 'bare' | 'Larder' | 'Redis'
  readonly port: number
  readonly child: ChildProcess
}

interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
}

export async function measureRedis(
  options: StandOptions,
  { requests, rounds, progress }: { requests: number; rounds: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open(options)
  const rivals = await startAll(stand)
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round <= rounds; round++)
    for (const row of ROWS)
      for (const rival of rivals) {
        progress(`round ${round} of ${rounds}: ${rival.name} ${row.command} -P ${row.pipeline}`)
        const sample = await measure(rival, row, requests * (row.pipeline > 1 ? 4 : 1))
        // The first round is for warming up.
        if (round > 0) samples.set(nameOf(rival, row), [...(samples.get(nameOf(rival, row)) ?? []), sample])
      }
  return tableOf(rivals, samples)
}

async function startAll(stand: Stand): Promise<Rival[]> {
  const [barePort, nodePort, respPort, redisPort] = [
    await stand.port(),
    await stand.port(),
    await stand.port(),
    await stand.port(),
  ]
  const core = stand.cores?.server
  const bare = stand.start(join(import.meta.dirname, 'redis-bare.ts'), { RESP_PORT: `${barePort}` }, core)
  const own = { PORT: `${nodePort}`, RESP_PORT: `${respPort}`, DATA_DIR: 'off' }
  const node = stand.start(join(import.meta.dirname, '../../node/main.ts'), own, core)
  const redis = stand.run(['redis-server', '--port', `${redisPort}`, '--save', '', '--appendonly', 'no'], {})
  const rivals: Rival[] = [
    { name: 'bare', port: barePort, child: bare },
    { name: 'Larder', port: respPort, child: node },
    { name: 'Redis', port: redisPort, child: redis },
  ]
  for (const { port, name } of rivals) await listening(port, name)
  return rivals
}

/** @throws when nobody does in time. */
async function listening(port: number, name: string): Promise<void> {
  for (let leftMs = START_MAX_MS; ; leftMs -= LOOK_EVERY_MS) {
    const socket = connect(port, '127.0.0.1')
    const isHeard = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isHeard) return
    if (leftMs <= 0) throw new Error(`${name} does not listen`)
    await pause(systemClock, LOOK_EVERY_MS)
  }
}

async function measure(
  { port, child }: Rival,
  { command, pipeline }: Row,
  requests: number,
): Promise<Sample> {
  const before = cpuSecondsOfProcess(child.pid ?? 0)
  const words = [
    '-p',
    `${port}`,
    '-c',
    `${CONNECTIONS}`,
    '-n',
    `${requests}`,
    '-r',
    `${KEYS}`,
    '-P',
    `${pipeline}`,
  ]
  const run = spawn('redis-benchmark', [...words, '-t', command, '--csv'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const said = await text(run.stdout)
  const perSecond = Number(/^"(?:GET|SET)","([\d.]+)"/m.exec(said)?.[1])
  const cpuMicros = ((cpuSecondsOfProcess(child.pid ?? 0) - before) * 1e6) / requests
  return { perSecond, cpuMicros }
}

function nameOf({ name }: Rival, { command, pipeline }: Row): string {
  return `${name} ${command} ${pipeline}`
}

function tableOf(rivals: readonly Rival[], samples: ReadonlyMap<string, readonly Sample[]>): string {
  const of = (rival: Rival, row: Row, field: keyof Sample) =>
    median((samples.get(nameOf(rival, row)) ?? []).map((sample) => sample[field]))
  const head = [
    'command',
    ...rivals.flatMap(({ name }) => [`${name} a second`, `${name} µs CPU`]),
    'of bare, by CPU',
    'goal',
  ]
  const rows = ROWS.map((row) => {
    const [bare, larder] = rivals
    if (bare === undefined || larder === undefined) throw new TypeError('nobody was measured')
    const reached = of(bare, row, 'cpuMicros') / of(larder, row, 'cpuMicros')
    const figures = rivals.flatMap((rival) => [
      whole(of(rival, row, 'perSecond')),
      fine(of(rival, row, 'cpuMicros')),
    ])
    return [`${row.command.toUpperCase()} -P ${row.pipeline}`, ...figures, fine(reached), fine(row.goal)]
  })
  return `redis-benchmark, ${CONNECTIONS} connections, ${KEYS} keys, values of 3 bytes\n\n${markdown(head, rows)}`
}
