/** What stands beside Larder where it is installed: Webdis, HTTP in front of Redis. */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pause, systemClock } from '../../shared/clock.ts'
import { DATA, send } from './keys.ts'
import { requestText } from './request.ts'
import { endOf, type Stand } from './stand.ts'

const FORM = 'application/x-www-form-urlencoded'
const START_MAX_MS = 5000
const LOOK_EVERY_MS = 20

/** Programs that are missing on this machine. */
export function missingPrograms(): string[] {
  // Asked for its version, Webdis would begin to serve.
  const isThere = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
  return ['redis-server', 'webdis'].filter((name) => !isThere(name))
}

/** Where it listens, with all of these keys in it. */
export async function startWebdis(
  stand: Stand,
  keys: readonly string[],
  { isOnDisk }: { isOnDisk: boolean },
): Promise<{ readonly port: number; readonly children: readonly ChildProcess[] }> {
  const redis = await stand.port()
  const folder = await stand.disk(redis)
  const disk = ['--save', '', '--appendonly', isOnDisk ? 'yes' : 'no', '--dir', folder]
  const children = [stand.run(['redis-server', '--port', `${redis}`, '--bind', '127.0.0.1', ...disk], {})]
  await Promise.race([listening(redis), ...children.map((child) => endOf(child, 'redis-server'))])
  const port = await stand.port()
  const settings = join(folder, 'webdis.json')
  await writeFile(settings, JSON.stringify(settingsFor(redis, port)))
  children.push(stand.run(['webdis', settings], {}))
  await Promise.race([listening(port), ...children.map((child) => endOf(child, 'webdis'))])
  await send(webdisPosts(keys, DATA), port)
  return { port, children }
}

function settingsFor(redis: number, port: number): object {
  const to = { redis_host: '127.0.0.1', redis_port: redis, pool_size: 4 }
  const at = { http_host: '127.0.0.1', http_port: port, threads: 2 }
  return { ...to, ...at, daemonize: false, verbosity: 0, logfile: '/dev/null', acl: [] }
}

export const webdisGets = (keys: readonly string[]) => keys.map((key) => requestText({ path: `/GET/${key}` }))

export const webdisPosts = (keys: readonly string[], data: object) =>
  keys.map((key) =>
    requestText({ path: '/', body: `SET/${key}/${encodeURIComponent(JSON.stringify(data))}`, type: FORM }),
  )

/** @throws when nobody does in time. */
export async function listening(port: number): Promise<void> {
  const givesUpAtMs = performance.now() + START_MAX_MS
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (cause) {
      if (performance.now() > givesUpAtMs) throw new Error(`nobody listens at ${port}`, { cause })
      await pause(systemClock, LOOK_EVERY_MS)
    } finally {
      socket.destroy()
    }
  }
}
