/**
 * What a member measures of itself, as those see it who look at the page: the same numbers as in its metrics, of which
 * each has one name here and its own name there.
 */
import type { Registry } from 'prom-client'
import { z } from 'zod'

const Measure = z.number().optional()

export const Measures = z.object({
  /** Since it started: what clients asked, and what of that failed. */
  requests: Measure,
  errors: Measure,
  /** How many of these took how long: upper ends in seconds, the last without one, with what took no longer. */
  took: z.array(z.tuple([z.number().nullable(), z.number()])).optional(),
  hits: Measure,
  misses: Measure,
  evictions: Measure,
  memory_full: Measure,
  lost_slots: Measure,
  /** Now. */
  bytes: Measure,
  kept_bytes: Measure,
  max_bytes: Measure,
  slots_short: Measure,
  slots_waiting: Measure,
  disk_behind_seconds: Measure,
  disk_failing: Measure,
  disk_aside_rows: Measure,
  kafka_lag: Measure,
  /** 1, or 0 while it is out of reach; nothing where it is not listened to. */
  kafka_connected: Measure,
})
export type Measures = z.infer<typeof Measures>

type Labels = Readonly<Partial<Record<string, string | number>>>
interface Value {
  readonly value: number
  readonly labels: Labels
}
type Row = readonly [metric: string, counts?: (labels: Labels) => boolean]

/** What machines ask all the time, what members ask each other, and streams, which last as long as somebody looks. */
const NOT_ASKED_BY_CLIENTS =
  /^(?:\/|\/livez|\/readyz|\/healthcheck|\/metrics|\/openapi\.json|\/cluster\/.*|unknown)$/
const OF_THE_PAGE = /^\/api\/v1\/(?:page\/.*|status|rights|watch|holders|cluster)$/

const isOfClients = ({ route = '' }: Labels) =>
  !NOT_ASKED_BY_CLIENTS.test(String(route)) && !OF_THE_PAGE.test(String(route))

const ROWS: Readonly<Record<Exclude<keyof Measures, 'took'>, readonly Row[]>> = {
  requests: [['larder_http_requests_total', isOfClients], ['larder_redis_commands_total']],
  errors: [
    ['larder_http_requests_total', (labels) => isOfClients(labels) && Number(labels['status']) >= 500],
  ],
  hits: [['larder_reads_total', ({ result }) => result === 'hit']],
  misses: [['larder_reads_total', ({ result }) => result === 'miss']],
  evictions: [['larder_evictions_total']],
  memory_full: [['larder_memory_full_total']],
  lost_slots: [['larder_lost_slots_total']],
  bytes: [['larder_bytes']],
  kept_bytes: [['larder_kept_bytes']],
  max_bytes: [['larder_max_bytes']],
  slots_short: [['larder_slots_short']],
  slots_waiting: [['larder_slots_waiting']],
  disk_behind_seconds: [['larder_disk_behind_seconds']],
  disk_failing: [['larder_disk_failing']],
  disk_aside_rows: [['larder_disk_aside_rows']],
  kafka_lag: [['larder_kafka_lag']],
  kafka_connected: [['larder_kafka_connected']],
}
const TIMINGS = ['larder_http_request_seconds', 'larder_redis_command_seconds'] as const

/** What there is of them: a member without a disk has no lag of one. */
export async function readMeasures(registry: Registry): Promise<Measures> {
  const known = new Map<string, Promise<readonly Value[] | undefined>>()
  const read = (metric: string) => {
    const reading = known.get(metric) ?? valuesOf(registry, metric)
    known.set(metric, reading)
    return reading
  }
  const measures: Record<string, number> = {}
  for (const [name, rows] of Object.entries(ROWS)) {
    for (const [metric, counts = () => true] of rows) {
      const values = await read(metric)
      if (values === undefined) continue
      const own = values.filter(({ labels }) => counts(labels))
      measures[name] = own.reduce((sum, { value }) => sum + value, measures[name] ?? 0)
    }
  }
  return { ...measures, took: await tookOf(registry) }
}

async function valuesOf(registry: Registry, metric: string): Promise<readonly Value[] | undefined> {
  const { type, values } = (await registry.getSingleMetric(metric)?.get()) ?? {}
  // A counter may still count; a gauge without a value is of something that is not there.
  return String(type) === 'gauge' && values?.length === 0 ? undefined : values
}

async function tookOf(registry: Registry): Promise<[number | null, number][]> {
  const counts = new Map<number | null, number>()
  for (const metric of TIMINGS)
    for (const { value, labels } of (await valuesOf(registry, metric)) ?? []) {
      const { le } = labels
      if (le === undefined || !isOfClients(labels)) continue
      const end = le === '+Inf' ? null : Number(le)
      counts.set(end, (counts.get(end) ?? 0) + value)
    }
  return [...counts]
}
