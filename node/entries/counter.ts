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
import { compareStamps, lifeOf } from './stamp.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'
import { isEffective, isVoid, originOfVoid, type Tally } from './voids.ts'

export interface Reset extends Stamp {
  /** Since when this member knows of it, by its steady clock. */
  readonly atMs: number
}

export interface Counter {
  readonly kind: 'counter'
  /** When it was last deleted. */
  readonly reset?: Reset
  readonly tallies: Readonly<Record<string, Tally>>
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
      return add(counter, BigInt(command.by), moment.origin)
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

function add(counter: Counter | undefined, by: bigint, origin: string): Applied<Counter> {
  const total = (counter ? totalOf(counter) : 0n) + by
  if (total < TOTAL_MIN || total > TOTAL_MAX) {
    throw new LarderError('OUT_OF_RANGE', `The total would be ${total}; it stays as it was.`)
  }
  const { added, taken } = counter?.tallies[origin] ?? { added: 0n, taken: 0n }
  const tally = by < 0n ? { added, taken: taken - by } : { added: added + by, taken }
  const reset = counter?.reset && { reset: counter.reset }
  return { outcome: totalOutcome(total), change: { kind: 'counter', ...reset, tallies: { [origin]: tally } } }
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
function lifeIn(origin: string): string {
  return lifeOf(isVoid(origin) ? originOfVoid(origin) : origin)
}

export function totalOf({ tallies }: Counter): bigint {
  let total = 0n
  for (const [origin, { added, taken }] of Object.entries(tallies))
    if (!isVoid(origin) || isEffective(origin, tallies)) total += added - taken
  return total
}

/** What a life of a member adds to every counter that it has counted: measured with five of them. */
const TALLY_BYTES = 75

export const COUNTER: Verbs<Counter> = {
  merge(a, b) {
    const order = compareResets(a.reset, b.reset)
    if (order !== 0) return order > 0 ? a : b
    const tallies: Record<string, Tally> = { ...a.tallies }
    for (const [origin, theirs] of Object.entries(b.tallies)) {
      const ours = tallies[origin] ?? theirs
      tallies[origin] = { added: greater(ours.added, theirs.added), taken: greater(ours.taken, theirs.taken) }
    }
    const { kind, reset } = a
    const atMs = Math.min(reset?.atMs ?? Infinity, b.reset?.atMs ?? Infinity)
    return { kind, ...(reset && { reset: { ...reset, atMs } }), tallies }
  },
  isNews(known, other) {
    const order = compareResets(known.reset, other.reset)
    if (order !== 0) return order < 0
    return Object.entries(other.tallies).some(([origin, { added, taken }]) => {
      const ours = known.tallies[origin]
      return ours === undefined || added > ours.added || taken > ours.taken
    })
  },
  times: ({ reset }) => (reset ? [reset] : []),
  restamped: (counter, stamp) =>
    counter.reset ? { ...counter, reset: { ...counter.reset, ...stamp } } : counter,
  dueAtMs: ({ reset, tallies }, tombstoneGraceMs) =>
    reset && isBare(tallies) ? reset.atMs + tombstoneGraceMs : Infinity,
  isTombstone: ({ tallies }) => isEmpty(tallies),
  states({ reset, tallies }) {
    const deleted = `${reset?.time}\0${reset?.origin}`
    if (isEmpty(tallies)) return { passing: deleted }
    const told = Object.entries(tallies).map(([origin, { added, taken }]) => `${origin} ${added} ${taken}`)
    return { live: [deleted, ...told.sort()].join('\0') }
  },
  bytes: ({ tallies }) => Object.keys(tallies).length * TALLY_BYTES,
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

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b
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
  return {
    kind: 'counter',
    ...(reset && { reset: { ...reset, atMs: nowMs } }),
    tallies: Object.fromEntries(pairs),
  }
}
