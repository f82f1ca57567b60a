/** What redis-benchmark can do with whatever speaks the protocol of Redis. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { pause, systemClock } from '../../shared/clock.ts'
import { cpuSecondsOfProcess } from './processes.ts'

const CONNECTIONS = 64
const KEYS = 10_000
const LOOK_EVERY_MS = 50
const START_MAX_MS = 20_000

export interface RedisLoad {
  readonly command: 'get' | 'set'
  readonly pipeline: number
  readonly requests: number
}

export interface RedisSample {
  readonly rate: number
  /** Microseconds a command, of the process that is asked. */
  readonly cpu: number
}

export const REDIS_LOAD = `redis-benchmark, ${CONNECTIONS} connections, ${KEYS} keys, values of 3 bytes`

export async function pipelined(
  { port, child: { pid = 0 } }: { readonly port: number; readonly child: ChildProcess },
  { command, pipeline, requests }: RedisLoad,
): Promise<RedisSample> {
  const before = cpuSecondsOfProcess(pid)
  const size = ['-c', `${CONNECTIONS}`, '-n', `${requests}`, '-r', `${KEYS}`, '-P', `${pipeline}`]
  const run = spawn('redis-benchmark', ['-p', `${port}`, ...size, '-t', command, '--csv'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const said = await text(run.stdout)
  const rate = Number(/^"(?:GET|SET)","([\d.]+)"/m.exec(said)?.[1])
  return { rate, cpu: ((cpuSecondsOfProcess(pid) - before) * 1e6) / requests }
}

/** @throws when nobody does in time. */
export async function listening(port: number, name: string): Promise<void> {
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
