/** Rows that are measured side by side: they take turns in several rounds, as a shared machine changes its speed. */
import type { Generator, LoadSpec } from './generator.ts'
import { cpuSecondsOf, type Server } from './server.ts'

/** Before each measurement, so that connections and code are warm. */
const SETTLE_SECONDS = 0.2
const WARM_UP_SECONDS = 1

export interface Row {
  readonly name: string
  readonly load: LoadSpec
  /** Whose CPU time the requests cost. */
  readonly servers: readonly Server[]
  /** How many operations one request is. */
  readonly operations?: number
  readonly goal?: Goal
}

/** What a row is to reach, as a part or a multiple of another row of its group. */
export interface Goal {
  readonly number: number
  readonly of: string
  readonly measure: Measure
  readonly bound: 'at least' | 'at most'
  readonly ratio: number
}

export type Measure = 'rate' | 'CPU' | 'latency'

export interface Sample {
  /** Operations a second. */
  readonly rate: number
  /** CPU time of the servers for each operation, in microseconds. */
  readonly CPU: number
  /** The median, of requests, in milliseconds. */
  readonly latency: number
  /** How many cores the servers used. */
  readonly cores: number
  /** How much of its core the load generator used. */
  readonly busy: number
  readonly failed: number
  readonly problem: string | undefined
}

export interface Measured {
  readonly row: Row
  readonly samples: readonly Sample[]
}

export interface Rounds {
  readonly seconds: number
  readonly rounds: number
  /** Is told what is measured now. */
  progress(what: string): void
}

export async function measureRows(
  rows: readonly Row[],
  generator: Generator,
  { seconds, rounds, progress }: Rounds,
): Promise<Measured[]> {
  const measured = rows.map((row) => ({ row, samples: [] as Sample[] }))
  for (const row of rows) {
    progress(`warm-up: ${row.name}`)
    await measure(row, generator, Math.min(seconds, WARM_UP_SECONDS))
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { row, samples } of measured) {
      progress(`round ${round} of ${rounds}: ${row.name}`)
      samples.push(await measure(row, generator, seconds))
    }
  }
  return measured
}

/** Only what is answered between two readings of the CPU time is sent between them. */
async function measure(row: Row, generator: Generator, seconds: number): Promise<Sample> {
  await generator.open(row.load)
  await generator.closedLoop(Math.min(seconds, SETTLE_SECONDS))
  const before = await cpuSecondsOf(row.servers)
  const report = await generator.closedLoop(seconds)
  const cpuSeconds = (await cpuSecondsOf(row.servers)) - before
  await generator.close()
  const { accepted, refused, failed, cut, problem } = report
  const count = accepted.count * (row.operations ?? 1)
  return {
    rate: count / report.seconds,
    CPU: (cpuSeconds * 1e6) / count,
    latency: accepted.p50,
    cores: cpuSeconds / report.seconds,
    busy: report.busy,
    failed: failed + refused.count,
    problem:
      problem ?? (refused.count > 0 ? 'refused' : cut > 0 ? `${cut} connections were closed` : undefined),
  }
}
