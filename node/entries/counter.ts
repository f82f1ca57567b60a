/**
 * A total: a PN-counter (Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated
 * Data Types", 2011), exact over signed 64 bits. What a command does to it is in `count.ts`.
 *
 * Each origin, one life of a member, keeps what it has added and what it has taken away; both only grow, so
 * the greater is always the newer. What a counter goes on from is a stamped reset: a delete, a value, a total that was set,
 * the end of the counter before. Tallies belong to the reset they came after, and the later reset wins with all of its
 * tallies. Without any it is the tombstone of a deleted counter.
 */
import type { Stamp } from '../../shared/command.ts'
import { compareEnds, endsSooner } from './ends.ts'
import {
  BASE,
  balanceOfAll,
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
import type { Due, Verbs } from './verbs.ts'
import { isVoid, originOfVoid } from './voids.ts'

export interface Reset extends Stamp {
  /** Since when this member knows of it, by its steady clock. */
  readonly atMs: number
}

/** When it ends by itself, by this member's steady clock; `Infinity` for never. */
export interface End {
  readonly endsAtMs: number
  /** Which write said so, where it is not the one that began the counter. */
  readonly by?: Stamp
}

export interface Counter {
  readonly kind: 'counter'
  /** What it goes on from; absent where there was nothing. */
  readonly reset?: Reset
  readonly tallies: Tallies
  /** Which write was the last one, whatever it went on from; absent where nobody noted it, as in version 0.1. */
  readonly last?: Stamp
  /** Absent where nobody has ever given it one. */
  readonly end?: End
  /** Since when this member knows of the last fold among them, by its steady clock; absent where none is to be forgotten. */
  readonly foldedAtMs?: number
}

/** What was written of it beside its tallies. */
export interface Written {
  readonly reset?: Reset | undefined
  readonly last?: Stamp | undefined
  readonly end?: End | undefined
}

/** As it is known from now on. */
export function counterWith({ reset, last, end }: Written, tallies: Tallies, nowMs: number): Counter {
  const folded = hasFolds(tallies) && { foldedAtMs: nowMs }
  return {
    kind: 'counter',
    ...(reset && { reset }),
    tallies,
    ...(last && { last }),
    ...(end && { end }),
    ...folded,
  }
}

/** What is left of it once this write, or its end, is over it. */
export function emptied(counter: Written, reset: Reset): Counter {
  const { time, origin } = reset
  return { kind: 'counter', reset, tallies: {}, last: laterOf(counter.last, { time, origin }) }
}

/** What is left of one that has ended: the same on every member, so that all go on from the same. */
export function endedCounter({ reset, last, end }: Counter): Counter {
  const { time, origin } = last ?? reset ?? BEFORE_ALL
  return emptied({}, { time, origin, atMs: end?.endsAtMs ?? 0 })
}

const BEFORE_ALL: Stamp = { time: 0, origin: '' }

export function hasEnded({ end }: Counter, nowMs: number): boolean {
  return end !== undefined && end.endsAtMs <= nowMs
}

/** Whether there is a total, be it 0; a deleted counter has none. */
export function isCounting(counter: Counter | undefined): counter is Counter {
  return counter !== undefined && !isEmpty(counter.tallies)
}

function laterOf(a: Stamp | undefined, b: Stamp): Stamp
function laterOf(a: Stamp | undefined, b: Stamp | undefined): Stamp | undefined
function laterOf(a: Stamp | undefined, b: Stamp | undefined): Stamp | undefined {
  return compareWrites(a, b) >= 0 ? a : b
}

/** Of two ends of one counter: what was said later, then the earlier, as what has travelled ends later. */
function endOf(a: End | undefined, b: End | undefined): End | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return (compareWrites(a.by, b.by) || compareEnds(b, a)) >= 0 ? a : b
}

