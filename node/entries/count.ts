/** What is asked of a total, carried out on the counter that a key has, or goes on from (`turning.ts`). */
import type { Command, Outcome } from '../../shared/command.ts'
import { assertNever, LarderError } from '../../shared/errors.ts'
import { type Counter, counterWith, emptied, isCounting, type Reset, totalOf } from './counter.ts'
import { BASE, foldInto } from './folds.ts'
import type { Applied, Moment } from './verbs.ts'

export type CounterCommand = Extract<Command, { type: `counter.${string}` }>
type Add = Extract<CounterCommand, { type: 'counter.add' }>

const TOTAL_MIN = -(2n ** 63n)
const TOTAL_MAX = 2n ** 63n - 1n

/** Whether a total can be that. */
export function isTotal(value: bigint): boolean {
  return value >= TOTAL_MIN && value <= TOTAL_MAX
}

export function applyToCounter(
  counter: Counter | undefined,
  command: CounterCommand,
  moment: Moment,
): Applied<Counter> {
  switch (command.type) {
    case 'counter.get':
      return { outcome: isCounting(counter) ? totalOutcome(counter, moment) : { type: 'missing' } }
    case 'counter.add':
      return add(counter, command, moment)
    case 'counter.set':
      return set(command, moment)
    case 'counter.delete':
      if (!isCounting(counter) && moment.isCertain) return { outcome: { type: 'missing' } }
      return {
        outcome: { type: isCounting(counter) ? 'deleted' : 'missing' },
        change: emptied({}, resetAt(moment)),
      }
    default:
      return assertNever(command)
  }
}

/** What has just been done begins all anew. */
function resetAt({ stamp, nowMs }: Moment): Reset {
  return { ...stamp(), atMs: nowMs }
}

function add(counter: Counter | undefined, command: Add, moment: Moment): Applied<Counter> {
  const { origin, nowMs } = moment
  const by = BigInt(command.by)
  const before = counter ? totalOf(counter) : 0n
  const total = before + by
  if (!isTotal(total)) {
    throw new LarderError('OUT_OF_RANGE', `The total would be ${total}; it stays as it was.`)
  }
  const { min = TOTAL_MIN, max = TOTAL_MAX, ttlMs } = command
  if (total < BigInt(min) || total > BigInt(max))
    return { outcome: { ...totalOutcome(counter, moment, before), type: 'outOfBounds' } }
  const known = counter?.tallies ?? {}
  const folded = foldInto(origin, known, (other) => moment.isOver(other))
  const { added, taken } = folded[origin] ?? known[origin] ?? { added: 0n, taken: 0n }
  const tally = by < 0n ? { added, taken: taken - by } : { added: added + by, taken }
  const { [BASE]: base } = known
  const begins = !isCounting(counter) && ttlMs !== undefined && { end: { endsAtMs: nowMs + ttlMs } }
  const written = { ...counter, ...begins, last: moment.stamp() }
  const change = counterWith(written, { ...(base && { [BASE]: base }), ...folded, [origin]: tally }, nowMs)
  return { outcome: totalOutcome(change, moment, total), change }
}

function set(
  { value, ttlMs }: Extract<CounterCommand, { type: 'counter.set' }>,
  moment: Moment,
): Applied<Counter> {
  const total = BigInt(value)
  if (!isTotal(total))
    throw new LarderError('OUT_OF_RANGE', `${total} is beyond 64 bits; it stays as it was.`)
  const { nowMs } = moment
  const { reset, last } = emptied({}, resetAt(moment))
  const end = ttlMs === undefined ? undefined : { endsAtMs: nowMs + ttlMs }
  const change = counterWith({ reset, last, end }, { [BASE]: tallyOf(total) }, nowMs)
  return { outcome: totalOutcome(change, moment), change }
}

/** What an amount is where nothing else was counted. */
export function tallyOf(amount: bigint): { added: bigint; taken: bigint } {
  return amount < 0n ? { added: 0n, taken: -amount } : { added: amount, taken: 0n }
}

type Total = Extract<Outcome, { type: 'total' }>

function totalOutcome(counter: Counter | undefined, { nowMs }: Moment, total?: bigint): Total {
  const endsAtMs = counter?.end?.endsAtMs ?? Infinity
  const value = String(total ?? (counter === undefined ? 0n : totalOf(counter)))
  return { type: 'total', value, ...(endsAtMs < Infinity && { ttlMs: endsAtMs - nowMs }) }
}
