/** What a chaos run has found: counted by the kind of fault under which it came to light. */
import type { Lie } from './ledger.ts'

/** How the time between the faults is called. */
export const CALM = 'calm'

export type Breach = Lie | 'false read' | 'not told' | 'not recovered' | 'unexpected exit'

export const BREACHES: readonly Breach[] = [
  'lost',
  'resurrected',
  'counted twice',
  'granted twice',
  'wrong tenant',
  'false read',
  'not told',
  'not recovered',
  'unexpected exit',
]

/** What happened under one kind of fault. */
export interface Tally {
  times: number
  acknowledged: number
  /** Writes of which nobody knows whether they happened. */
  unknown: number
  /** Failed requests by what was answered. */
  failed: { [problem: string]: number }
  /** The longest that a client had to go on trying until a write was acknowledged. */
  longestGapMs: number
  /** The same of those that failed before. */
  longestFailedMs: number
  /** How long that may be; 0 where none may fail. */
  failMaxMs: number
  longestRecoveryMs: number
  /** Sampled slots that changed their owner, and how many had to. */
  moved: number
  movedIdeally: number
  /** Cached responses that were gone: no breach, as they can be fetched again. */
  forgotten: number
  /** How often somebody who watches was told that he has missed something. */
  gaps: number
  breaches: { [breach in Breach]: number }
}

export interface Finding {
  readonly kind: string
  readonly breach: Breach
  readonly what: string
}

export interface Report {
  readonly seed: number
  readonly seconds: number
  readonly tallies: ReadonlyMap<string, Tally>
  readonly total: Tally
  readonly findings: readonly Finding[]
  readonly problems: readonly string[]
}

/** Findings of one breach under one kind of fault, beyond these, are counted, and no longer told one by one. */
const TOLD_EACH = 20

export class Verdict {
  readonly #tallies = new Map<string, Tally>()
  readonly #findings: Finding[] = []
  #kind = CALM

  /** The kind of fault under which everything counts that is reported from now on, and for how long requests may fail under it. */
  enter(kind: string, failMaxMs: number): void {
    this.#kind = kind
    this.#now.times++
    this.#now.failMaxMs = Math.max(this.#now.failMaxMs, failMaxMs)
  }

  /** After a fault and all that comes of it. */
  calm(): void {
    this.#kind = CALM
  }

  get #now(): Tally {
    const tally = this.#tallies.get(this.#kind) ?? emptyTally()
    this.#tallies.set(this.#kind, tally)
    return tally
  }

  acknowledged(): void {
    this.#now.acknowledged++
  }

  unknown(): void {
    this.#now.unknown++
  }

  failed(problem: string): void {
    const { failed } = this.#now
    failed[problem] = (failed[problem] ?? 0) + 1
  }

  forgotten(): void {
    this.#now.forgotten++
  }

  gaps(count: number): void {
    this.#now.gaps += count
  }

  /** How long a write took, with all that had to be tried. */
  took(gapMs: number): void {
    this.#now.longestGapMs = Math.max(this.#now.longestGapMs, gapMs)
  }

  /** How long a write took that did not succeed at once. */
  failedFor(ms: number): void {
    this.#now.longestFailedMs = Math.max(this.#now.longestFailedMs, ms)
  }

  recovered(recoveryMs: number): void {
    this.#now.longestRecoveryMs = Math.max(this.#now.longestRecoveryMs, recoveryMs)
  }

  moved({ moved, ideally }: { moved: number; ideally: number }): void {
    this.#now.moved += moved
    this.#now.movedIdeally += ideally
  }

  breach(breach: Breach, what: string): void {
    if (++this.#now.breaches[breach] <= TOLD_EACH) this.#findings.push({ kind: this.#kind, breach, what })
  }

  /** How many breaches there were so far, of all kinds. */
  get breaches(): number {
    return sum([...this.#tallies.values()].flatMap(({ breaches }) => Object.values(breaches)))
  }

  report({ seed, seconds }: { seed: number; seconds: number }): Report {
    const total = [...this.#tallies.values()].reduce(add, emptyTally())
    const problems = [...problemsOf(total), ...noticed(this.#tallies)]
    return { seed, seconds, tallies: this.#tallies, total, findings: this.#findings, problems }
  }
}

export function failedOf({ failed }: Tally): number {
  return sum(Object.values(failed))
}

function problemsOf({ breaches, acknowledged }: Tally): string[] {
  const found = BREACHES.filter((breach) => breaches[breach] > 0)
  const problems = found.map((breach) => `${breach}: ${breaches[breach]}`)
  // A run in which nothing could be written shows nothing.
  return acknowledged > 0 ? problems : [...problems, 'no write was acknowledged']
}

function noticed(tallies: ReadonlyMap<string, Tally>): string[] {
  return [...tallies].flatMap(([kind, tally]) => {
    const { longestFailedMs, failMaxMs } = tally
    const failed = failedOf(tally)
    if (failMaxMs === 0) return failed > 0 ? [`${failed} requests failed during ${kind}`] : []
    if (longestFailedMs <= failMaxMs) return []
    return [`a request failed for ${Math.round(longestFailedMs)} ms during ${kind}, beyond ${failMaxMs} ms`]
  })
}

function emptyTally(): Tally {
  return {
    times: 0,
    acknowledged: 0,
    unknown: 0,
    failed: {},
    longestGapMs: 0,
    longestFailedMs: 0,
    failMaxMs: 0,
    longestRecoveryMs: 0,
    moved: 0,
    movedIdeally: 0,
    forgotten: 0,
    gaps: 0,
    breaches: {
      lost: 0,
      resurrected: 0,
      'counted twice': 0,
      'granted twice': 0,
      'wrong tenant': 0,
      'false read': 0,
      'not told': 0,
      'not recovered': 0,
      'unexpected exit': 0,
    },
  }
}

function add(one: Tally, other: Tally): Tally {
  const result: Tally = {
    ...one,
    times: one.times + other.times,
    acknowledged: one.acknowledged + other.acknowledged,
    unknown: one.unknown + other.unknown,
    failed: { ...one.failed },
    longestGapMs: Math.max(one.longestGapMs, other.longestGapMs),
    longestFailedMs: Math.max(one.longestFailedMs, other.longestFailedMs),
    longestRecoveryMs: Math.max(one.longestRecoveryMs, other.longestRecoveryMs),
    moved: one.moved + other.moved,
    movedIdeally: one.movedIdeally + other.movedIdeally,
    forgotten: one.forgotten + other.forgotten,
    gaps: one.gaps + other.gaps,
    breaches: { ...one.breaches },
  }
  for (const [problem, count] of Object.entries(other.failed))
    result.failed[problem] = (result.failed[problem] ?? 0) + count
  for (const breach of BREACHES) result.breaches[breach] += other.breaches[breach]
  return result
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
