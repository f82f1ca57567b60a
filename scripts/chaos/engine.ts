/**
 * Nodes over a cluster of three Redis servers with a replica each, of which primaries are killed, frozen and handed over, while
 * clients count and store. What Redis lost of what was acknowledged is no fault: it is told.
 */
import { pause, systemClock } from '../../shared/clock.ts'
import { EngineCluster } from './engine-cluster.ts'
import { Random } from './random.ts'

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
}

/** What one client has had acknowledged, of keys that nobody else writes. */
interface Ledger {
  readonly name: string
  readonly counted: Map<string, number>
  readonly stored: Map<string, number>
  failed: number
}

export async function playEngine(options: EngineChaosOptions): Promise<EngineReport> {
  const { seed, seconds, clients, rate, interrupted, say } = options
  await using cluster = await EngineCluster.start(options)
  const random = new Random(seed)
  const over = new AbortController()
  const stopping = AbortSignal.any([over.signal, interrupted])
  const everyMs = (1000 * clients) / rate
  const ledgers = Array.from({ length: clients }, (_, index): Ledger => {
    return { name: `c${index}`, counted: new Map(), stored: new Map(), failed: 0 }
  })
  const working = ledgers.map((ledger) => work(cluster, ledger, { everyMs, stopping }))
  const faults: Record<string, number> = {}
  const endsAtMs = systemClock.now() + seconds * 1000
  while (systemClock.now() < endsAtMs && !interrupted.aborted) {
    const kind = random.pick(['kill', 'freeze', 'handover'] as const)
    say(kind)
    await cluster.bring(kind, random)
    faults[kind] = (faults[kind] ?? 0) + 1
    await pause(systemClock, CALM_MS, interrupted)
  }
  over.abort()
  await Promise.all(working)
  return { faults, ...(await reckon(cluster, ledgers)) }
}

interface Working {
  readonly everyMs: number
  readonly stopping: AbortSignal
}

/** One call after the other, each tried again until it is acknowledged. */
async function work(cluster: EngineCluster, ledger: Ledger, { everyMs, stopping }: Working): Promise<void> {
  for (let call = 0; !stopping.aborted; call++) {
    const key = `${ledger.name}-${call % KEYS_EACH}`
    const path = call % 2 === 0 ? `/api/v1/counters/${key}:n` : `/api/v1/kv/${key}:v`
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${call}` }
    const init =
      call % 2 === 0 ? { method: 'POST', headers, body: '{}' } : { method: 'PUT', headers, body: `${call}` }
    await acknowledged(cluster, ledger, path, init)
    if (call % 2 === 0) ledger.counted.set(key, (ledger.counted.get(key) ?? 0) + 1)
    else ledger.stored.set(key, call)
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
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const answer = await fetch(`${cluster.nodeUrl(attempt)}${path}`, init)
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
): Promise<Omit<EngineReport, 'faults'>> {
  const report = { increments: 0, lostIncrements: 0, extraIncrements: 0, writes: 0, lostValues: 0, failed: 0 }
  for (const ledger of ledgers) {
    report.failed += ledger.failed
    const read = (path: string) => acknowledged(cluster, ledger, path, {})
    for (const [key, count] of ledger.counted) {
      const body = await read(`/api/v1/counters/${key}:n`)
      const found = body === '' ? 0 : Number(JSON.parse(body).value)
      report.increments += count
      report.lostIncrements += Math.max(0, count - found)
      report.extraIncrements += Math.max(0, found - count)
    }
    for (const [key, last] of ledger.stored) {
      const body = await read(`/api/v1/kv/${key}:v`)
      if (body !== `${last}`) report.lostValues++
    }
    report.writes += [...ledger.stored.values()].length
  }
  return report
}

export function asText(report: EngineReport): string {
  const { faults, increments, lostIncrements, extraIncrements, writes, lostValues, failed } = report
  const told = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`)
  return [
    `faults          ${told.join(', ')}`,
    `increments      ${increments} acknowledged, ${lostIncrements} lost by Redis, ${extraIncrements} counted twice`,
    `values          ${writes} keys, of ${lostValues} of which Redis lost the last value`,
    `attempts        ${failed} failed, and were made again`,
  ].join('\n')
}
