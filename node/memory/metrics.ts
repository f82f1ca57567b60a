/** What is held, read off the memory when somebody asks. */
import { Counter, Gauge, type Registry } from 'prom-client'
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
  new Counter({
    name: 'larder_evictions_total',
    help: 'Values dropped, those that were not used for long first, by what had no room: max_bytes, beside (it takes of MAX_BYTES) or heap.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(memory.counts.evicted)) this.inc({ reason }, count)
    },
  })
  tellCounter(registry, {
    name: 'larder_expirations_total',
    help: 'Values and presences that reached the end of their ttl.',
    read: () => memory.counts.expirations,
  })
}
