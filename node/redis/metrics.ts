/** What passes between this node and the engine. */
import { Counter, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'

export interface EngineMetrics {
  readonly failures: Counter<'code'>
  readonly feedFailures: Counter<'task'>
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
    feedFailures: new Counter({
      name: 'larder_engine_feed_failures_total',
      help: 'How often the engine has not said what was changed, or not in time, by what was to be done for those who watch.',
      labelNames: ['task'],
      registers: [registry],
    }),
  }
}
