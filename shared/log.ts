/** One JSON line per event, to standard output; on a terminal they are for people (`readable.ts`). */
import { type Logger, pino } from 'pino'

export type Log = Logger

/** `shape` makes something else of each line. */
export function createLog(service: string, level: string, shape?: (line: string) => string): Log {
  const output = pino.destination({ sync: true })
  output.on('error', () => {
    // A terminal that was closed takes nothing any more. The service ends in good order all the same.
    output.write = () => true
    output.flushSync = () => {}
  })
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describe },
    errorKey: 'error',
  }
  return pino(options, shape === undefined ? output : { write: (line) => output.write(shape(line)) })
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** What an error says, and nothing of what libraries hang on it: a failed AUTH carries the password of Redis. */
function describe(error: unknown): object | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : { message: String(error) }
  const { name, message, stack } = error
  const code = 'code' in error ? error.code : undefined
  return { name, message, code, stack, cause: error.cause === undefined ? undefined : describe(error.cause) }
}
