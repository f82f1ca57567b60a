/** How long a node takes from the start of its process, with an empty disk, until it says that it is ready. */
import { get } from 'node:http'
import { pause, systemClock } from '../../shared/clock.ts'
import { median } from '../median.ts'
import { endOf, type Stand } from './stand.ts'
import { judge, markdown, whole } from './table.ts'

const LOOK_EVERY_MS = 3
const START_MAX_MS = 30_000
const GOAL_MS = 1000
const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['npm', 'run', 'node'],
  ['node', 'node/main.ts'],
]

export interface StartOptions {
  readonly times: number
  progress(what: string): void
}

/** @returns a table. */
export async function measureStarts(stand: Stand, { times, progress }: StartOptions): Promise<string> {
  const taken = COMMANDS.map((command) => ({ command, all: [] as number[] }))
  for (let time = 1; time <= times; time++) {
    for (const { command, all } of taken) {
      progress(`start ${time} of ${times}: ${command.join(' ')}`)
      all.push(await startOnce(stand, command))
    }
  }
  const rows = taken.map(({ command, all }) => {
    const ms = median(all)
    const spread = `${whole(Math.min(...all))}-${whole(Math.max(...all))}`
    const verdict = judge(ms, { bound: 'at most', ratio: GOAL_MS })
    return ['10', `start, ${command.join(' ')}`, whole(ms), spread, `<= ${GOAL_MS} ms`, verdict]
  })
  return markdown(['goal', '', 'ms', 'spread', 'is to be', ''], rows, [1, 4, 5])
}

async function startOnce(stand: Stand, [command, ...args]: readonly [string, ...string[]]): Promise<number> {
  const port = await stand.port()
  const environment = { PORT: `${port}`, DATA_DIR: await stand.disk(port), npm_config_loglevel: 'error' }
  const startedAtMs = performance.now()
  const child = stand.run([command, ...args], environment)
  try {
    await Promise.race([untilReady(port), endOf(child, command)])
    return performance.now() - startedAtMs
  } finally {
    await stand.end(child)
  }
}

async function untilReady(port: number): Promise<void> {
  const givesUpAtMs = performance.now() + START_MAX_MS
  while (!(await isReady(port))) {
    if (performance.now() > givesUpAtMs) throw new Error(`not ready ${START_MAX_MS} ms after its start`)
    await pause(systemClock, LOOK_EVERY_MS)
  }
}

async function isReady(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  get({ port, host: '127.0.0.1', path: '/readyz', agent: false }, (response) => {
    response.resume()
    resolve(response.statusCode === 200)
  }).once('error', () => resolve(false))
  return await promise
}
