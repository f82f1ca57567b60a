/**
 * How much of a limit is used up: a bucket that refills evenly over a window, by the generic cell rate algorithm (GCRA; ITU-T
 * I.371, annex A). All there is to know is when it will be full.
 *
 * Of two copies the one that is full later is right, since whoever took from it knew of what was taken before, and what has
 * travelled is full a little later, never earlier. A stamped reset begins anew. Once it is full, nothing has to be known of it.
 */
import type { Command, Outcome, Stamp } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { endsSooner } from './ends.ts'
import { compareStamps } from './stamp.ts'
import type { Applied, Due, Moment, Verbs } from './verbs.ts'

export interface Limit {
  readonly kind: 'limit'
  /** Which write was the last one. */
  readonly last: Stamp
  /** When it is full, by this member's steady clock; absent where it began anew and nothing was taken since. */
  readonly fullAtMs?: number
  /** When it last began anew, while that has to be remembered. */
  readonly reset?: Stamp & { readonly atMs: number }
}

type LimitCommand = Extract<Command, { type: `limit.${string}` }>
type Take = Extract<LimitCommand, { type: 'limit.take' }>

/** What adding up fractions of milliseconds may lose, as a part of what one takes. */
const ROUNDING = 1e-3

export function applyToLimit(
  limit: Limit | undefined,
  command: LimitCommand,
  moment: Moment,
): Applied<Limit> {
  switch (command.type) {
    case 'limit.take':
      return take(limit, command, moment)
    case 'limit.delete': {
      const isUsed = limit?.fullAtMs !== undefined && limit.fullAtMs > moment.nowMs
      if (!isUsed && moment.isCertain) return { outcome: { type: 'missing' } }
      const last = moment.stamp()
      return {
        outcome: { type: isUsed ? 'deleted' : 'missing' },
        change: { kind: 'limit', last, reset: { ...last, atMs: moment.nowMs } },
      }
    }
    default:
      return assertNever(command)
  }
}

function take(limit: Limit | undefined, command: Take, moment: Moment): Applied<Limit> {
  const { limit: most, windowMs, cost } = command
  const { nowMs } = moment
  const eachMs = windowMs / most
  const usedMs = Math.min(Math.max(0, (limit?.fullAtMs ?? 0) - nowMs), windowMs)
  const wantedMs = usedMs + cost * eachMs
  const overMs = wantedMs - windowMs
  const isAllowed = overMs <= eachMs * ROUNDING
  const fullMs = isAllowed ? wantedMs : usedMs
  const outcome: Outcome = {
    type: 'limit',
    isAllowed,
    remaining: Math.min(most, Math.max(0, Math.floor((windowMs - fullMs) / eachMs + ROUNDING))),
    fullMs,
    ...(!isAllowed && { retryMs: overMs }),
  }
  if (!isAllowed || cost === 0) return { outcome }
  const reset = limit?.reset && { reset: limit.reset }
  return { outcome, change: { kind: 'limit', last: moment.stamp(), fullAtMs: nowMs + fullMs, ...reset } }
}

/** What is left of one that is due: full, nothing but that it began anew, for as long as an older copy may not have heard of that. */
export function remainsOfLimit(
  { kind, last, reset, fullAtMs }: Limit,
  { nowMs, oldestMs, isKept }: Due,
): Limit | undefined {
  if (reset === undefined) return undefined
  if (fullAtMs !== undefined && reset.atMs > oldestMs) return { kind, last, reset }
  return isKept ? { kind, last, reset: { ...reset, atMs: nowMs } } : undefined
}

function compareResets(a: Limit, b: Limit): number {
  if (a.reset === undefined || b.reset === undefined)
    return Number(a.reset !== undefined) - Number(b.reset !== undefined)
  return compareStamps(a.reset, b.reset)
}

/** Beside what every entry takes: measured with 200,000 limits, which took 339 bytes of heap each on Node 26. */
const LIMIT_BYTES = 40

export const LIMIT: Verbs<Limit> = {
  merge(a, b) {
    const last = compareStamps(a.last, b.last) >= 0 ? a.last : b.last
    const order = compareResets(a, b)
    if (order !== 0) return { ...(order > 0 ? a : b), last }
    const fullAtMs = Math.max(a.fullAtMs ?? -Infinity, b.fullAtMs ?? -Infinity)
    const atMs = Math.min(a.reset?.atMs ?? Infinity, b.reset?.atMs ?? Infinity)
    return {
      kind: 'limit',
      last,
      ...(fullAtMs > -Infinity && { fullAtMs }),
      ...(a.reset && { reset: { ...a.reset, atMs } }),
    }
  },
  /** That it is full later only counts beyond what travelling adds. */
  isNews(known, other) {
    if (compareStamps(known.last, other.last) < 0) return true
    const order = compareResets(known, other)
    if (order !== 0 || other.fullAtMs === undefined) return order < 0
    return (
      known.fullAtMs === undefined || endsSooner({ endsAtMs: known.fullAtMs }, { endsAtMs: other.fullAtMs })
    )
  },
  times: ({ last, reset }) => (reset === undefined ? [last] : [last, reset]),
  restamped: ({ reset, ...limit }, stamp) => ({
    ...limit,
    last: stamp,
    ...(reset && { reset: { ...reset, ...stamp } }),
  }),
  dueAtMs: ({ fullAtMs, reset }, tombstoneGraceMs) => fullAtMs ?? (reset?.atMs ?? 0) + tombstoneGraceMs,
  isTombstone: ({ fullAtMs }) => fullAtMs === undefined,
  states: ({ last: { time, origin } }) => ({ passing: `${time}\0${origin}` }),
  bytes: () => LIMIT_BYTES,
  growth: (known) => (known === undefined ? LIMIT_BYTES : 0),
  parts: (limit) => [limit],
  crowd: () => undefined,
  claim: ({ last }) => ({ sinceTime: last.time, lives: [] }),
  claimed: (limit, { sinceTime }) => (limit.last.time >= sinceTime ? limit : undefined),
  within: (limit) => limit,
  without: () => undefined,
  names: () => [''],
  except: (limit, names) => (names.has('') ? undefined : limit),
}
