/** What is held, read off the memory when somebody asks. */
import { Gauge, type Registry } from 'prom-client'
import { tellCounter, tellGauge } from '../../shared/metrics.ts'
import { COUNTED } from './census.ts'
import type { Memory } from './memory.ts'

export function registerMemoryMetrics(registry: Registry, memory: Memory): void {
  const registers = [registry]
  new Gauge({
    name: 'larder_entries',
    help: 'Entries held, by kind: contents have reactions, records make increments count once, tombstones remember deletes.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const kind of COUNTED) this.set({ kind }, memory.counts[kind])
    },
  })
  tellGauge(registry, {
    name: 'larder_bytes',
    help: 'Memory that the entries count against MAX_BYTES.',
    read: () => memory.counts.bytes,
  })
  for (const [name, help, count] of [
    [
      'larder_evictions_total',
      'Values dropped to keep MAX_BYTES, those that were not used for long first.',
      'evictions',
    ],
    ['larder_expirations_total', 'Values and presences that reached the end of their ttl.', 'expirations'],
  ] as const)
    tellCounter(registry, { name, help, read: () => memory.counts[count] })
}
