/** What all requests of a process share: room for what is in flight, and turns for what is long. */
import type { Registry } from 'prom-client'
import { systemClock } from '../clock.ts'
import { InFlight, registerInFlightMetrics } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { createTurns, type Turns } from '../turns.ts'

export interface RequestMeans {
  readonly inFlight: InFlight
  readonly turns: Turns
}

export interface MeansOptions {
  readonly log: Log
  readonly metrics: { readonly registry: Registry }
  readonly inFlightBytesMax?: number
}

/** Of a process that has no setting for it: what it is sent, and answers, is small. */
const IN_FLIGHT_BYTES_MAX = 64 * 2 ** 20

export function createMeans(options: MeansOptions): RequestMeans {
  const { log, metrics, inFlightBytesMax = IN_FLIGHT_BYTES_MAX } = options
  const inFlight = new InFlight({ log, bytesMax: inFlightBytesMax })
  registerInFlightMetrics(metrics.registry, inFlight)
  return { inFlight, turns: createTurns(metrics.registry, systemClock) }
}
