/** How the disk keeps up, read off the write-behind when somebody asks. */
import type { Registry } from 'prom-client'
import { tellCounter, tellGauge } from '../../shared/metrics.ts'
import type { WriteBehind } from './write-behind.ts'

export function registerDiskMetrics(registry: Registry, writes: WriteBehind): void {
  for (const [name, help, read] of [
    [
      'larder_disk_behind_seconds',
      'Age of the oldest change that is not on disk yet.',
      () => writes.behindMs / 1000,
    ],
    ['larder_disk_waiting_rows', 'Rows that are not on disk yet.', () => writes.waiting],
    [
      'larder_disk_aside_rows',
      'Rows that the disk does not take, while it takes others.',
      () => writes.aside,
    ],
    [
      'larder_disk_failing',
      '1 while nothing can be written, else 0.',
      () => Number(writes.trouble !== undefined),
    ],
  ] as const)
    tellGauge(registry, { name, help, read })
  for (const [name, help, count] of [
    ['larder_disk_written_rows_total', 'Rows written to disk.', 'written'],
    ['larder_disk_row_failures_total', 'Rows that failed by themselves and were set aside.', 'rowFailures'],
    ['larder_disk_failures_total', 'Transactions of which nothing could be written.', 'failures'],
    ['larder_disk_seconds_total', 'Time spent in transactions.', 'seconds'],
  ] as const)
    tellCounter(registry, { name, help, read: () => writes.counts[count] })
}
