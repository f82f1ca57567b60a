/**
 * When something ends, by the steady clock of the member that holds it. Members tell each other what is left, so that the
 * copies of one write end about together: one that has travelled a little later.
 */
import type { EndCondition } from '../../shared/command.ts'

interface Ending {
  readonly endsAtMs: number
}

/** What travelling may have added: two that differ by less are not told of each other, or they would never be done. */
const TRAVEL_MAX_MS = 1000

/** Negative when `a` ends earlier. */
export function compareEnds(a: Ending, b: Ending): number {
  return a.endsAtMs === b.endsAtMs ? 0 : a.endsAtMs - b.endsAtMs
}

/** By more than what travelling adds. */
export function endsSooner(a: Ending, b: Ending): boolean {
  return compareEnds(a, b) < -TRAVEL_MAX_MS
}

/** Whether all of this is true of an end, and of the one that it would get. */
export function fits(only: readonly EndCondition[], { endsAtMs }: Ending, newEndsAtMs: number): boolean {
  return only.every((condition) => FITS[condition](endsAtMs, newEndsAtMs))
}

const FITS: Readonly<Record<EndCondition, (endsAtMs: number, newEndsAtMs: number) => boolean>> = {
  endless: (endsAtMs) => endsAtMs === Infinity,
  ending: (endsAtMs) => endsAtMs < Infinity,
  later: (endsAtMs, newEndsAtMs) => newEndsAtMs > endsAtMs,
  sooner: (endsAtMs, newEndsAtMs) => newEndsAtMs < endsAtMs,
}
