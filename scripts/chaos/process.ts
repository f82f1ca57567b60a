/**
 * One service of a chaos run, through all its lives: started, stopped, killed, frozen. What it says goes to a file.
 *
 * It gets a channel to this process, and stops by itself when that is gone.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { inTime, pause, systemClock } from '../../shared/clock.ts'
import type { Environment } from '../../shared/config.ts'
import { COMPILED } from '../compiled.ts'
import type { Front } from './network.ts'

/** A service gives up by itself before. */
const STOP_MAX_MS = 30_000
const LISTEN_MAX_MS = 20_000
const LOOK_EVERY_MS = 10
const LAST_LINES = 6
const LINE_LENGTH_MAX = 300

export interface ProcessOptions {
  readonly kind: 'uplink' | 'node'
  readonly name: string
  readonly port: number
  readonly environment: Environment
  readonly logPath: string
  /** Open while it listens. */
  readonly front: Front
  /** Called when it ends without having been told to. */
  onUnexpectedExit(what: string): void
}

export class ServiceProcess {
  readonly #options: ProcessOptions
  #child: ChildProcess | undefined
  #ended = Promise.resolve<string>('')
  #isToEnd = false
  isFrozen = false

  constructor(options: ProcessOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  /** Where clients reach it, without a proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  isListening(): Promise<boolean> {
    return listens(this.#options.port)
  }

  /** Resolves once it listens, or has ended. @throws when it does neither in time. */
  async start({ aheadMs = 0 } = {}): Promise<void> {
    const { kind, port, environment, logPath, front } = this.#options
    const log = openSync(logPath, 'a')
    const clock = { CLOCK_AHEAD_MS: String(aheadMs) }
    const child = fork(join(import.meta.dirname, '../..', kind, 'main.ts'), {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: COMPILED,
        ...environment,
        ...clock,
        PORT: String(port),
      },
      execArgv: aheadMs === 0 ? [] : ['--import', join(import.meta.dirname, 'skewed-clock.ts')],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    this.#isToEnd = false
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#ended = promise
    child.once('error', (error) => resolve(this.#end(error.message)))
    child.once('exit', (code, signal) => resolve(this.#end(signal ?? `exit code ${code}`)))
    const givesUpAtMs = systemClock.now() + LISTEN_MAX_MS
    while (this.#child === child && !(await listens(port))) {
      if (systemClock.now() > givesUpAtMs) throw new Error(`${this.name} does not listen`)
      await pause(systemClock, LOOK_EVERY_MS)
    }
    if (this.#child === child) await front.open()
  }

  #end(how: string): string {
    this.#child = undefined
    this.isFrozen = false
    void this.#options.front.close()
    if (!this.#isToEnd) this.#report(`${this.name} has ended by itself: ${how}`)
    return how
  }

  #report(what: string): void {
    const { logPath, onUnexpectedExit } = this.#options
    onUnexpectedExit(`${what}; ${logPath} ends with ${lastWordsIn(logPath)}`)
  }

  /** In good order: by a signal, and then it has to exit with 0. Anything else is reported. */
  async stop(): Promise<void> {
    if (this.#child === undefined) return
    this.#isToEnd = true
    this.#child.kill('SIGTERM')
    const late = new Error(`${this.name} has not stopped ${STOP_MAX_MS / 1000} s after SIGTERM`)
    try {
      const how = await inTime(this.#ended, { clock: systemClock, timeoutMs: STOP_MAX_MS, late })
      if (how !== 'exit code 0') this.#report(`${this.name} ended on SIGTERM with ${how}, not 0`)
    } catch {
      this.#report(late.message)
      await this.kill()
    }
  }

  /** The signal alone; whoever sends it kills before long. */
  beginToStop(): void {
    this.#isToEnd = true
    this.#child?.kill('SIGTERM')
  }

  async kill(): Promise<void> {
    this.#isToEnd = true
    this.#child?.kill('SIGKILL')
    const how = await this.#ended
    if (/^exit code [^0]/.test(how)) this.#report(`${this.name} ended with ${how}`)
    await this.#options.front.close()
  }

  freeze(): void {
    this.isFrozen = this.#child?.kill('SIGSTOP') ?? false
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
    this.isFrozen = false
  }
}

/** The last lines, short enough for a table of findings. */
function lastWordsIn(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LAST_LINES)
  return lines.map((line) => line.slice(0, LINE_LENGTH_MAX).trim()).join(' / ')
}

async function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  const answer = await promise
  socket.destroy()
  return answer
}
