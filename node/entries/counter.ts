/**
 * A total: a PN-counter (Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated
 * Data Types", 2011), exact over signed 64 bits.
 *
 * Each origin, one life of a member, keeps what it has added and what it has taken away; both only grow, so
 * the greater is always the newer. A delete is a stamped reset: tallies belong to the reset they came after,
 * and the later reset wins with all of its tallies. Without any it is the tombstone of a deleted counter.
 */
import type { Command, Outcome, Stamp } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import {
  balanceOfAll,
  foldInto,
  foldsOf,
  goalOf,
  hasFoldedOn,
  hasFolds,
  isFold,
  isFolded,
  withoutFolded,
  withoutFolds,
} from './folds.ts'
import { compareStamps, lifeOf } from './stamp.ts'
import { hasReached, latestOf, type Tallies, type Tally } from './tally.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'
import { isVoid, originOfVoid } from './voids.ts'

export interface Reset extends Stamp {
  /** Since when this member knows of it, by its steady clock. */
  readonly atMs: number
}

export interface Counter {
  readonly kind: 'counter'
  /** When it was last deleted. */
  readonly reset?: Reset
  readonly tallies: Tallies
  /** Since when this member knows of the last fold among them, by its steady clock; absent where none is to be forgotten. */
  readonly foldedAtMs?: number
}

type CounterCommand = Extract<Command, { type: `counter.${string}` }>

const TOTAL_MIN = -(2n ** 63n)
const TOTAL_MAX = 2n ** 63n - 1n

export function applyToCounter(
  counter: Counter | undefined,
  command: CounterCommand,
  moment: Moment,
): Applied<Counter> {
  switch (command.type) {
    case 'counter.get':
      return { outcome: isCounting(counter) ? totalOutcome(totalOf(counter)) : { type: 'missing' } }
    case 'counter.add':
      return add(counter, BigInt(command.by), moment)
    case 'counter.delete':
      if (!isCounting(counter) && moment.isCertain) return { outcome: { type: 'missing' } }
      return {
        outcome: { type: isCounting(counter) ? 'deleted' : 'missing' },
        change: { kind: 'counter', reset: { ...moment.stamp(), atMs: moment.nowMs }, tallies: {} },
      }
    default:
      return assertNever(command)
  }
}

function add(counter: Counter | undefined, by: bigint, moment: Moment): Applied<Counter> {
  const { origin, nowMs } = moment
  const total = (counter ? totalOf(counter) : 0n) + by
  if (total < TOTAL_MIN || total > TOTAL_MAX) {
    throw new LarderError('OUT_OF_RANGE', `The total would be ${total}; it stays as it was.`)
  }
  const known = counter?.tallies ?? {}
  const folded = foldInto(origin, known, (other) => moment.isOver(other))
  const { added, taken } = folded[origin] ?? known[origin] ?? { added: 0n, taken: 0n }
  const tally = by < 0n ? { added, taken: taken - by } : { added: added + by, taken }
  const change = counterWith(counter?.reset, { ...folded, [origin]: tally }, nowMs)
  return { outcome: totalOutcome(total), change }
}

/** As it is known from now on. */
export function counterWith(reset: Reset | undefined, tallies: Tallies, nowMs: number): Counter {
  const folded = hasFolds(tallies) && { foldedAtMs: nowMs }
  return { kind: 'counter', ...(reset && { reset }), tallies, ...folded }
}

function totalOutcome(total: bigint): Outcome {
  return { type: 'total', value: String(total) }
}

/** Whether there is a total, be it 0; a deleted counter has none. */
export function isCounting(counter: Counter | undefined): counter is Counter {
  return counter !== undefined && !isEmpty(counter.tallies)
}

function isEmpty(tallies: Counter['tallies']): boolean {
  return Object.keys(tallies).every(isVoid)
}

/** Without any void either: that may still wait for the tally that it is about. */
function isBare(tallies: Counter['tallies']): boolean {
  return Object.keys(tallies).length === 0
}

/** Whose tally it is, or is about. */
function lifeIn(name: string): string {
  if (isFold(name)) return lifeOf(goalOf(name))
  return lifeOf(isVoid(name) ? originOfVoid(name) : name)
}

export function totalOf({ tallies }: Counter): bigint {
  return balanceOfAll(tallies)
}

/** What is left of it without the folds that nobody needs, and without any where the last of them is that old. */
export function tended(counter: Counter, oldestMs = -Infinity): Counter {
  const { foldedAtMs, ...rest } = counter
  if (foldedAtMs === undefined) return counter
  const areAllDue = foldedAtMs <= oldestMs
  const left = { ...rest, tallies: withoutFolds(counter.tallies, { areAllDue }) }
  return areAllDue ? left : { ...left, foldedAtMs }
}

