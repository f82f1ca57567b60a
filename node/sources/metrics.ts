/** How the cached responses do: what became of each request, what upstream was asked, what events did. */
import { Counter, Histogram, type Registry } from 'prom-client'

export function createSourceMetrics(registry: Registry) {
  const registers = [registry]
  return {
    responses: new Counter({
      name: 'larder_responses_total',
      help: 'Requests for cached responses, by route type and what became of them.',
      labelNames: ['type', 'result'],
      registers,
    }),
    upstreamCalls: new Counter({
      name: 'larder_upstream_calls_total',
      help: 'Calls to upstream APIs, by route type and status, or why there was none.',
      labelNames: ['type', 'status'],
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'larder_upstream_seconds',
      help: 'How long upstream APIs took.',
      labelNames: ['type'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    }),
    events: new Counter({
      name: 'larder_events_total',
      help: 'Events by what was done: applied, concerning no route, or not understood.',
      labelNames: ['outcome'],
      registers,
    }),
  }
}

export type SourceMetrics = ReturnType<typeof createSourceMetrics>
