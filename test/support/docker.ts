/** A Docker engine, where one answers, with what docker-compose.yml describes running in it. */
import { type ExecFileException, execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import type { Environment } from '../../shared/config.ts'
import { ROOT } from './process.ts'
import { until } from './until.ts'

/** By what is published on this machine. */
const PORTS = [4000, 4001, 4002, 4003, 4004, 4005, 4500, 4501, 4600, 8080]
/** The first may have to fetch and build images. */
const COMMAND_MAX_MS = 600_000
const READY_MAX_MS = 60_000
const PROJECT = 'larder-story'
const OUTPUT_BYTES_MAX = 2 ** 24

/** Told where it can be. In CI nothing is skipped; a machine that is to have an engine there says so, and fails without. */
export async function story(name: string, tell: (this: Mocha.Suite) => void): Promise<void> {
  const reason = await obstacle()
  if (reason === undefined) describe(name, tell)
  else {
    process.stderr.write(`skipped, as ${reason}: ${name}\n`)
    if (!process.env['CI']) describe.skip(name, tell)
  }
}

/** Why it cannot be tried here, if it cannot. A machine that is to have an engine says so by DOCKER_STORY=required. */
async function obstacle(): Promise<string | undefined> {
  const taken = (await Promise.all(PORTS.map(async (port) => ((await isFree(port)) ? [] : [port])))).flat()
  const found =
    (works(['docker', 'info']) ? undefined : 'no Docker engine answers') ??
    (composeCommand() === undefined ? 'there is no Docker Compose' : undefined) ??
    (taken.length > 0 ? `${taken.join(' ')} are taken` : undefined)
  if (found !== undefined && process.env['DOCKER_STORY'] === 'required') throw new Error(found)
  return found
}

function works([name = '', ...args]: readonly string[]): boolean {
  return spawnSync(name, args, { timeout: COMMAND_MAX_MS }).status === 0
}

function composeCommand(): readonly string[] | undefined {
  return [['docker', 'compose'], ['docker-compose']].find((command) => works([...command, 'version']))
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  return promise
}

export interface Ran {
  readonly code: number
  /** All that it has said. */
  readonly output: string
}

/** Of a name of its own, so that it is in nobody's way, and taken away with its volumes. */
export class Composition implements AsyncDisposable {
  readonly #compose: readonly string[]
  readonly environment: Environment

  constructor(settings: Environment = {}) {
    this.#compose = composeCommand() ?? []
    this.environment = {
      ...process.env,
      COMPOSE_PROJECT_NAME: PROJECT,
      COMPOSE_PROFILES: 'more,demo-api',
      CLUSTER_SECRET: randomBytes(32).toString('hex'),
      ...settings,
    }
  }

  /** @throws what it says, where it does not exit with 0. */
  async compose(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.tryCompose(args)
    if (code !== 0) throw new Error(`${args.join(' ')}: ${output}`)
    return output
  }

  async tryCompose(args: readonly string[], environment: Environment = {}): Promise<Ran> {
    return run([...this.#compose, ...args], { ...this.environment, ...environment })
  }

  /** Of its container. Compose would have to be started for that. */
  async idOf(service: string): Promise<string> {
    const labels = [`project=${PROJECT}`, `service=${service}`]
    return docker('ps', '-q', ...labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]))
  }

  async kill(service: string): Promise<void> {
    await docker('kill', await this.idOf(service))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '1')
  }
}

export async function run([name = '', ...args]: readonly string[], env: Environment): Promise<Ran> {
  const options = { cwd: ROOT, env, timeout: COMMAND_MAX_MS, maxBuffer: OUTPUT_BYTES_MAX }
  try {
    const { stdout, stderr } = await promisify(execFile)(name, args, options)
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr, message } = error as ExecFileException
    return { code: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}${message}` }
  }
}

/** @throws what it says, where it does not exit with 0. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { code, output } = await run(['docker', ...args], process.env)
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${output}`)
  return output.trim()
}

/** Waits until there is such an answer. */
export async function answers(url: string, isDone: (text: string, status: number) => boolean): Promise<void> {
  const ask = async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
      return { status: response.status, text: await response.text() }
    } catch (error) {
      return { status: 0, text: String(error) }
    }
  }
  await until(ask, ({ status, text }) => isDone(text, status), READY_MAX_MS)
}
