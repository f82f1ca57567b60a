/** A counter as text, for the disk and for the answers that are remembered. */
import { type Counter, counterWith } from './counter.ts'

/**
 * A counter as JSON: tallies as text, since they may go beyond 64 bits. When it ends, and since when a reset is known, is known
 * to a process alone.
 */
export function counterText({ reset, tallies, last, end }: Counter): string {
  const texts = Object.entries(tallies).map(([origin, { added, taken }]) => [
    origin,
    String(added),
    String(taken),
  ])
  const written = reset && { time: reset.time, origin: reset.origin }
  return JSON.stringify({ reset: written, tallies: texts, last, endBy: end?.by })
}

/** As known from now on. @throws when the text is not that of a counter. */
export function counterOf(json: string, nowMs: number, endsAtMs?: number): Counter {
  const { reset, tallies, last, endBy } = JSON.parse(json)
  const pairs = (tallies as [string, string, string][]).map(
    ([origin, added, taken]) => [origin, { added: BigInt(added), taken: BigInt(taken) }] as const,
  )
  const ends = endsAtMs ?? (endBy && Infinity)
  const written = {
    reset: reset && { ...reset, atMs: nowMs },
    last,
    end: ends && { endsAtMs: ends, ...(endBy && { by: endBy }) },
  }
  return counterWith(written, Object.fromEntries(pairs), nowMs)
}
