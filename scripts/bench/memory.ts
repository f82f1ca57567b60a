/** What a million entries take in a node, and in Redis where it is installed: the whole process, resident. */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { pause, systemClock } from '../../shared/clock.ts'
import { Load } from './load.ts'
import { inAll } from './pace.ts'
import { type RequestLine, requestText } from './request.ts'
import { metricOf, residentBytesOf } from './server.ts'
import { endOf, Stand, type StandOptions } from './stand.ts'
import { judge, markdown, whole } from './table.ts'

const BATCH = 1000
const CONNECTIONS = 4
const VALUE = 'sixteen-bytes-ok'
const USERS_A_CONTENT = 1000
/** Beyond all that is stored. */
const MAX_BYTES = `${16 * 2 ** 30}`
/** Until what was needed for filling alone is gone. */
const REST_MS = 5000
const GOAL = { bound: 'at most', ratio: 2.5 } as const

/** What both are filled with. */
interface Filling {
  readonly name: string
  readonly count: number
  /** How a node counts what is stored, and how much that is then. */
  readonly stored: readonly [metric: string, count: number]
  /** How many one request stores. */
  readonly each: number
  request(index: number): RequestLine
  command(index: number): readonly [string, ...string[]]
}

export interface MemoryOptions {
  readonly entries: number
  readonly reactions: number
  progress(what: string): void
}

export async function measureMemory(options: StandOptions, asked: MemoryOptions): Promise<string> {
  const hasRedis = spawnSync('redis-server', ['--version']).error === undefined
  const rows: string[][] = []
  for (const filling of [values(asked.entries), reactions(asked.reactions)]) {
    const ours = await inLarder(options, filling, asked.progress)
    const theirs = hasRedis ? await inRedis(options, filling, asked.progress) : Number.NaN
    const ratio = ours / theirs
    const verdict = hasRedis ? [ratio.toFixed(2), `<= ${GOAL.ratio}`, judge(ratio, GOAL)] : ['', '', '']
    const mib = (bytes: number) => whole(bytes / 2 ** 20)
    const each = (bytes: number) => whole(bytes / filling.count)
    rows.push([
      '8',
      `${filling.count} ${filling.name}`,
      mib(ours),
      each(ours),
      mib(theirs),
      each(theirs),
      ...verdict,
    ])
  }
  const head = ['goal', '', 'Larder MiB', 'bytes each', 'Redis MiB', 'bytes each', 'ratio', 'is to be', '']
  return [
    'resident memory of the whole process, nothing on disk',
    ...(hasRedis ? [] : ['redis-server is not installed: nothing to compare with']),
    '',
    markdown(head, rows, [1, 7, 8]),
  ].join('\n')
}

function values(count: number): Filling {
  return {
    name: 'entries of 16 bytes',
    count,
    stored: ['larder_entries{kind="values"}', count],
    each: BATCH,
    request: (index) => ({
      path: '/api/v1/batch',
      body: {
        ops: Array.from({ length: Math.min(BATCH, count - index * BATCH) }, (_, offset) => ({
          op: 'set',
          key: `user:${index * BATCH + offset}`,
          data: VALUE,
        })),
      },
    }),
    command: (index) => ['set', `user:${index}`, VALUE],
  }
}

function reactions(count: number): Filling {
  const whose = (index: number) => ({
    content: `content:${Math.floor(index / USERS_A_CONTENT)}`,
    user: `user:${index}`,
  })
  return {
    name: 'reactions',
    count,
    stored: ['larder_entries{kind="contents"}', Math.ceil(count / USERS_A_CONTENT)],
    each: 1,
    request(index) {
      const { content, user } = whose(index)
      const reaction = { content_id: content, user_id: user, reaction_type: 'fire' }
      return { path: '/api/v1/reaction', body: { type: 'reaction', action: 'add', ...reaction } }
    },
    command(index) {
      const { content, user } = whose(index)
      return ['sadd', `${content}:fire`, user]
    },
  }
}

async function inLarder(
  options: StandOptions,
  filling: Filling,
  progress: MemoryOptions['progress'],
): Promise<number> {
  await using stand = await Stand.open(options)
  const node = await stand.node({ DATA_DIR: 'off', MAX_BYTES })
  const requests = Math.ceil(filling.count / filling.each)
  let index = 0
  const next = () => {
    if (index % 100 === 0) progress(`Larder: ${index * filling.each} of ${filling.count} ${filling.name}`)
    return Buffer.from(requestText(filling.request(index++)))
  }
  const load = await Load.open({ ports: [node.port], connections: CONNECTIONS, next })
  const { accepted, problem } = await load.play(inAll(requests))
  load.close()
  if (accepted.count < requests) throw new Error(`not all was stored: ${problem}`)
  const [metric, expected] = filling.stored
  const stored = await metricOf(node, metric)
  if (stored !== expected) throw new Error(`${metric} is ${stored}, not ${expected}`)
  await pause(systemClock, REST_MS, options.interrupted)
  return await residentBytesOf(node)
}

async function inRedis(
  options: StandOptions,
  filling: Filling,
  progress: MemoryOptions['progress'],
): Promise<number> {
  await using stand = await Stand.open(options)
  const port = await stand.port()
  const child: ChildProcess = stand.run(
    ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {},
  )
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  redis.on('error', () => {}) // Until it listens; then it is seen at the commands.
  const fill = async () => {
    for (let first = 0; first < filling.count; first += BATCH) {
      progress(`Redis: ${first} of ${filling.count} ${filling.name}`)
      const last = Math.min(first + BATCH, filling.count)
      const commands = Array.from({ length: last - first }, (_, offset) => [
        ...filling.command(first + offset),
      ])
      await redis.pipeline(commands).exec()
    }
    await pause(systemClock, REST_MS, options.interrupted)
    return Number(/^used_memory_rss:(\d+)/m.exec(await redis.info('memory'))?.[1])
  }
  try {
    return await Promise.race([fill(), endOf(child, 'redis-server')])
  } finally {
    redis.disconnect()
  }
}
