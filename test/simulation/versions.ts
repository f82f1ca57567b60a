/**
 * What one writer has written to one place, version by version, and so what may be there: all that is known are the times
 * between which each write took place, and for how long it was to last.
 *
 * Once it is not known whether a write happened, nothing more is written there: it might still happen later.
 */
import { isHeld, type Ledger, type Rules } from './ledger.ts'

/** Beyond its end, what travels from one member to another lasts for as long as that takes. */
const LATE_MS = 10_000
/** Steady clocks go at the same pace, and tick in milliseconds. */
const EARLY_MS = 50

interface Version {
  readonly number: number
  /** False where it says that there is nothing any more. */
  readonly isHere: boolean
  readonly begunAtMs: number
  readonly ttlMs: number
  ackedAtMs: number
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** What was read: which version, or only that there is one, or that there is none. */
export type Seen = number | 'here' | 'nothing'

export class Versions {
  readonly name: string
  /** It may go at any time: it can be had again. */
  readonly mayMiss: boolean
  readonly #all: Version[] = []
  isBusy = false
  isRetired = false

  constructor(name: string, { mayMiss }: { mayMiss: boolean }) {
    this.name = name
    this.mayMiss = mayMiss
  }

  get next(): number {
    return this.#all.length + 1
  }

  get isHere(): boolean {
    return this.#all.at(-1)?.isHere ?? false
  }

  begin(what: { isHere: boolean; begunAtMs: number; ttlMs: number }): Version {
    const version = { ...what, number: this.next, ackedAtMs: Infinity }
    this.#all.push(version)
    return version
  }

  /** By when all that ends by itself has ended. */
  get endsByMs(): number {
    const ends = this.#all.map(endsByMs).filter((endMs) => endMs < Infinity)
    return Math.max(0, ...ends)
  }

  /** @returns what is wrong about it. */
  judge(
    seen: Seen,
    span: Span,
    { isExact, wallStepMaxMs }: { isExact: boolean; wallStepMaxMs: number },
  ): string | undefined {
    const acked = this.#all.findLastIndex(({ ackedAtMs }) => ackedAtMs < span.fromMs)
    const begun = this.#all.filter(({ begunAtMs }) => begunAtMs <= span.toMs)
    const meant = isExact ? begun.slice(Math.max(0, acked)) : begun
    const possible = meant.filter((version) => version.isHere && endsByMs(version) > span.fromMs)
    const mayBeGone =
      this.mayMiss ||
      !isExact ||
      acked < 0 ||
      meant.some((version) => mayHaveEnded(version, span.toMs + EARLY_MS + wallStepMaxMs))
    if (seen === 'nothing') return mayBeGone ? undefined : `is gone, and was ${numbersOf(possible)}`
    if (seen === 'here') return possible.length > 0 ? undefined : 'is still there'
    if (possible.some(({ number }) => number === seen)) return undefined
    return `is at ${seen}, and was ${numbersOf(meant)}`
  }
}

function endsByMs({ begunAtMs, ackedAtMs, ttlMs }: Version): number {
  return (ackedAtMs === Infinity ? begunAtMs : ackedAtMs) + ttlMs + LATE_MS
}

function mayHaveEnded({ isHere, begunAtMs, ttlMs }: Version, byMs: number): boolean {
  return !isHere || begunAtMs + ttlMs < byMs
}

function numbersOf(versions: readonly Version[]): string {
  return versions.map(({ number, isHere }) => (isHere ? `at ${number}` : `gone with ${number}`)).join(' or ')
}

/** While it is read: only what holds before and after is known for sure. */
export function judgeVersions(
  ledger: Ledger,
  versions: Versions,
  seen: Seen,
  { span, before, now }: { span: Span; before: Rules; now: Rules },
): void {
  const wrong = versions.judge(seen, span, {
    isExact: isHeld(before, now),
    wallStepMaxMs: now.wallStepMaxMs,
  })
  if (wrong !== undefined) ledger.find(`${versions.name} ${wrong}`)
}
