/**
 * What a flush costs those who are served meanwhile: the latency of reads at a steady rate while 100,000 changed
 * keys are written to disk, beside a node that keeps nothing on disk. The two take turns, as a shared machine
 * changes its speed within minutes.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import { median } from '../median.ts'
import { Generator } from './generator.ts'
import { requestText } from './request.ts'
import { ask, metricOf, type Server } from './server.ts'
import { Stand, type StandOptions } from './stand.ts'
import { fine, markdown } from './table.ts'

const KEYS = 100_000
const BATCH = 1000
const RATE = 2000
const CONNECTIONS = 64
/** A flush begins half an interval after the first change: once all keys have been changed. */
const INTERVAL_MS = 6000
/** Reads are measured from half a second before that, for as long as two flushes take. */
const AHEAD_MS = 500
const WINDOW_SECONDS = 1.5

interface Sample {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly flushSeconds: number
}

export async function measureDisk(
  options: StandOptions,
  { rounds, progress }: { rounds: number; progress(what: string): void },
): Promise<string> {
  // Its own thread writes a flush: bound to one core, that would take the time of those who are served.
  await using stand = await Stand.open({ ...options, cores: undefined })
  const settings = { SYNC_INTERVAL_MS: `${INTERVAL_MS}` }
  const onDisk = await stand.node(settings)
  const inMemory = await stand.node({ ...settings, DATA_DIR: 'off' })
  const generator = new Generator(stand)
  progress('warm-up')
  await measure(onDisk, generator)
  const samples = { 'with a flush': [] as Sample[], 'nothing on disk': [] as Sample[] }
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`)
    samples['with a flush'].push(await measure(onDisk, generator))
    samples['nothing on disk'].push(await measure(inMemory, generator))
  }
  const rows = Object.entries(samples).map(([name, taken]) => [
    name,
    ...(['p50', 'p99', 'max', 'flushSeconds'] as const).map((field) =>
      fine(median(taken.map((sample) => sample[field]))),
    ),
  ])
  return [
    `${rounds} rounds: ${KEYS} keys changed, ${RATE} GET a second for ${WINDOW_SECONDS} s meanwhile; not pinned, as a flush has a thread of its own`,
    '',
    markdown(['latency of GET, ms', 'median', '99th percentile', 'max', 's in a flush'], rows),
  ].join('\n')
}

/** Changes all keys, then reads at a steady rate while they are written. */
async function measure(node: Server, generator: Generator): Promise<Sample> {
  const before = await metricOf(node, 'larder_disk_seconds_total').catch(() => 0)
  const beginAtMs = performance.now() + INTERVAL_MS / 2 - AHEAD_MS
  for (let start = 0; start < KEYS; start += BATCH)
    await ask(node, { path: '/api/v1/batch', body: changeOf(start) })
  if (performance.now() > beginAtMs) throw new Error('the machine is too slow: the flush began too early')
  const requests = [requestText({ path: '/api?key=dish:42' })]
  await generator.open({ ports: [node.port], requests, connections: CONNECTIONS })
  await pause(systemClock, beginAtMs - performance.now())
  const { accepted, failed, problem } = await generator.openLoop(WINDOW_SECONDS, RATE)
  await generator.close()
  if (failed > 0) throw new Error(`${failed} reads failed: ${problem}`)
  const flushSeconds = (await metricOf(node, 'larder_disk_seconds_total').catch(() => 0)) - before
  return { ...accepted, flushSeconds }
}

function changeOf(start: number): object {
  const data = performance.now()
  return {
    ops: Array.from({ length: BATCH }, (_, index) => ({ op: 'set', key: `dish:${start + index}`, data })),
  }
}
