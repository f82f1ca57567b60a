/** What is held, and what waits: read off the memory and the shards when somebody asks. */
import { Counter, Gauge, type Registry } from 'prom-client'
import { tellCounter, tellGauge } from '../../shared/metrics.ts'
import { COUNTED } from '../memory/census.ts'
import type { Memory } from '../memory/memory.ts'
import type { Shards } from './shards.ts'

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

export function registerShardMetrics(registry: Registry, shards: Shards): void {
  const registers = [registry]
  new Gauge({
    name: 'larder_queue_length',
    help: 'Writes that wait in each shard; MAX_QUEUE is the most.',
    labelNames: ['shard'],
    registers,
    collect() {
      for (const [shard, waiting] of shards.waiting.entries()) this.set({ shard }, waiting)
    },
  })
  new Counter({
    name: 'larder_refused_writes_total',
    help: 'Writes answered with OVERLOADED because the queue of their shard was full.',
    labelNames: ['shard'],
    registers,
    collect() {
      this.reset()
      for (const [shard, refused] of shards.refused.entries()) this.inc({ shard }, refused)
    },
  })
}
