/**
 * The processes of a local cluster: started, watched, started again, stopped. None outlives this one.
 *
 * Each is in a process group of its own, so that a terminal's Ctrl-C reaches only this process, which then
 * stops the nodes and after them uplink. Should this process be killed, they see their IPC channel close
 * and stop by themselves.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pause, systemClock } from '../shared/clock.ts'
import { readableLines } from '../shared/readable.ts'
import type { Program } from './programs.ts'

const RESTARTS_MAX = 5
const RESTART_DELAY_MS = 1000
/** What has not stopped by then is killed. */
const STOP_GRACE_MS = 45_000
/** npm passes on a signal that the terminal has delivered already: within this time it is the same one. */
const SAME_SIGNAL_MS = 1000
/** How much of its standard error is repeated when a process ends too early. */
const LAST_WORDS_LINES = 20

export class Processes {
  readonly #running = new Map<Program, ChildProcess>()
  readonly #stopping = new AbortController()
  readonly #earlyEnd = Promise.withResolvers<never>()
  /** What the processes log goes through here, so that they do not see the terminal. */
  readonly #shape = process.stdout.isTTY ? readableLines() : (line: string) => line
  #started = false
  #stopped: Promise<void> | undefined
  #signalledAtMs: number | undefined
  readonly #isRenewable: boolean

  /** @param isRenewable whether there are files that the processes read anew at SIGHUP; it stops them otherwise. */
  constructor({ isRenewable = false } = {}) {
    this.#isRenewable = isRenewable
  }

  /**
   * Runs `startUp`, which starts the processes and waits until they serve. One that ends before that stops
   * everything; one that ends later is started again. The signals to stop are heeded throughout.
   */
  async run(startUp: (stopping: AbortSignal) => Promise<void>): Promise<void> {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#heed)
    process.on('SIGHUP', this.#isRenewable ? this.#renew : this.#heed)
    // Whoever read this is gone, like a terminal that was closed.
    for (const output of [process.stdout, process.stderr]) output.on('error', () => void this.#stop())
    try {
      await Promise.race([startUp(this.#stopping.signal), this.#earlyEnd.promise])
      this.#started = true
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      console.error(`larder: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
      await this.#stop()
    }
  }

  start(program: Program, restarts = 0): void {
    const child = fork(program.entry, {
      env: { ...program.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#running.set(program, child)
    const lastWords: string[] = []
    forEachLine(child.stdout, (line) => console.log(this.#shape(line).trimEnd()))
    forEachLine(child.stderr, (line) => {
      console.error(line)
      lastWords.push(line)
      if (lastWords.length > LAST_WORDS_LINES) lastWords.shift()
    })
    child.once('close', (code, signal) => {
      this.#running.delete(program)
      if (this.#stopping.signal.aborted) return
      const end = `${program.name} has ended (${signal ?? `exit code ${code}`})`
      if (this.#started) void this.#restart(program, end, restarts + 1)
      else this.#earlyEnd.reject(new Error([`${end} before it was ready.`, ...lastWords].join('\n')))
    })
  }

  async #restart(program: Program, end: string, restarts: number): Promise<void> {
    if (restarts > RESTARTS_MAX) {
      console.error(`larder: ${end}. It has been started again ${RESTARTS_MAX} times and now stays down.`)
      process.exitCode = 1
      return
    }
    console.error(`larder: ${end}. The others go on; it is started again (${restarts} of ${RESTARTS_MAX}).`)
    await pause(systemClock, RESTART_DELAY_MS, this.#stopping.signal)
    if (!this.#stopping.signal.aborted) this.start(program, restarts)
  }

  readonly #heed = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    this.#signalledAtMs ??= nowMs
    if (nowMs - this.#signalledAtMs > SAME_SIGNAL_MS) {
      console.error(`larder: ${signal} again, so the rest is killed.`)
      for (const child of this.#running.values()) child.kill('SIGKILL')
      process.exit(1)
    }
    if (this.#stopped === undefined) console.error(`larder: ${signal}, stopping.`)
    void this.#stop()
  }

  readonly #renew = (): void => {
    for (const child of this.#running.values()) child.kill('SIGHUP')
  }

  /** Nodes first: a node that leaves tells uplink. */
  #stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopped ??= this.#stopAll('node').then(() => this.#stopAll('uplink'))
    return this.#stopped
  }

  async #stopAll(kind: Program['kind']): Promise<void> {
    const children = [...this.#running].filter(([program]) => program.kind === kind)
    const timer = setTimeout(() => {
      for (const [program, child] of children) {
        if (!this.#running.has(program)) continue
        console.error(`larder: ${program.name} has not stopped in ${STOP_GRACE_MS / 1000} s and is killed.`)
        process.exitCode = 1
        child.kill('SIGKILL')
      }
    }, STOP_GRACE_MS)
    await Promise.all(
      children.map(([, child]) => {
        const closed = once(child, 'close')
        child.kill('SIGTERM')
        return closed
      }),
    )
    clearTimeout(timer)
  }
}

/** Line by line, so that what several processes say at once does not get mixed up. */
function forEachLine(input: Readable | null, take: (line: string) => void): void {
  if (input !== null) createInterface({ input }).on('line', take)
}
