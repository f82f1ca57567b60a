/** The process: what it says and how it exits. Its signals are real, and so are the pauses between them. */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { RedisServer } from '../support/redis.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'
import { FakeMember } from './fake-member.ts'
import { patient } from './start.ts'
import { UplinkClient } from './uplink-client.ts'

const MAIN = fileURLToPath(new URL('../../uplink/main.ts', import.meta.url))

describe('uplink: the process', () => {
  const started: ChildProcess[] = []

  const run = (environment: Record<string, string>) => {
    const env = { PATH: process.env['PATH'], PORT: '0', ...patient, ...environment }
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    started.push(child)
    return child
  }
  /** Where it listens, as its log says. */
  const listening = async (child: ChildProcess): Promise<string> => {
    if (child.stdout === null) throw new Error('no output')
    for await (const line of createInterface(child.stdout)) {
      const { url } = JSON.parse(line)
      if (typeof url !== 'string') continue
      child.stdout.resume()
      return url
    }
    throw new Error('it did not listen')
  }
  const exitCode = async (child: ChildProcess): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode
  }
  const failure = async (child: ChildProcess) => {
    const lines: string[] = []
    if (child.stderr !== null) for await (const line of createInterface(child.stderr)) lines.push(line)
    return { code: await exitCode(child), lines }
  }
  /** A request that never ends, so that stopping takes its time. */
  const hold = async (url: string): Promise<Socket> => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname).on('error', () => {})
    socket.write(
      'PUT /api/v1/members/a HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    )
    await new UplinkClient(url).call('GET', '/livez') // Answered after what came before it was taken in.
    return socket
  }

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  it('names every wrong setting and exits 1', async () => {
    const { code, lines } = await failure(run({ PORT: 'x', COPIES: '0' }))
    expect(code).equal(1)
    expect(lines).length(3)
    expect(lines.join()).match(/PORT=x.*COPIES=0/)
  })

  it('says in one line that the port is taken, and exits 1', async () => {
    const { port } = new URL(await listening(run({})))
    const { code, lines } = await failure(run({ PORT: port }))
    expect(code).equal(1)
    expect(lines).length(1)
    expect(lines[0]).include('taken').and.include(port)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`exits 0 at ${signal}`, async () => {
      const child = run({})
      await listening(child)
      child.kill(signal)
      expect(await exitCode(child)).equal(0)
    })
  }

  it('takes a signal that comes right after the first for its echo', async () => {
    const child = run({})
    const socket = await hold(await listening(child))
    child.kill('SIGINT')
    await pause(systemClock, 100)
    child.kill('SIGINT')
    expect(await exitCode(child)).equal(0)
    socket.destroy()
  })

  it('exits 1 at once at a second signal', async () => {
    const child = run({})
    const socket = await hold(await listening(child))
    child.kill('SIGINT')
    await pause(systemClock, 1200)
    child.kill('SIGINT')
    expect(await exitCode(child)).equal(1)
    socket.destroy()
  })

  it('does not outlive the parent that forked it', async () => {
    const child = fork(MAIN, { env: { PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    started.push(child)
    await listening(child)
    child.disconnect()
    expect(await exitCode(child)).equal(0)
  })

  it('that was killed goes on from the same epoch, on Redis', async function () {
    needTool(this, 'redis-server')
    await using redis = await RedisServer.start()
    await using a = await FakeMember.start('a')
    const killed = run({ REDIS_URL: redis.url })
    const before = new UplinkClient(await listening(killed))
    await until(
      () => before.renew(a.member),
      ({ status }) => status === 200,
    )
    const view = await before.view()
    killed.kill('SIGKILL')
    await exitCode(killed)
    const after = new UplinkClient(await listening(run({ REDIS_URL: redis.url })))
    expect(await after.view()).deep.equal(view)
  })
})
