/**
 * What the client of Larder can do with 1, 10 and 1,000 calls at once, against one node on a core and four on two, beside
 * ioredis with auto-pipelining on redis-server in the same run; and what a call costs, in the client and in the servers.
 */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { median } from '../median.ts'
import type { Done, Order, Target } from './client-worker.ts'
import { DATA, keys } from './keys.ts'
import { endOf, Stand, type StandOptions } from './stand.ts'
import { judge, markdown, whole } from './table.ts'

const KEYS = 10_000
const CALLS = [1, 10, 1000]
const MANY = 1000
const WARM_SECONDS = 1
const REDIS = 'ioredis, redis-server'
const [ONE, FOUR, ANY] = ['one node', 'four nodes, their owners', 'four nodes, any']

export interface ClientBenchOptions {
  readonly seconds: number
  readonly rounds: number
  progress(what: string): void
}

interface Row {
  readonly who: string
  readonly target: Target
  readonly op: Order['op']
  readonly calls: number
}

/** Of one row, in one round. */
interface Sample {
  readonly rate: number
  /** Microseconds of CPU a call. */
  readonly client: number
  readonly servers: number
}

export async function measureClient(options: StandOptions, asked: ClientBenchOptions): Promise<string> {
  await using stand = await Stand.open(options)
  const targets = await startTargets(stand)
  const worker = stand.start(join(import.meta.dirname, 'client-worker.ts'), {}, stand.cores?.generator)
  const rows = ['get' as const, 'set' as const].flatMap((op) =>
    CALLS.flatMap((calls) => [...targets].map(([who, target]): Row => ({ who, target, op, calls }))),
  )
  const order = { keys: keys(KEYS), value: DATA }
  for (const target of targets.values()) {
    await played(worker, { ...order, target, op: 'set', calls: MANY, seconds: WARM_SECONDS, least: KEYS })
  }
  const samples = new Map<Row, Sample[]>(rows.map((row) => [row, []]))
  for (let round = 1; round <= asked.rounds; round++) {
    for (const [row, list] of samples) {
      asked.progress(`round ${round} of ${asked.rounds}: ${row.op}, ${row.calls} at once, ${row.who}`)
      list.push(await sampleOf(stand, worker, { ...order, ...row, seconds: asked.seconds }))
    }
  }
  return textOf(samples, targets.has(REDIS))
}

async function startTargets(stand: Stand): Promise<Map<string, Target>> {
  const { cores } = stand
  const one = await stand.node({ DATA_DIR: 'off' })
  const four = await stand.members({
    members: 4,
    copies: 1,
    environment: { DATA_DIR: 'off' },
    cores: [cores?.server, cores?.second],
  })
  const ports = four.map(({ port }) => port)
  const targets = new Map<string, Target>([
    [ONE, { kind: 'larder', ports: [one.port], direct: true }],
    [FOUR, { kind: 'larder', ports, direct: true }],
    [ANY, { kind: 'larder', ports, direct: false }],
  ])
  if (spawnSync('redis-server', ['--version']).error !== undefined) return targets
  const port = await stand.port()
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const [command, ...args] = [
    ...(cores ? ['taskset', '-c', `${cores.server}`] : []),
    'redis-server',
    ...settings,
  ]
  stand.run([command ?? '', ...args], {})
  return targets.set(REDIS, { kind: 'ioredis', ports: [port], direct: true })
}

async function sampleOf(stand: Stand, worker: ChildProcess, order: Order): Promise<Sample> {
  const before = stand.cpuSeconds
  const { operations, seconds, cpuSeconds } = await played(worker, order)
  const all = stand.cpuSeconds - before
  const each = (cpu: number) => (cpu * 1e6) / operations
  return {
    rate: operations / seconds,
    client: each(cpuSeconds),
    servers: each(Math.max(0, all - cpuSeconds)),
  }
}

async function played(worker: ChildProcess, order: Order): Promise<Done> {
  const over = new AbortController()
  const { signal } = over
  try {
    worker.send(order)
    const said = [once(worker, 'message', { signal }), endOf(worker, 'the client', { signal })]
    const [done] = await Promise.race(said)
    return done as Done
  } finally {
    over.abort()
  }
}

function textOf(samples: ReadonlyMap<Row, readonly Sample[]>, hasRedis: boolean): string {
  const of = (op: string, calls: number, who: string, read: (sample: Sample) => number): number => {
    const found = [...samples].find(([row]) => row.op === op && row.calls === calls && row.who === who)
    return median((found?.[1] ?? []).map(read))
  }
  const cpu = ({ client, servers }: Sample) => client + servers
  const lines = [...samples].map(([{ op, calls, who }]) => {
    const [rate, all] = [of(op, calls, who, (sample) => sample.rate), of(op, calls, who, cpu)]
    const parts = [
      of(op, calls, who, ({ client }) => client),
      of(op, calls, who, ({ servers }) => servers),
      all,
    ]
    const beside = hasRedis ? (of(op, calls, REDIS, cpu) / all).toFixed(2) : '-'
    return [op, `${calls}`, who, whole(rate), ...parts.map((part) => part.toFixed(1)), beside]
  })
  const goals = ['get', 'set'].flatMap((op) => [
    goal(
      `${op}, 1,000 at once: the rate of four nodes on two cores, of that of one on one`,
      1,
      of(op, MANY, FOUR, ({ rate }) => rate) / of(op, MANY, ONE, ({ rate }) => rate),
    ),
    ...(hasRedis
      ? [
          goal(
            `${op}, 1,000 at once, one node: CPU of client and server, of that of ioredis with redis-server`,
            0.5,
            of(op, MANY, REDIS, cpu) / of(op, MANY, ONE, cpu),
          ),
        ]
      : []),
  ])
  const head = ['op', 'at once', 'who', 'calls / s', 'client us', 'servers us', 'both', 'of ioredis by CPU']
  return [
    ...(hasRedis ? [] : ['redis-server is not installed: nothing to compare with', '']),
    markdown(head, lines, [0, 2]),
    '',
    ...goals,
  ].join('\n')
}

function goal(what: string, ratio: number, reached: number): string {
  return `- ${what}: ${reached.toFixed(2)}, is to be >= ${ratio}: ${judge(reached, { bound: 'at least', ratio })}`
}
