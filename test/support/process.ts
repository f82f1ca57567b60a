/**
 * Real processes, for what only they can show: being killed, taking a port, ending with a code.
 *
 * A service of ours gets a channel to this process and stops when that is gone, so that none outlives it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { COMPILED } from '../../scripts/compiled.ts'
import type { Environment } from '../../shared/config.ts'
import { until } from './until.ts'

export const ROOT = join(import.meta.dirname, '..', '..')

/** Where several start at once on a machine that is busy. */
const READY_MAX_MS = 60_000

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that has ended by itself, with all it said. */
export interface Run extends End {
  readonly stdout: string
  readonly stderr: string
}

export interface SpawnOptions {
  /** All that it gets, besides PATH. */
  readonly environment?: Environment
  readonly channel?: boolean
}

export class TestProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  /** Settles when it has ended and its output is complete. */
  readonly ended: Promise<End>
  stdout = ''
  stderr = ''

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    const { environment, channel = false } = options
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, DATA_DIR: 'off', ...environment },
      stdio: channel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }))
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('it has not been started')
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves once its standard output has this text. @throws when it ends without. */
  async says(text: string, patienceMs?: number): Promise<void> {
    const found = until(
      async () => this.stdout,
      (stdout) => stdout.includes(text),
      patienceMs,
    )
    await Promise.race([found, this.ended.then((end) => this.#endedEarly(end, text))])
  }

  #endedEarly(end: End, text: string): void {
    if (this.stdout.includes(text)) return
    throw new Error(`it has ended (${JSON.stringify(end)}):\n${this.stdout}\n${this.stderr}`)
  }

  async finished(): Promise<Run> {
    const end = await this.ended
    return { ...end, stdout: this.stdout, stderr: this.stderr }
  }

  async stop(): Promise<End> {
    this.#child.kill('SIGTERM')
    return await this.ended
  }

  async kill(): Promise<End> {
    this.#child.kill('SIGKILL')
    return await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

/** What a command is run by, so that it sees another machine than this one. */
export type Around = (command: string, args: readonly string[]) => readonly [string, readonly string[]]

/** Starts uplink or a node, and waits until it is ready. */
export async function startService(
  kind: 'uplink' | 'node',
  environment: Environment & { PORT: string },
  around: Around = (command, args) => [command, args],
): Promise<TestProcess> {
  const [command, args] = around(process.execPath, [`${kind}/main.ts`])
  const service = new TestProcess(command, args, { environment, channel: true })
  const ready = until(
    () => statusOf(`http://127.0.0.1:${environment.PORT}/readyz`),
    (status) => status === 200 || service.hasEnded,
    READY_MAX_MS,
  )
  await ready.catch(() => service.kill())
  if (service.hasEnded) throw new Error(`${kind} is not ready:\n${service.stdout}\n${service.stderr}`)
  return service
}

/** Runs a script to its end. */
export function run(script: string, args: readonly string[], environment: Environment = {}): Promise<Run> {
  return new TestProcess(join(ROOT, script), args, { environment }).finished()
}

/** The status that a GET answers, or why there is none. */
export async function statusOf(url: string): Promise<number | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    return String(error)
  }
}