function isSaidLater(known: End | undefined, other: End | undefined): boolean {
  if (other === undefined) return false
  if (known === undefined) return true
  const order = compareWrites(known.by, other.by)
  return order < 0 || (order === 0 && endsSooner(other, known))
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

/** What is left of one that is due. */
export function remainsOfCounter(counter: Counter, { nowMs, oldestMs, isKept }: Due): Counter | undefined {
  if (isCounting(counter)) return hasEnded(counter, nowMs) ? endedCounter(counter) : tended(counter, oldestMs)
  return isKept ? renewed(counter, nowMs) : undefined
}

/** What a life of a member adds to every counter that it has counted: measured with five of them. */
const TALLY_BYTES = 75

export const COUNTER: Verbs<Counter> = {
  merge(a, b) {
    const last = laterOf(a.last, b.last)
    const order = compareWrites(a.reset, b.reset)
    if (order !== 0) return { ...(order > 0 ? a : b), ...(last && { last }) }
    const tallies: Record<string, Tally> = { ...a.tallies }
    for (const [name, theirs] of Object.entries(b.tallies)) {
      const { [name]: ours } = tallies
      tallies[name] = ours === undefined ? theirs : latestOf([ours, theirs])
    }
    const { reset } = a
    const atMs = Math.min(reset?.atMs ?? Infinity, b.reset?.atMs ?? Infinity)
    const foldedAtMs = Math.max(a.foldedAtMs ?? -Infinity, b.foldedAtMs ?? -Infinity)
    const end = endOf(a.end, b.end)
    return {
      kind: 'counter',
      ...(reset && { reset: { ...reset, atMs } }),
      tallies: withoutFolded(tallies),
      ...(last && { last }),
      ...(end && { end }),
      ...(foldedAtMs > -Infinity && { foldedAtMs }),
    }
  },
  isNews(known, other) {
    if (compareWrites(known.last, other.last) < 0) return true
    const order = compareWrites(known.reset, other.reset)
    if (order !== 0) return order < 0
    if (isSaidLater(known.end, other.end)) return true
    const folds = foldsOf(known.tallies)
    return Object.entries(other.tallies).some(([name, theirs]) => {
      const { [name]: ours } = known.tallies
      return ours === undefined ? !isFolded(name, theirs, folds) : !hasReached(ours, theirs)
    })
  },
  times: ({ reset, last, end }) => [reset, last, end?.by].filter((stamp) => stamp !== undefined),
  restamped: (counter, stamp) => ({
    ...counter,
    ...(counter.reset && { reset: { ...counter.reset, ...stamp } }),
    ...(counter.last && { last: stamp }),
    ...(counter.end?.by && { end: { ...counter.end, by: stamp } }),
  }),
  dueAtMs({ reset, tallies, end, foldedAtMs = Infinity }, tombstoneGraceMs) {
    const endsAtMs = end?.endsAtMs ?? Infinity
    if (foldedAtMs < Infinity)
      return Math.min(endsAtMs, foldedAtMs + (hasFoldedOn(tallies) ? 0 : tombstoneGraceMs))
    return reset && isBare(tallies) ? reset.atMs + tombstoneGraceMs : endsAtMs
  },
  isTombstone: ({ tallies }) => isEmpty(tallies),
  states({ reset, tallies, end }) {
    const deleted = `${reset?.time}\0${reset?.origin}`
    if (isEmpty(tallies)) return { passing: deleted }
    const told = Object.entries(tallies).map(([name, { added, taken }]) => `${name} ${added} ${taken}`)
    const [folds, counted] = [told.filter(isFold), told.filter((one) => !isFold(one))]
    const state = [deleted, ...counted.sort()].join('\0')
    if (end !== undefined && end.endsAtMs < Infinity) return { passing: state }
    return { live: state, ...(folds.length > 0 && { passing: folds.sort().join('\0') }) }
  },
  bytes: ({ tallies }) => Object.keys(tallies).length * TALLY_BYTES,
  growth(known, change) {
    if (known === undefined) return COUNTER.bytes(change)
    return COUNTER.bytes(COUNTER.merge(known, change)) - COUNTER.bytes(known)
  },
  parts: (counter) => [counter],
  crowd: () => undefined,
  claim({ reset, tallies }) {
    const counted = Object.keys(tallies).filter((name) => name !== BASE)
    return {
      sinceTime: reset !== undefined && counted.length === 0 ? reset.time : Infinity,
      lives: counted.map(lifeIn),
    }
  },
  claimed(counter, { sinceTime, lives }) {
    if (counter.reset !== undefined && counter.reset.time >= sinceTime) return counter
    const { [BASE]: base, ...counted } = counter.tallies
    const tallies = Object.entries(counted).filter(([origin]) => lives.includes(lifeIn(origin)))
    if (tallies.length === 0) return undefined
    return { ...counter, tallies: { ...(base && { [BASE]: base }), ...Object.fromEntries(tallies) } }
  },
  within: (counter) => counter,
  without: () => undefined,
  names: () => [''],
  except: (counter, names) => (names.has('') ? undefined : counter),
}

/** What nobody has noted is earlier than all. */
export function compareWrites(a: Stamp | undefined, b: Stamp | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compareStamps(a, b)
}
