/** The processes that are measured together, and their disks. When it is disposed of, nothing of them is left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../shared/config.ts'
import { ensureFree } from '../ports.ts'
import { nodeProgram, uplinkProgram } from '../programs.ts'
import { untilServing } from '../readiness.ts'
import { type Cores, nodeOn } from './cores.ts'
import { cpuSecondsOfProcess } from './processes.ts'
import type { Server } from './server.ts'

export interface MembersOptions {
  readonly members: number
  readonly copies: number
  readonly environment?: Environment
  /** Where each is bound to, in turn; uplink is with the first. */
  readonly cores?: readonly (number | undefined)[]
}

/** A member that has come to those that there are. */
export interface Joined extends Server {
  /** Resolves once it has handed over what it had, and its process has ended. */
  leave(): Promise<void>
}

export interface StandOptions {
  readonly cores: Cores | undefined
  /** The first of its ports; each that is asked for is one more. */
  readonly port: number
  /** Ends all processes, so that whoever waits for one of them gives up. */
  readonly interrupted: AbortSignal
}

export class Stand implements AsyncDisposable {
  readonly cores: Cores | undefined
  readonly interrupted: AbortSignal
  readonly folder: string
  readonly #children: ChildProcess[] = []
  readonly #kill = () => this.#children.forEach(kill)
  #port: number
  /** Of the members that were started last. */
  #uplinkUrl = ''

  static async open(options: StandOptions): Promise<Stand> {
    return new Stand(options, await mkdtemp(join(tmpdir(), 'larder-bench-')))
  }

  private constructor({ cores, port, interrupted }: StandOptions, folder: string) {
    this.#port = port
    this.cores = cores
    this.interrupted = interrupted
    this.folder = folder
    interrupted.addEventListener('abort', this.#kill)
  }

  /** The next port, which nobody listens at. */
  async port(): Promise<number> {
    const port = this.#port++
    await ensureFree([port], undefined)
    return port
  }

  /** Where the one that listens at this port may keep something. */
  async disk(port: number): Promise<string> {
    const path = join(this.folder, `${port}`)
    await mkdir(path, { recursive: true })
    return path
  }

  /** Runs a file with Node, bound to a core. It is to stop by itself when this process is gone. */
  start(entry: string, environment: Environment, core: number | undefined): ChildProcess {
    return this.run([...nodeOn(core), entry], environment, true)
  }

  /** Runs a command, in a process group of its own: a Ctrl-C reaches this process alone. */
  run([command, ...args]: [string, ...string[]], environment: Environment, hasChannel = false): ChildProcess {
    this.interrupted.throwIfAborted()
    const child = spawn(command, args, {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_LEVEL: 'error', ...environment },
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', ...(hasChannel ? (['ipc'] as const) : [])],
    })
    this.#children.push(child)
    return child
  }

  /** The yardstick: Node's HTTP server alone. It also is the API whose responses are cached. */
  async bare(environment: Environment = {}): Promise<Server> {
    const port = await this.port()
    const entry = join(import.meta.dirname, 'bare.ts')
    const child = this.start(entry, { ...environment, PORT: `${port}` }, this.cores?.server)
    await Promise.race([once(child, 'message'), endOf(child, 'the bare server')])
    return { name: 'bare', port }
  }

  /** A cluster of one. */
  async node(environment: Environment = {}): Promise<Server> {
    const port = await this.port()
    const own = { PORT: `${port}`, DATA_DIR: await this.disk(port), ...environment }
    const entry = join(import.meta.dirname, '../../node/main.ts')
    const child = this.start(entry, own, this.cores?.server)
    await this.#serving([`http://127.0.0.1:${port}`], [child])
    return { name: `127.0.0.1:${port}`, port }
  }

  async members({
    members,
    copies,
    environment = {},
    cores = [this.cores?.server],
  }: MembersOptions): Promise<Server[]> {
    const uplink = uplinkProgram({ COPIES: `${copies}` }, await this.port())
    this.#uplinkUrl = uplink.url
    const children = [this.start(uplink.entry, uplink.environment, cores[0])]
    const servers: Server[] = []
    for (let index = 0; index < members; index++) {
      const port = await this.port()
      const own = { DATA_DIR: await this.disk(port), ...environment }
      const program = nodeProgram(own, { port, uplinkUrl: uplink.url })
      children.push(this.start(program.entry, program.environment, cores[index % cores.length]))
      servers.push({ name: `127.0.0.1:${port}`, port })
    }
    await this.#serving(
      servers.map(({ port }) => `http://127.0.0.1:${port}`),
      children,
    )
    return servers
  }

  /** One more than these. */
  async join(core = this.cores?.server): Promise<Joined> {
    const port = await this.port()
    const program = nodeProgram({ DATA_DIR: await this.disk(port) }, { port, uplinkUrl: this.#uplinkUrl })
    const child = this.start(program.entry, program.environment, core)
    await this.#serving([`http://127.0.0.1:${port}`], [child])
    const leave = async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    return { name: `127.0.0.1:${port}`, port, leave }
  }

  /** CPU time of all its processes so far, as the operating system has it; NaN where it does not tell. */
  get cpuSeconds(): number {
    return this.#children.reduce((sum, { pid = 0 }) => sum + cpuSecondsOfProcess(pid), 0)
  }

  async #serving(urls: readonly string[], children: readonly ChildProcess[]): Promise<void> {
    const done = new AbortController()
    const stopping = AbortSignal.any([done.signal, this.interrupted])
    const ends = children.map((child) => endOf(child, 'a service'))
    try {
      await Promise.race([untilServing(urls, { apiKey: undefined, stopping, say: console.error }), ...ends])
    } finally {
      done.abort()
    }
  }

  /** Ends one of its processes, with all that it has started. */
  async end(child: ChildProcess): Promise<void> {
    if (hasEnded(child)) return
    const ended = once(child, 'exit')
    kill(child)
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupted.removeEventListener('abort', this.#kill)
    await Promise.all(this.#children.map((child) => this.end(child)))
    await rm(this.folder, { recursive: true, maxRetries: 5 })
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

function kill(child: ChildProcess): void {
  if (!hasEnded(child) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
}

/** Rejects when it ends, or cannot be started. */
export async function endOf(child: ChildProcess, name: string, options = {}): Promise<never> {
  const [code, signal] = await once(child, 'exit', options)
  throw new Error(`${name} has ended (${signal ?? `exit code ${code}`})`)
}
