/** What others notice in each phase of a run: reads of other keys at a steady rate, beside a first phase with nothing else to do. */
import { pause, systemClock } from '../../shared/clock.ts'
import { Generator } from './generator.ts'
import { gets, keys, store } from './keys.ts'
import type { LatencySummary } from './latencies.ts'
import type { Server } from './server.ts'
import type { Stand } from './stand.ts'
import { fine, markdown, whole } from './table.ts'

const OTHER_KEYS = 300
/** Reads a second. */
export const RATE = 500

export interface PhasesOptions {
  readonly connections: number
  /** Of each phase. */
  readonly seconds: number
  /** From the end of one phase to the beginning of the next. */
  readonly restMs: number
  progress(what: string): void
}

interface Phase {
  readonly name: string
  readonly took: LatencySummary
  readonly failed: number
}

export class Phases {
  readonly #generator: Generator
  readonly #options: PhasesOptions
  readonly #phases: Phase[] = []

  /** The first phase is over then. */
  static async begin(stand: Stand, members: readonly Server[], options: PhasesOptions): Promise<Phases> {
    const others = keys(OTHER_KEYS)
    await store(others, members.slice(0, 1))
    const generator = new Generator(stand)
    const ports = members.map(({ port }) => port)
    await generator.open({ ports, requests: gets(others), connections: options.connections })
    const phases = new Phases(generator, options)
    await generator.openLoop(options.seconds, RATE)
    await phases.measure('nothing else', async () => {})
    return phases
  }

  private constructor(generator: Generator, options: PhasesOptions) {
    this.#generator = generator
    this.#options = options
  }

  /** Resolves once the phase is over, and what was begun with it too. */
  async measure(name: string, begin: () => Promise<unknown>): Promise<void> {
    const { seconds, restMs, progress } = this.#options
    progress(name)
    await pause(systemClock, restMs)
    const [{ accepted, failed }] = await Promise.all([this.#generator.openLoop(seconds, RATE), begin()])
    this.#phases.push({ name, took: accepted, failed })
  }

  table(): string {
    return latencyTable(this.#phases)
  }
}

function latencyTable(phases: readonly Phase[]): string {
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
