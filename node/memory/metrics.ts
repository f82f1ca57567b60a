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
  const { books } = memory
  for (const [name, help, read] of [
    [
      'larder_bytes',
      'What is stored, as it counts against MAX_BYTES.',
      () => books.bytes + books.besideBytes,
    ],
    ['larder_kept_bytes', 'Of that, what is never evicted.', () => books.keptBytes],
    ['larder_max_bytes', 'MAX_BYTES.', () => books.bytesMax],
  ] as const)
    tellGauge(registry, { name, help, read })
  new Gauge({
    name: 'larder_beside_bytes',
    help: 'Of what is stored, what lies beside the entries: what waits for the disk, tokens for refreshes.',
    labelNames: ['what'],
    registers,
    collect() {
      for (const [what, read] of Object.entries(books.beside)) this.set({ what }, read())
    },
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
