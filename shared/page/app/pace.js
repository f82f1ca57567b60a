/**
 * What has become of the numbers from one look to the next: how many a second, how long, how soon. Members count from their
 * start, so that only what the same life has told twice is compared.
 *
 * @typedef {import('../status.ts').ClusterStatus} ClusterStatus
 * @typedef {NonNullable<NonNullable<ClusterStatus['members'][number]['status']>['measures']>} Measures
 * @typedef {Record<'at', number> & Record<
 *   'requests' | 'errors' | 'p50' | 'p99' | 'hits' | 'bytes' | 'maxBytes' | 'evictions' | 'diskBehind' | 'kafkaLag' | 'arriving' | 'short',
 *   number | null>} Sample  `at` and lags in seconds; p50 and p99 in milliseconds; hits in per cent; null where nothing can be told.
 */

/** A quarter of an hour. */
const SAMPLES_MAX = 900
/** For how soon all will be whole again, and for what happens "now". */
const RECENT_SECONDS = 10
const FAILING_MIN = 0.01

export class Pace {
  /** @type {Sample[]} The newest last. */
  samples = []
  /** @type {Map<string, { at: number, measures: Measures }[]>} By life, the newest last, of the last seconds. */
  #recent = new Map()
  #last = -Infinity

  /** @param {ClusterStatus} status */
  add(status) {
    const at = Date.parse(status.at) / 1000
    // A clock that was set back: what came before is of another time.
    if (at <= this.#last) this.#forget()
    this.#last = at
    const grown = this.#grown(status, at)
    this.samples = [...this.samples, sampleOf(status, at, grown)].slice(-SAMPLES_MAX)
  }

  /** In so many seconds no slot will be short of a copy any more, or arriving; undefined where that cannot be told. */
  get wholeInSeconds() {
    const last = this.samples.at(-1)
    if (last === undefined) return undefined
    const recent = this.samples.filter(({ at }) => at >= last.at - RECENT_SECONDS)
    const most = recent.reduce((most, one) => (owed(one) > owed(most) ? one : most), last)
    const perSecond = (owed(most) - owed(last)) / (last.at - most.at)
    return owed(last) > 0 && perSecond > 0 ? owed(last) / perSecond : undefined
  }

  /** What the members have done in the last seconds, by id. @param {ClusterStatus} status */
  lately({ members }) {
    return new Map(
      members.map(({ id, incarnation }) => {
        const [first, last] = [this.#recent.get(incarnation)?.at(0), this.#recent.get(incarnation)?.at(-1)]
        if (first === undefined || last === undefined || first === last) return [id, undefined]
        const grown = growthOf(first.measures, last.measures)
        return [id, { ...grown, perSecond: grown.requests / (last.at - first.at) }]
      }),
    )
  }

  /** Which part of the requests fails now; undefined where it is next to none. */
  get failing() {
    const recent = this.samples.slice(-RECENT_SECONDS)
    const sum = (/** @type {'requests' | 'errors'} */ name) =>
      recent.reduce((sum, sample) => sum + (sample[name] ?? 0), 0)
    const part = sum('errors') / sum('requests')
    return part >= FAILING_MIN ? part : undefined
  }

  /** @param {ClusterStatus} status @param {number} at */
  #grown({ members }, at) {
    /** @type {Map<string, { at: number, measures: Measures }[]>} */
    const recent = new Map()
    const grown = members.flatMap(({ incarnation, status }) => {
      const { measures } = status ?? {}
      if (measures === undefined) return []
      const before = this.#recent.get(incarnation) ?? []
      const last = before.at(-1)
      const kept = before.filter((one) => one.at >= at - RECENT_SECONDS)
      recent.set(incarnation, [...kept, { at, measures }])
      return last === undefined ? [] : [{ ...growthOf(last.measures, measures), seconds: at - last.at }]
    })
    this.#recent = recent
    return grown
  }

  #forget() {
    this.samples = []
    this.#recent = new Map()
  }
}

/** @param {Sample} sample */
function owed({ short, arriving }) {
  return (short ?? 0) + (arriving ?? 0)
}

/** @param {Measures} before @param {Measures} now */
function growthOf(before, now) {
  const grown = (/** @type {Exclude<keyof Measures, 'took'>} */ name) =>
    Math.max(0, (now[name] ?? 0) - (before[name] ?? 0))
  const former = new Map(before.took)
  const took = (now.took ?? []).map(
    ([end, many]) => /** @type {const} */ ([end, many - (former.get(end) ?? 0)]),
  )
  return {
    requests: grown('requests'),
    errors: grown('errors'),
    hits: grown('hits'),
    misses: grown('misses'),
    evictions: grown('evictions'),
    memoryFull: grown('memory_full'),
    lostSlots: grown('lost_slots'),
    took,
  }
}

/**
 * @param {ClusterStatus} status @param {number} at
 * @param {(ReturnType<typeof growthOf> & { seconds: number })[]} grown
 * @returns {Sample}
 */
function sampleOf({ members }, at, grown) {
  const told = members.flatMap(({ status }) => (status === undefined ? [] : [status]))
  const measured = told.flatMap(({ measures }) => (measures === undefined ? [] : [measures]))
  const perSecond = (/** @type {'requests' | 'errors' | 'evictions'} */ name) =>
    grown.length === 0 ? null : grown.reduce((sum, one) => sum + one[name] / one.seconds, 0)
  const total = (/** @type {'hits' | 'misses'} */ name) => grown.reduce((sum, one) => sum + one[name], 0)
  const reads = total('hits') + total('misses')
  const sum = (/** @type {(number | undefined)[]} */ values) => {
    const known = values.filter((value) => value !== undefined)
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  }
  const lags = measured.flatMap(({ disk_behind_seconds: behind }) => (behind === undefined ? [] : [behind]))
  const took = merged(grown.map((one) => one.took))
  return {
    at,
    requests: perSecond('requests'),
    errors: perSecond('errors'),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    hits: reads === 0 ? null : (100 * total('hits')) / reads,
    bytes: sum(measured.map(({ bytes }) => bytes)),
    maxBytes: sum(measured.map(({ max_bytes: max }) => max)),
    evictions: perSecond('evictions'),
    diskBehind: lags.length === 0 ? null : Math.max(...lags),
    kafkaLag: sum(measured.map(({ kafka_lag: lag }) => lag)),
    arriving: sum(told.map(({ slots }) => slots.arriving)),
    short: sum(measured.map(({ slots_short: short }) => short)),
  }
}

/** @param {(readonly (readonly [number | null, number])[])[]} all */
function merged(all) {
  const counts = new Map()
  for (const [end, many] of all.flat()) counts.set(end, (counts.get(end) ?? 0) + many)
  return /** @type {[number | null, number][]} */ ([...counts]).sort(
    ([one], [other]) => (one ?? Infinity) - (other ?? Infinity),
  )
}

/**
 * In milliseconds, evenly within a bucket, and of what is beyond the last the last end: as Prometheus has it.
 *
 * @param {readonly (readonly [number | null, number])[]} took  How many took no longer than so many seconds.
 * @param {number} part
 */
export function quantile(took, part) {
  const all = took.at(-1)?.[1] ?? 0
  if (all <= 0) return null
  const wanted = part * all
  let [start, before] = [0, 0]
  for (const [end, many] of took) {
    if (end === null) break
    if (many >= wanted) return 1000 * (start + ((end - start) * (wanted - before)) / (many - before))
    start = end
    before = many
  }
  return 1000 * start
}
