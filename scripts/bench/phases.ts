/** What others notice in each phase of a run, beside the first, in which there is nothing else to do. */
import type { LatencySummary } from './latencies.ts'
import { fine, markdown, whole } from './table.ts'

export interface Phase {
  readonly name: string
  readonly took: LatencySummary
  readonly failed: number
}

export function latencyTable(phases: readonly Phase[]): string {
  const idle = phases[0]?.took.p999 ?? Number.NaN
  const rows = phases.map(({ name, took: { p50, p99, p999, max }, failed }) => [
    name,
    ...[p50, p99, p999, max].map(fine),
    fine(p999 - idle),
    whole(failed),
  ])
  return markdown(
    [
      'latency of GET, ms',
      'median',
      '99th percentile',
      '99.9th',
      'max',
      '99.9th over that of the first',
      'failed',
    ],
    rows,
  )
}