/** The same, as if it had been deleted now. */
export function renewed({ reset, ...counter }: Counter, nowMs: number): Counter {
  return { ...counter, ...(reset && { reset: { ...reset, atMs: nowMs } }) }
}

/** What a life of a member adds to every counter that it has counted: measured with five of them. */
const TALLY_BYTES = 75

export const COUNTER: Verbs<Counter> = {
  merge(a, b) {
    const order = compareResets(a.reset, b.reset)
    if (order !== 0) return order > 0 ? a : b
    const tallies: Record<string, Tally> = { ...a.tallies }
    for (const [name, theirs] of Object.entries(b.tallies)) {
      const { [name]: ours } = tallies
      tallies[name] = ours === undefined ? theirs : latestOf([ours, theirs])
    }
    const { kind, reset } = a
    const atMs = Math.min(reset?.atMs ?? Infinity, b.reset?.atMs ?? Infinity)
    const foldedAtMs = Math.max(a.foldedAtMs ?? -Infinity, b.foldedAtMs ?? -Infinity)
    return {
      kind,
      ...(reset && { reset: { ...reset, atMs } }),
      tallies: withoutFolded(tallies),
      ...(foldedAtMs > -Infinity && { foldedAtMs }),
    }
  },
  isNews(known, other) {
    const order = compareResets(known.reset, other.reset)
    if (order !== 0) return order < 0
    const folds = foldsOf(known.tallies)
    return Object.entries(other.tallies).some(([name, theirs]) => {
      const { [name]: ours } = known.tallies
      return ours === undefined ? !isFolded(name, theirs, folds) : !hasReached(ours, theirs)
    })
  },
  times: ({ reset }) => (reset ? [reset] : []),
  restamped: (counter, stamp) =>
    counter.reset ? { ...counter, reset: { ...counter.reset, ...stamp } } : counter,
  dueAtMs({ reset, tallies, foldedAtMs = Infinity }, tombstoneGraceMs) {
    if (foldedAtMs < Infinity) return foldedAtMs + (hasFoldedOn(tallies) ? 0 : tombstoneGraceMs)
    return reset && isBare(tallies) ? reset.atMs + tombstoneGraceMs : Infinity
  },
  isTombstone: ({ tallies }) => isEmpty(tallies),
  states({ reset, tallies }) {
    const deleted = `${reset?.time}\0${reset?.origin}`
    if (isEmpty(tallies)) return { passing: deleted }
    const told = Object.entries(tallies).map(([name, { added, taken }]) => `${name} ${added} ${taken}`)
    const [folds, live] = [told.filter(isFold), told.filter((one) => !isFold(one))]
    return {
      live: [deleted, ...live.sort()].join('\0'),
      ...(folds.length > 0 && { passing: folds.sort().join('\0') }),
    }
  },
  bytes: ({ tallies }) => Object.keys(tallies).length * TALLY_BYTES,
  growth(known, change) {
    if (known === undefined) return COUNTER.bytes(change)
    return COUNTER.bytes(COUNTER.merge(known, change)) - COUNTER.bytes(known)
  },
  parts: (counter) => [counter],
  crowd: () => undefined,
  claim: ({ reset, tallies }) => ({
    sinceTime: reset !== undefined && isBare(tallies) ? reset.time : Infinity,
    lives: Object.keys(tallies).map(lifeIn),
  }),
  claimed(counter, { sinceTime, lives }) {
    if (counter.reset !== undefined && counter.reset.time >= sinceTime) return counter
    const tallies = Object.entries(counter.tallies).filter(([origin]) => lives.includes(lifeIn(origin)))
    return tallies.length === 0 ? undefined : { ...counter, tallies: Object.fromEntries(tallies) }
  },
  within: (counter) => counter,
  without: () => undefined,
  names: () => [''],
  except: (counter, names) => (names.has('') ? undefined : counter),
}

function compareResets(a: Stamp | undefined, b: Stamp | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compareStamps(a, b)
}

/** A counter as JSON: tallies as text, since they may go beyond 64 bits. Since when a reset is known is known to a process alone. */
export function counterText({ reset, tallies }: Counter): string {
  const texts = Object.entries(tallies).map(([origin, { added, taken }]) => [
    origin,
    String(added),
    String(taken),
  ])
  const written = reset && { time: reset.time, origin: reset.origin }
  return JSON.stringify({ reset: written, tallies: texts })
}

/** As known from now on. @throws when the text is not that of a counter. */
export function counterOf(json: string, nowMs: number): Counter {
  const { reset, tallies } = JSON.parse(json)
  const pairs = (tallies as [string, string, string][]).map(
    ([origin, added, taken]) => [origin, { added: BigInt(added), taken: BigInt(taken) }] as const,
  )
  return counterWith(reset && { ...reset, atMs: nowMs }, Object.fromEntries(pairs), nowMs)
}
