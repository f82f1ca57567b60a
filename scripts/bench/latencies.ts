/** How long answers took: as many as come, in little memory, each to the next per cent. */

/** Buckets for each time that e fits in: neighbours are one per cent apart. */
const BUCKETS_A_FOLD = 100
/** Up to e^20 us, eight minutes. */
const BUCKETS = 20 * BUCKETS_A_FOLD

export interface LatencySummary {
  readonly count: number
  /** In milliseconds, as all of these. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export class Latencies {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #maxMs = 0

  add(ms: number): void {
    const bucket = Math.round(Math.log(ms * 1000) * BUCKETS_A_FOLD)
    const index = bucket > 0 ? Math.min(bucket, BUCKETS - 1) : 0
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#count++
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  /** The least latency that this part of all did not exceed, in milliseconds; NaN when there is none. */
  percentile(part: number): number {
    if (this.#count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(this.#count * part))
    let seen = 0
    const index = this.#counts.findIndex((count) => {
      seen += count
      return seen >= rank
    })
    return Math.min(Math.exp(index / BUCKETS_A_FOLD) / 1000, this.#maxMs)
  }

  summary(): LatencySummary {
    const [p50, p99, p999] = [0.5, 0.99, 0.999].map((part) => this.percentile(part)) as [
      number,
      number,
      number,
    ]
    return { count: this.#count, p50, p99, p999, max: this.#maxMs }
  }
}
