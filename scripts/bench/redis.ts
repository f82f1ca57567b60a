/** What commands of Redis cost: redis-benchmark against a bare server with the same reader, a node, and Redis, in turn. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { median } from '../median.ts'
import { listening, pipelined, REDIS_LOAD, type RedisSample } from './redis-load.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown, whole } from './table.ts'

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

export async function measureRedis(
  options: StandOptions,
  { requests, rounds, progress }: { requests: number; rounds: number; progress(what: string): void },
): Promise<string> {
  await using stand = await Stand.open(options)
  const rivals = await startAll(stand)
  const samples = new Map<string, RedisSample[]>()
  for (let round = 0; round <= rounds; round++)
    for (const row of ROWS)
      for (const rival of rivals) {
        progress(`round ${round} of ${rounds}: ${rival.name} ${row.command} -P ${row.pipeline}`)
        const sample = await pipelined(rival, { ...row, requests: requests * (row.pipeline > 1 ? 4 : 1) })
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

function nameOf({ name }: Rival, { command, pipeline }: Row): string {
  return `${name} ${command} ${pipeline}`
}

function tableOf(rivals: readonly Rival[], samples: ReadonlyMap<string, readonly RedisSample[]>): string {
  const of = (rival: Rival, row: Row, field: keyof RedisSample) =>
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
    const reached = of(bare, row, 'cpu') / of(larder, row, 'cpu')
    const figures = rivals.flatMap((rival) => [whole(of(rival, row, 'rate')), fine(of(rival, row, 'cpu'))])
    return [`${row.command.toUpperCase()} -P ${row.pipeline}`, ...figures, fine(reached), fine(row.goal)]
  })
  return `${REDIS_LOAD}\n\n${markdown(head, rows)}`
}
