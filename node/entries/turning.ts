/**
 * A key has a value or a counter: what is asked of the one is answered by whichever stands there. An increment goes on from
 * a value that is an integer; storing a value puts an end to the counter; a counter is read as a value; either is deleted by
 * what deletes the other.
 */
import type { Body, Command, Stamp } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { isJson } from '../../shared/media-type.ts'
import { applyToCounter, type CounterCommand, isTotal, tallyOf } from './count.ts'
import { type Counter, emptied, endedCounter, hasEnded, isCounting, totalOf } from './counter.ts'
import { type Either, standingOf, turnedBy } from './either.ts'
import { BASE } from './folds.ts'
import { applyToRegister, liveValue, type Present, presentAt, type Register } from './register.ts'
import type { Applied, Moment } from './verbs.ts'

export type ValueCommand = Extract<Command, { type: `value.${string}` }>

/** Carries out a command on a value. */
export function applyToValue(
  either: Either | undefined,
  command: ValueCommand,
  moment: Moment,
): Applied<Either> {
  // Mostly there is nothing else.
  if (either === undefined || either.kind === 'register') return applyToRegister(either, command, moment)
  const standing = standingOf(either)
  if (standing.kind === 'register') return applyToRegister(standing, command, moment)
  const value = asValue(standing, moment)
  const { outcome, change } = applyToRegister(value, command, moment)
  return change === undefined
    ? { outcome }
    : { outcome, change: counterAfter(standing, change, { value, moment }) }
}

/** What becomes of a counter where this becomes of the value that it is read as. */
function counterAfter(
  counter: Counter,
  change: Register,
  { value, moment }: { value: Register | undefined; moment: Moment },
): Either {
  const { stamp, endsAtMs } = change
  if (change.value === undefined) return emptied(counter, { ...stamp, atMs: endsAtMs })
  // Where it is the same write as before, only its end is another one.
  if (stamp === value?.stamp) return { ...counter, end: { endsAtMs, by: moment.stamp() } }
  return turnedBy(change, counter)
}

/** @throws LarderError WRONG_TYPE, OUT_OF_RANGE. */
export function applyToTotal(
  either: Either | undefined,
  command: CounterCommand,
  moment: Moment,
): Applied<Either> {
  const standing = either && standingOf(either)
  if (command.type === 'counter.delete' && standing?.kind === 'register' && isLive(standing, moment))
    return applyToRegister(standing, { type: 'value.delete', key: command.key }, moment)
  if (command.type === 'counter.set') return applyToCounter(undefined, command, moment)
  return applyToCounter(standing && asCounter(standing, moment), command, moment)
}

function isLive(register: Register, { nowMs }: Moment): boolean {
  return liveValue(register, nowMs) !== undefined
}

/** @throws LarderError WRONG_TYPE where the value is no integer that a counter could be. */
function asCounter(standing: Register | Counter, moment: Moment): Counter {
  if (standing.kind === 'counter') return hasEnded(standing, moment.nowMs) ? endedCounter(standing) : standing
  const { stamp, endsAtMs } = standing
  const value = liveValue(standing, moment.nowMs)
  if (value === undefined) return emptied({}, { ...stamp, atMs: endsAtMs })
  const total = integerIn(value.body, isJson(value.contentType))
  if (total === undefined)
    throw new LarderError('WRONG_TYPE', 'The value of this key is no integer of 64 bits; it stays as it was.')
  return {
    ...emptied({}, { ...stamp, atMs: moment.nowMs }),
    tallies: { [BASE]: tallyOf(total) },
    ...(endsAtMs < Infinity && { end: { endsAtMs } }),
  }
}

const DIGITS_MAX = 20

/** JSON may have white space around it. */
function integerIn(body: Body, isJson: boolean): bigint | undefined {
  if (body.length > 2 * DIGITS_MAX) return undefined
  const whole = typeof body === 'string' ? body : Buffer.from(body).toString('latin1')
  const text = isJson ? whole.trim() : whole
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return undefined
  const integer = BigInt(text)
  return isTotal(integer) ? integer : undefined
}

/** What is read under a key: `undefined` where there is nothing, or no longer. */
export function valueUnder(either: Either, moment: Pick<Moment, 'nowMs'>): Present | undefined {
  const standing = standingOf(either)
  return standing.kind === 'register' ? presentAt(standing, moment) : asValue(standing, moment)
}

/** A counter as it is read: `undefined` where there is none, or no longer. */
function asValue(counter: Counter, { nowMs }: Pick<Moment, 'nowMs'>): Present | undefined {
  if (!isCounting(counter) || hasEnded(counter, nowMs)) return undefined
  const body = String(totalOf(counter))
  return {
    kind: 'register',
    stamp: stampOf(counter, body),
    value: { contentType: 'application/json', body },
    endsAtMs: counter.end?.endsAtMs ?? Infinity,
  }
}

/** Of what it is now: two halves that meet make another total of the same last write. */
function stampOf({ last, reset }: Counter, total: string): Stamp {
  const { time, origin } = last ?? reset ?? { time: 0, origin: '' }
  return { time, origin: `${origin}:${total}` }
}
