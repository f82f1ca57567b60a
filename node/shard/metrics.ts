/** What waits, read off the shards when somebody asks. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Shards } from './shards.ts'

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
  new Counter({
    name: 'larder_memory_full_total',
    help: 'Writes answered with MEMORY_FULL, by what they were about.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, refused] of Object.entries(shards.refusedForMemory)) this.inc({ kind }, refused)
    },
  })
}
