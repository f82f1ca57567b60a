/**
 * Runs a service as the process: started, stopped by a signal, with an exit code that tells the truth.
 *
 * SIGTERM, SIGINT and the end of the parent's channel stop it in good order, and so does SIGHUP where there is nothing that it
 * would read anew. A second signal ends it at once; one that comes right behind the first is an echo: npm passes on
 * what the terminal has sent already.
 */
import { ConfigError } from './config.ts'
import { LarderError } from './errors.ts'
import { helpFor } from './help.ts'
import type { Log } from './log.ts'
import { THREADS } from './lookups.ts'

const ECHO_MS = 1000
/** Stopping takes less; a part that hangs must not keep the process. */
const STOP_MAX_MS = 40_000

export interface Service extends AsyncDisposable {
  /** Reads its files anew. Never throws. */
  readonly renew?: (() => void) | undefined
}

/** Reads anew whatever there is of these; `undefined` where there is nothing. */
export function renewalOf(
  files: readonly ({ renew(log: Log): void } | undefined)[],
  log: Log,
): (() => void) | undefined {
  const there = files.filter((file) => file !== undefined)
  if (there.length === 0) return undefined
  return () => {
    for (const file of there) file.renew(log)
  }
}

/** `start` may call `fail` later on, when the service finds that it cannot go on; it is stopped in good order then too. */
export async function runService(start: (fail: (error: Error) => void) => Promise<Service>): Promise<void> {
  // Heeded as long as nothing has used a thread.
  const threads = Math.max(THREADS, Number(process.env['UV_THREADPOOL_SIZE']) || 0)
  process.env['UV_THREADPOOL_SIZE'] = String(threads)
  let stoppingSinceMs: number | undefined
  const stop = async (reason?: Error) => {
    if (reason !== undefined) process.stderr.write(`${explain(reason)}\n`)
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > ECHO_MS)
        die(new Error('stopped before everything was in order'))
      return
    }
    stoppingSinceMs = performance.now()
    setTimeout(() => {
      process.stderr.write(`did not stop within ${STOP_MAX_MS} ms\n`)
      // An exit in good order waits for every thread, and one of them may be what hangs.
      process.kill(process.pid, 'SIGKILL')
    }, STOP_MAX_MS)
    try {
      const service = await begin
      await service[Symbol.asyncDispose]()
      process.exit(reason === undefined ? 0 : 1)
    } catch (error) {
      die(error)
    }
  }
  // Before anything is started: who hears that it is there may stop it at once.
  const heed = () => void stop()
  process.on('SIGTERM', heed).on('SIGINT', heed).on('disconnect', heed)
  process.on('SIGHUP', () => {
    const hear = ({ renew }: Service) => (renew === undefined ? heed() : renew())
    void begin.then(hear, () => {}) // One that does not begin says so itself.
  })
  const begin = Promise.try(() => start((error) => void stop(error)))
  if (process.send !== undefined && !process.connected) heed() // The parent was gone before it could be listened to.
  try {
    await begin
  } catch (error) {
    die(error)
  }
}

/** Ends a process that is asked what it is, or told what it does not understand: settings are in the environment. */
export function endIfAsked(args: readonly string[], usage: string): void {
  const help = helpFor(args, usage)
  if (help !== undefined) process.stdout.write(`${help}\n`)
  else if (args.length > 0) process.stderr.write(`${args.join(' ')}: not understood\n${usage}\n`)
  else return
  process.exit(help === undefined ? 2 : 0)
}

/** On a terminal, what makes lines of the log readable; it is loaded only there. */
export async function lineShape(): Promise<((line: string) => string) | undefined> {
  if (!process.stdout.isTTY) return undefined
  const { readableLines } = await import('./readable.ts')
  return readableLines()
}

function die(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const {
    code,
    port,
    setting = 'PORT',
  } = error as NodeJS.ErrnoException & { port?: number; setting?: string }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `cannot listen there: ${error.message}`
  if (code === 'EADDRINUSE')
    return `port ${port} is taken by another process: set ${setting}, or stop that process`
  const isExpected = error instanceof ConfigError || error instanceof LarderError
  return isExpected ? error.message : (error.stack ?? error.message)
}
