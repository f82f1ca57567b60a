/**
 * Runs a service as the process: started, stopped by a signal, with an exit code that tells the truth.
 *
 * SIGTERM, SIGINT, SIGHUP and the end of the parent's channel stop it in good order. A second signal ends it at once;
 * one that comes right behind the first is an echo: npm passes on what the terminal has sent already.
 */
import { ConfigError } from './config.ts'
import { LarderError } from './errors.ts'

const ECHO_MS = 1000
/** Stopping takes less; a part that hangs must not keep the process. */
const STOP_MAX_MS = 25_000

/** `start` may call `fail` later on, when the service finds that it cannot go on. */
export async function runService(
  start: (fail: (error: Error) => void) => Promise<AsyncDisposable>,
): Promise<void> {
  let stoppingSinceMs: number | undefined
  const begin = Promise.try(() => start(die))
  const stop = async () => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > ECHO_MS)
        die(new Error('stopped before everything was in order'))
      return
    }
    stoppingSinceMs = performance.now()
    setTimeout(() => die(new Error(`did not stop within ${STOP_MAX_MS} ms`)), STOP_MAX_MS)
    const service = await begin
    await service[Symbol.asyncDispose]()
    process.exit(0)
  }
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', stop).on('disconnect', stop)
  if (process.send !== undefined && !process.connected) void stop() // The parent was gone before it could be listened to.
  try {
    await begin
  } catch (error) {
    die(error)
  }
}

function die(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `cannot listen there: ${error.message}`
  if (code === 'EADDRINUSE') return `port ${port} is taken by another process: set PORT, or stop that process`
  const isExpected = error instanceof ConfigError || error instanceof LarderError
  return isExpected ? error.message : (error.stack ?? error.message)
}
