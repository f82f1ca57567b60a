/**
 * Nodes over a cluster of three Redis servers with a replica each, of which primaries are killed, frozen and handed over, while
 * clients count and store, and others watch. What Redis lost of what was acknowledged is no fault: it is told. Whoever watches
 * is to know what is left of it, or that he has missed something.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import { EngineCluster } from './engine-cluster.ts'
import { Random } from './random.ts'
import { type Watched, Watchers } from './watchers.ts'

const KEYS_EACH = 5
/** Between two faults, so that one is over before the next. */
const CALM_MS = 2000
const TRIES_MAX = 400
const TRY_AGAIN_MS = 50

export interface EngineChaosOptions {
  readonly seed: number
  readonly seconds: number
  readonly clients: number
  readonly rate: number
  readonly isWatched: boolean
  readonly folder: string
  readonly interrupted: AbortSignal
  say(line: string): void
}

export interface EngineReport {
  readonly faults: Readonly<Record<string, number>>
  readonly increments: number
  readonly lostIncrements: number
  /** Beyond what was asked: never, also where answers were lost and it was asked again. */
  readonly extraIncrements: number
  readonly writes: number
  /** Keys whose last acknowledged value is not there. */
  readonly lostValues: number
  /** Attempts that were not answered with success: each was tried again. */
  readonly failed: number
  /** Where somebody watches. */
  readonly watched?: {
    /** How often one was told that he has missed something. */
    readonly gaps: number
    /** What one was told last and is not there, or is there and he was not told. */
    readonly untold: readonly string[]
  }
}

/** What one client has had acknowledged of what nobody else writes. */
interface Ledger {
  readonly counted: Map<Place, number>
  readonly stored: Map<Place, number>
  failed: number
}

interface Place extends Watched {
  readonly path: string
}

function placesOf(kind: 'value' | 'counter', client: number): Place[] {
  const folder = kind === 'value' ? 'kv' : 'counters'
  return Array.from({ length: KEYS_EACH }, (_, index) => {
    const key = `${kind} ${client} ${index}`
    return { kind, name: key, key, path: `/api/v1/${folder}/${encodeURIComponent(key)}` }
  })
}

export async function playEngine(options: EngineChaosOptions): Promise<EngineReport> {
  const { seed, clients, rate, interrupted, isWatched } = options
  await using cluster = await EngineCluster.start(options)
  const random = new Random(seed)
  const [over, ended] = [new AbortController(), new AbortController()]
  const watched = { gaps: 0, untold: [] as string[] }
  const watchers = new Watchers({
    urls: cluster.nodeUrls,
    isWatched,
    signal: AbortSignal.any([ended.signal, interrupted]),
    verdict: {
      breach: (_, what) => void watched.untold.push(what),
      gaps: (count) => {
        watched.gaps += count
      },
    },
  })
  await watchers.begin()
  const working = { everyMs: (1000 * clients) / rate, stopping: AbortSignal.any([over.signal, interrupted]) }
  const ledgers = Array.from(
    { length: clients },
    (): Ledger => ({ counted: new Map(), stored: new Map(), failed: 0 }),
  )
  const all = ledgers.map((ledger, client) => work(cluster, ledger, { ...working, client, watchers }))
  const faults = await bringFaults(cluster, random, options)
  over.abort()
  await Promise.all(all)
  const reckoned = await reckon(cluster, ledgers, watchers)
  ended.abort()
  return { faults, ...reckoned, ...(isWatched && { watched }) }
}

async function bringFaults(
  cluster: EngineCluster,
  random: Random,
  { seconds, interrupted, say }: EngineChaosOptions,
): Promise<Record<string, number>> {
  const faults: Record<string, number> = {}
  const endsAtMs = systemClock.now() + seconds * 1000
  while (systemClock.now() < endsAtMs && !interrupted.aborted) {
    const kind = random.pick(['kill', 'freeze', 'handover'] as const)
    say(kind)
    await cluster.bring(kind, random)
    faults[kind] = (faults[kind] ?? 0) + 1
    await pause(systemClock, CALM_MS, interrupted)
  }
  return faults
}

interface Working {
  readonly client: number
  readonly watchers: Watchers
  readonly everyMs: number
  readonly stopping: AbortSignal
}

/** One call after the other, each tried again until it is acknowledged. */
async function work(
  cluster: EngineCluster,
  ledger: Ledger,
  { client, watchers, everyMs, stopping }: Working,
): Promise<void> {
  const [counters, values] = [placesOf('counter', client), placesOf('value', client)]
  for (let call = 0; !stopping.aborted; call++) {
    const isCount = call % 2 === 0
    const place = (isCount ? counters : values)[call % KEYS_EACH]
    if (place === undefined) throw new RangeError('there are as many places as are gone through')
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${call}` }
    const init = isCount
      ? { method: 'POST', headers, body: '{}' }
      : { method: 'PUT', headers, body: `${call}` }
    const begunAtMs = systemClock.now()
    await acknowledged(cluster, ledger, place.path, init)
    watchers.acknowledged(place, begunAtMs)
    if (isCount) ledger.counted.set(place, (ledger.counted.get(place) ?? 0) + 1)
    else ledger.stored.set(place, call)
    await pause(systemClock, everyMs, stopping)
  }
}

/** @throws where that takes too long. */
async function acknowledged(
  cluster: EngineCluster,
  ledger: Ledger,
  path: string,
  init: RequestInit,
): Promise<string> {
  const urls = cluster.nodeUrls
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const answer = await fetch(`${urls[attempt % urls.length]}${path}`, init)
    const body = await answer.text()
    if (answer.ok || answer.status === 404) return answer.ok ? body : ''
    ledger.failed++
    await pause(systemClock, TRY_AGAIN_MS)
  }
  throw new Error(`${path} is not answered`)
}

async function reckon(
  cluster: EngineCluster,
  ledgers: readonly Ledger[],
  watchers: Watchers,
): Promise<Omit<EngineReport, 'faults'>> {
  const report = { increments: 0, lostIncrements: 0, extraIncrements: 0, writes: 0, lostValues: 0, failed: 0 }
  const states = new Map<Watched, string>()
  for (const ledger of ledgers) {
    report.failed += ledger.failed
    const read = (place: Place) => acknowledged(cluster, ledger, place.path, {})
    for (const [place, count] of ledger.counted) {
      const body = await read(place)
      const total = body === '' ? '' : String(JSON.parse(body).value)
      states.set(place, total)
      report.increments += count
      report.lostIncrements += Math.max(0, count - Number(total))
      report.extraIncrements += Math.max(0, Number(total) - count)
      if (Number(total) < count) watchers.lost(place)
    }
    for (const [place, last] of ledger.stored) {
      const body = await read(place)
      states.set(place, body)
      if (body === `${last}`) continue
      report.lostValues++
      watchers.lost(place)
    }
    report.writes += ledger.stored.size
  }
  await watchers.check(states)
  return report
}

export function asText(report: EngineReport): string {
  const { faults, increments, lostIncrements, extraIncrements, writes, lostValues, failed, watched } = report
  const told = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`)
  return [
    `faults          ${told.join(', ')}`,
    `increments      ${increments} acknowledged, ${lostIncrements} lost by Redis, ${extraIncrements} counted twice`,
    `values          ${writes} keys, of ${lostValues} of which Redis lost the last value`,
    `attempts        ${failed} failed, and were made again`,
    ...(watched ? [`watched         ${watched.untold.length} not told, ${watched.gaps} gaps`] : []),
    ...(watched?.untold ?? []),
  ].join('\n')
}
