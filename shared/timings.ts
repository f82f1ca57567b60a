/** How long things took, by what they were: a histogram that prom-client is told of only when somebody reads /metrics. */
import { Histogram, type Registry } from 'prom-client'

/** Upper ends, in seconds; what takes longer is in one more. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Of one of them. */
export class Timing {
  readonly buckets = new Float64Array(BUCKETS.length + 1)
  seconds = 0

  add(seconds: number): void {
    let bucket = 0
    while (seconds > (BUCKETS[bucket] ?? Infinity)) bucket++
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
    this.seconds += seconds
  }
}

export interface TimingsOptions<L extends string> {
  readonly name: string
  readonly help: string
  readonly label: L
  /** Those there are, each with its label. */
  all(): Iterable<readonly [string, Timing]>
}

export function registerTimings<L extends string>(registry: Registry, options: TimingsOptions<L>): void {
  registry.registerMetric(new Timings(options))
}

class Timings<L extends string> extends Histogram<L> {
  readonly #options: TimingsOptions<L>

  constructor(options: TimingsOptions<L>) {
    const { name, help, label } = options
    super({ name, help, labelNames: [label], buckets: BUCKETS, registers: [] })
    this.#options = options
  }

  /** What prom-client reads for `get` and for the text of /metrics alike; its types do not tell of it. */
  getForPromString(): object {
    const { name, help } = this.#options
    return { name, help, type: 'histogram', values: [...this.#values()] }
  }

  /** As its own histograms have them: what all buckets of one share is told beside that. */
  *#values(): Generator<object> {
    const { name, label, all } = this.#options
    for (const [value, { buckets, seconds }] of all()) {
      const sharedLabels = { [label]: value }
      let count = 0
      for (const [index, own] of buckets.entries()) {
        count += own
        const labels = { le: BUCKETS[index] ?? '+Inf' }
        yield { metricName: `${name}_bucket`, labels, sharedLabels, value: count }
      }
      yield { metricName: `${name}_sum`, labels: {}, sharedLabels, value: seconds }
      yield { metricName: `${name}_count`, labels: {}, sharedLabels, value: count }
    }
  }
}
