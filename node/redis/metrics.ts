/** What passes between this node and the engine. */
import { Counter, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'

export interface EngineMetrics {
  readonly failures: Counter<'code'>
}

export function createEngineMetrics(registry: Registry, waiting: () => number): EngineMetrics {
  tellGauge(registry, {
    name: 'larder_engine_commands_waiting',
    help: 'Commands that are on their way to the engine, also those that nobody waits for any more.',
    read: waiting,
  })
  return {
    failures: new Counter({
      name: 'larder_engine_failures_total',
      help: 'Commands that the engine has not carried out, or not in time, by the code of the answer.',
      labelNames: ['code'],
      registers: [registry],
    }),
  }
}
