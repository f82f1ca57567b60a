/**
 * A total: a PN-counter (Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated
 * Data Types", 2011), exact over signed 64 bits.
 *
 * Each origin, one life of a member, keeps what it has added and what it has taken away; both only grow, so
 * the greater is always the newer.
 */
import type { Command } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Applied, Moment } from './verbs.ts'

export interface Tally {
  readonly added: bigint
  readonly taken: bigint
}

export interface Counter {
  readonly kind: 'counter'
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
  if (command.type === 'counter.get') {
    if (counter === undefined) return { outcome: { type: 'missing' } }
    return { outcome: { type: 'total', value: String(totalOf(counter)) } }
  }
  const by = BigInt(command.by)
  const total = (counter ? totalOf(counter) : 0n) + by
  if (total < TOTAL_MIN || total > TOTAL_MAX) {
    throw new LarderError('OUT_OF_RANGE', `The total would be ${total}; it stays as it was.`)
  }
  const { origin } = moment
  const { added, taken } = counter?.tallies[origin] ?? { added: 0n, taken: 0n }
  const tally = by < 0n ? { added, taken: taken - by } : { added: added + by, taken }
  return {
    outcome: { type: 'total', value: String(total) },
    change: { kind: 'counter', tallies: { [origin]: tally } },
  }
}

export function totalOf({ tallies }: Counter): bigint {
  return Object.values(tallies).reduce((total, { added, taken }) => total + added - taken, 0n)
}

export function mergeCounters(a: Counter, b: Counter): Counter {
  const tallies: Record<string, Tally> = { ...a.tallies }
  for (const [origin, theirs] of Object.entries(b.tallies)) {
    const ours = tallies[origin] ?? theirs
    tallies[origin] = { added: greater(ours.added, theirs.added), taken: greater(ours.taken, theirs.taken) }
  }
  return { kind: 'counter', tallies }
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
