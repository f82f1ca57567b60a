/**
 * How many answers there were, and how long they took, by route.
 *
 * Every request is counted here, and prom-client, which looks up labels at every call, is told of it only when
 * somebody reads /metrics.
 */
import { Counter, Histogram, type MetricValueWithName, type Registry } from 'prom-client'

/** Upper ends, in seconds; what takes longer is in one more. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const TIMES = {
  name: 'larder_http_request_seconds',
  help: 'From the headers of a request to the end of its answer.',
  labelNames: ['route'],
} as const

class RouteCounts {
  /** By method and status. */
  readonly answers = new Map<string, Map<number, number>>()
  readonly buckets = new Float64Array(BUCKETS.length + 1)
  seconds = 0
}

export class AnswerCounts {
  readonly #routes = new Map<string, RouteCounts>()
  #total = 0

  constructor(registry: Registry) {
    const routes = this.#routes
    new Counter({
      name: 'larder_http_requests_total',
      help: 'Answers given, by route and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [route, { answers }] of routes)
          for (const [method, statuses] of answers)
            for (const [status, count] of statuses) this.inc({ method, route, status }, count)
      },
    })
    registry.registerMetric(new Times(routes))
  }

  /** How many answers there were. */
  get total(): number {
    return this.#total
  }

  count(route: string, method: string, status: number, seconds: number): void {
    const counts = this.#routeOf(route)
    const statuses = counts.answers.get(method) ?? new Map<number, number>()
    const before = statuses.get(status)
    statuses.set(status, (before ?? 0) + 1)
    if (before === undefined) counts.answers.set(method, statuses)
    let bucket = 0
    while (seconds > (BUCKETS[bucket] ?? Infinity)) bucket++
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
    counts.seconds += seconds
    this.#total++
  }

  #routeOf(route: string): RouteCounts {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const counts = new RouteCounts()
    this.#routes.set(route, counts)
    return counts
  }
}

/** A histogram that is read off the counts. */
class Times extends Histogram<'route'> {
  readonly #routes: ReadonlyMap<string, RouteCounts>

  constructor(routes: ReadonlyMap<string, RouteCounts>) {
    super({ ...TIMES, buckets: BUCKETS, registers: [] })
    this.#routes = routes
  }

  /** What prom-client reads for `get` and for the text of /metrics alike; its types do not tell of it. */
  getForPromString(): object {
    const values = [...this.#routes].flatMap(valuesOf)
    return { name: TIMES.name, help: TIMES.help, type: 'histogram', values }
  }
}

function valuesOf([route, { buckets, seconds }]: [string, RouteCounts]): MetricValueWithName<'route'>[] {
  let count = 0
  const upTo = [...buckets].map((own, index) => {
    count += own
    const labels = { le: BUCKETS[index] ?? '+Inf', route }
    return { metricName: `${TIMES.name}_bucket`, labels, value: count }
  })
  return [
    ...upTo,
    { metricName: `${TIMES.name}_sum`, labels: { route }, value: seconds },
    { metricName: `${TIMES.name}_count`, labels: { route }, value: count },
  ]
}
