/**
 * How long requests take that come at a fixed rate, whether or not those before them have been answered: each counts from
 * when it was due, so that who waits because others were late is not left out (coordinated omission; Tene, "How NOT to
 * Measure Latency", 2015). And what they cost: CPU time of all processes that had a part in it.
 */
import { Generator } from './generator.ts'
import { batches, keys } from './keys.ts'
import type { LoadReport } from './load.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown, whole } from './table.ts'
import { larders, others, type Target } from './targets.ts'
import { missingPrograms } from './webdis.ts'

/** More than are under way at a time. */
const CONNECTIONS = 256
const WARM_UP_SECONDS = 5
/** Of what a closed loop is answered, which is what can be served. */
const PARTS = [
  { part: 'a tenth', of: 0.1 },
  { part: 'a third', of: 1 / 3 },
  { part: 'two thirds', of: 2 / 3 },
] as const
const FIRST_SECONDS = 10
/** A flush of so many changed keys begins half an interval after the first, and takes about a second. */
const CHANGED_KEYS = 100_000
const FLUSH_SECONDS = 6
const LATE_MAX_MS = 1

export interface LatencyOptions {
  readonly seconds: number
  /** In the place of parts of what can be served. */
  readonly perSecond: number | undefined
  progress(what: string): void
}

interface Row {
  readonly name: string
  readonly perSecond: number
  readonly report: LoadReport
  readonly cpuSeconds: number
}

interface Asked {
  readonly name: string
  readonly requests: readonly string[]
  readonly perSecond: number
  readonly seconds: number
}

export async function measureLatency(options: StandOptions, asked: LatencyOptions): Promise<string> {
  // Several members, and their disks, share all cores; nothing is bound to one.
  const unbound = { ...options, cores: undefined }
  await using outer = await Stand.open(unbound)
  const generator = new Generator(outer)
  const missing = missingPrograms()
  const rows: Row[] = []
  for (const target of missing.length === 0 ? [...larders, ...others] : larders)
    rows.push(...(await rowsOf(target, unbound, { ...asked, generator })))
  return [
    `${asked.seconds} s a row, ${CONNECTIONS} connections; CPU is that of all processes, uplink and Redis too`,
    '',
    markdown(HEAD, rows.map(cellsOf)),
    '',
    ...(missing.length > 0 ? [`- nothing stands beside it: ${missing.join(' and ')} not installed`] : []),
    ...rows.flatMap(notesOn),
  ].join('\n')
}

type Measuring = LatencyOptions & { readonly generator: Generator }

async function rowsOf(target: Target, options: StandOptions, measuring: Measuring): Promise<Row[]> {
  const rows = await warmRows(target, options, measuring)
  // Of POST: a third, or what was asked for.
  const { perSecond = 0 } = rows.at(-2) ?? {}
  if (target.isHardest !== true) return rows
  const { name, requests } = target
  const post = { requests: requests.POST, perSecond }
  await using started = await Started.of(target, options, measuring)
  const first = `${name}, POST, the first ${FIRST_SECONDS} s`
  rows.push(await started.measure({ ...post, name: first, seconds: FIRST_SECONDS }))
  await started.change()
  const flushing = `${name}, POST, while ${CHANGED_KEYS} changed keys are flushed`
  rows.push(await started.measure({ ...post, name: flushing, seconds: FLUSH_SECONDS }))
  return rows
}

async function warmRows(target: Target, options: StandOptions, measuring: Measuring): Promise<Row[]> {
  const { seconds, progress } = measuring
  progress(`starting ${target.name}`)
  await using started = await Started.of(target, options, measuring)
  const rows: Row[] = []
  for (const verb of ['GET', 'POST'] as const) {
    const requests = target.requests[verb]
    for (const { part, perSecond } of await started.rates(requests)) {
      const name = `${target.name}, ${verb}, ${part}`
      rows.push(await started.measure({ name, requests, perSecond, seconds }))
    }
  }
  return rows
}

/** A target that runs. */
class Started implements AsyncDisposable {
  readonly #stand: Stand
  readonly #ports: readonly number[]
  readonly #measuring: Measuring

  static async of(target: Target, options: StandOptions, measuring: Measuring): Promise<Started> {
    const stand = await Stand.open(options)
    return new Started(stand, await target.start(stand), measuring)
  }

  private constructor(stand: Stand, ports: readonly number[], measuring: Measuring) {
    this.#stand = stand
    this.#ports = ports
    this.#measuring = measuring
  }

  /** Warm from then on. */
  async rates(requests: readonly string[]): Promise<{ part: string; perSecond: number }[]> {
    const { perSecond, seconds, generator } = this.#measuring
    await generator.open({ ports: this.#ports, requests, connections: CONNECTIONS })
    try {
      if (perSecond !== undefined) {
        await generator.openLoop(WARM_UP_SECONDS, perSecond)
        return [{ part: 'as asked for', perSecond }]
      }
      await generator.closedLoop(WARM_UP_SECONDS)
      const { accepted, seconds: taken } = await generator.closedLoop(seconds)
      return PARTS.map(({ part, of }) => ({ part, perSecond: (of * accepted.count) / taken }))
    } finally {
      await generator.close()
    }
  }

  async measure({ name, requests, perSecond, seconds }: Asked): Promise<Row> {
    const { generator, progress } = this.#measuring
    progress(name)
    await generator.open({ ports: this.#ports, requests, connections: CONNECTIONS })
    const before = this.#stand.cpuSeconds
    const report = await generator.openLoop(seconds, perSecond)
    const cpuSeconds = this.#stand.cpuSeconds - before
    await generator.close()
    return { name, perSecond, report, cpuSeconds }
  }

  /** As many keys as a flush is to have. */
  async change(): Promise<void> {
    const { generator } = this.#measuring
    const requests = batches('set', keys(CHANGED_KEYS, 'dish'), 1000)
    await generator.open({ ports: this.#ports, requests, connections: 4 })
    await generator.inAll(requests.length)
    await generator.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stand[Symbol.asyncDispose]()
  }
}

const HEAD = ['', 'due / s', 'answered / s', 'median ms', 'p99', 'p99.9', 'max', 'CPU us']

function cellsOf({ name, report, perSecond, cpuSeconds }: Row): string[] {
  const { accepted, seconds } = report
  return [
    name,
    whole(perSecond),
    whole(accepted.count / seconds),
    ...[accepted.p50, accepted.p99, accepted.p999, accepted.max].map(fine),
    whole((cpuSeconds * 1e6) / accepted.count),
  ]
}

function notesOn({ name, report: { lateMs, failed, refused, problem } }: Row): string[] {
  const missed = failed + refused.count
  return [
    ...(lateMs > LATE_MAX_MS ? [`- ${name}: the load generator was ${fine(lateMs)} ms late`] : []),
    ...(missed > 0 ? [`- ${name}: ${missed} failed (${problem ?? 'refused'})`] : []),
  ]
}
