/**
 * What watching costs: a write while nobody watches, while others are watched, and while it is told; and how long it takes until
 * each of a thousand who watch one key has been told of a change, from before it is sent.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pause, systemClock } from '../../shared/clock.ts'
import { median } from '../median.ts'
import { Generator } from './generator.ts'
import { keys, posts } from './keys.ts'
import { Latencies, type LatencySummary } from './latencies.ts'
import { ask, cpuSecondsOf, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown, whole } from './table.ts'

const KEYS = 10_000
const CONNECTIONS = 64
const OTHERS = 100
const KEY = 'watched'
/** What has not come by then has not been told. */
const LATE_MS = 2000

export interface WatchBenchOptions {
  readonly watchers: number
  readonly perSecond: number
  readonly seconds: number
  readonly rounds: number
  progress(what: string): void
}

export async function measureWatch(options: StandOptions, asked: WatchBenchOptions): Promise<string> {
  await using stand = await Stand.open(options)
  const writes = await writeTable(stand, asked)
  const rows: string[][] = []
  for (const members of [1, 3]) {
    asked.progress(`${asked.watchers} watch one key through ${members}`)
    const servers =
      members === 1
        ? [await stand.node({ DATA_DIR: 'off' })]
        : await stand.members({
            members,
            copies: 2,
            environment: { DATA_DIR: 'off' },
            cores: [stand.cores?.server],
          })
    const { took, missing, cpu } = await deliver(servers, asked)
    rows.push([`${members}`, ...[took.p50, took.p99, took.max].map(fine), whole(missing), fine(cpu)])
  }
  return [
    writes,
    '',
    `${asked.watchers} watchers of one key, which changes ${asked.perSecond} times a second`,
    '',
    markdown(
      ['members', 'delivered after ms, median', '99th percentile', 'max', 'not told', 'CPU us an event'],
      rows,
    ),
  ].join('\n')
}

/** Microseconds of CPU a write. */
async function writeTable(stand: Stand, { seconds, rounds, progress }: WatchBenchOptions): Promise<string> {
  const server = await stand.node({ DATA_DIR: 'off' })
  const generator = new Generator(stand)
  const requests = posts(keys(KEYS))
  await generator.open({ ports: [server.port], requests, connections: CONNECTIONS })
  await generator.closedLoop(seconds)
  const phases: readonly [name: string, watchers: number, query: string][] = [
    ['nobody watches', 0, ''],
    [`${OTHERS} watch something else`, OTHERS, '?prefix=other'],
    ['one watches all of it', 1, ''],
  ]
  const samples = phases.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, [name, count, query]] of phases.entries()) {
      progress(`${name}, round ${round + 1} of ${rounds}`)
      await using _audience = await Audience.open([server], count, query)
      const before = await cpuSecondsOf([server])
      const { accepted } = await generator.closedLoop(seconds)
      samples[index]?.push((((await cpuSecondsOf([server])) - before) / accepted.count) * 1e6)
    }
  await generator.close()
  const [first = []] = samples
  const rows = phases.map(([name], index) => {
    const all = samples[index] ?? []
    return [
      name,
      fine(median(all)),
      median(all.map((one, round) => one / (first[round] ?? Number.NaN))).toFixed(2),
    ]
  })
  return markdown(['POST /api while', 'CPU us', 'beside nobody'], rows)
}

interface Delivered {
  readonly took: LatencySummary
  readonly missing: number
  /** Microseconds of the members' for each that a watcher is told. */
  readonly cpu: number
}

async function deliver(servers: readonly Server[], asked: WatchBenchOptions): Promise<Delivered> {
  const { watchers, perSecond, seconds } = asked
  const latencies = new Latencies()
  const onText = (text: string) => {
    for (const [, sentAtMs] of text.matchAll(/"data":([\d.]+)/g))
      latencies.add(systemClock.now() - Number(sentAtMs))
  }
  await using _audience = await Audience.open(servers, watchers, `?key=${KEY}`, onText)
  const [first] = servers
  const before = await cpuSecondsOf(servers)
  const writes = Array.from({ length: seconds * perSecond }, async (_, index) => {
    await pause(systemClock, (index * 1000) / perSecond)
    if (first !== undefined) await ask(first, { path: '/api', body: { key: KEY, data: systemClock.now() } })
  })
  await Promise.all(writes)
  await pause(systemClock, LATE_MS)
  const took = latencies.summary()
  const cpu = (((await cpuSecondsOf(servers)) - before) / took.count) * 1e6
  return { took, missing: writes.length * watchers - took.count, cpu }
}

/** Who watches, spread over all of them, on bare sockets: it is to cost little. */
class Audience implements AsyncDisposable {
  readonly #sockets: readonly Socket[]

  /** Resolves once all of them are told. */
  static async open(
    servers: readonly Server[],
    count: number,
    query: string,
    onText: (text: string) => void = () => {},
  ): Promise<Audience> {
    const opening = Array.from({ length: count }, async (_, index) => {
      const { port = 0 } = servers[index % servers.length] ?? {}
      const socket = connect(port, '127.0.0.1').setEncoding('latin1')
      socket.write(`GET /api/v1/watch${query} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
      await once(socket, 'data')
      socket.on('data', onText)
      return socket
    })
    return new Audience(await Promise.all(opening))
  }

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#sockets.map((socket) => once(socket, 'close'))
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }
}
