/** What requests share, for tests of what takes a part of it: room for everything, unless told otherwise. */
import { pino } from 'pino'
import { createMeans, type RequestMeans } from '../../shared/http/means.ts'
import { createHttpMetrics } from '../../shared/http/metrics.ts'

export function testMeans(inFlightBytesMax = Infinity): RequestMeans {
  return createMeans({ log: pino({ level: 'silent' }), metrics: createHttpMetrics(), inFlightBytesMax })
}
