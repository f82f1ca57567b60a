/**
 * A value under a key: a last-writer-wins register.
 *
 * Its lifetime may be changed by itself. That is no write of a value: it belongs to the write whose lifetime it changes,
 * whatever was written instead of that wins over it, and of several changes to one write the last one holds.
 *
 * What was deleted or has expired leaves a tombstone, a register without a value: without it, the next merge
 * with a copy that missed the delete would bring the value back.
 */
import {
  type Body,
  bytesOfBody,
  type Command,
  type Condition,
  type Outcome,
  type Stamp,
  tagOf,
} from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Description } from '../../shared/many-keys.ts'
import type { ResponseFacts } from '../../shared/response-command.ts'
import { compareEnds, endsSooner, fits } from './ends.ts'
import { compareStamps } from './stamp.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'

export interface Value {
  readonly contentType: string
  readonly body: Body
  /** What else belongs to a cached response. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of a cached response: for how long it was to live in all, so that what is left tells its age. */
  readonly lifeMs?: number
  readonly facts?: ResponseFacts
}

export interface Register {
  readonly kind: 'register'
  readonly stamp: Stamp
  /** Which change of its lifetime alone was the last, where there was one since that write. */
  readonly touched?: Stamp
  /** Absent in a tombstone. */
  readonly value?: Value
  /** By this member's steady clock: when the value ends by itself, `Infinity` for never; in a tombstone, when it ended. */
  readonly endsAtMs: number
}

/** One that is no tombstone. */
export interface Present extends Register {
  readonly value: Value
}

type ValueCommand = Extract<Command, { type: `value.${string}` }>

export function applyToRegister(
  register: Register | undefined,
  command: ValueCommand,
  moment: Moment,
): Applied<Register> {
  const known = presentAt(register, moment)
  if (known === undefined && command.type !== 'value.set') return applyToNothing(command, moment)
  const failed = failedCondition(command.condition, known?.stamp)
  if (failed !== undefined)
    return { outcome: { type: 'mismatch', failed, ...(known && { stamp: known.stamp }) } }
  return command.type === 'value.set' ? set(known, command, moment) : applyToPresent(known, command, moment)
}

/** Most values have no end, and asking for the time costs a quarter of a read. */
export function presentAt(
  register: Register | undefined,
  moment: Pick<Moment, 'nowMs'>,
): Present | undefined {
  if (register?.value === undefined) return undefined
  return register.endsAtMs === Infinity || register.endsAtMs > moment.nowMs
    ? (register as Present)
    : undefined
}

/** A missing value is reported as such, whatever the condition says (RFC 9110, section 13.2.1). */
function applyToNothing({ type, condition }: ValueCommand, moment: Moment): Applied<Register> {
  const leavesTrace = type === 'value.delete' && condition === undefined && !moment.isCertain
  return { outcome: MISSING, ...(leavesTrace && { change: tombstone(moment) }) }
}

const MISSING = { type: 'missing' } as const

function set(
  known: Present | undefined,
  { contentType, body, ttlMs, keepsTtl }: Extract<ValueCommand, { type: 'value.set' }>,
  moment: Moment,
): Applied<Register> {
  const endsAtMs = keepsTtl === true ? (known?.endsAtMs ?? Infinity) : endOf(ttlMs, moment)
  const change: Register = { kind: 'register', stamp: moment.stamp(), value: { contentType, body }, endsAtMs }
  return { outcome: { type: 'stored', stamp: change.stamp, created: known === undefined }, change }
}

function applyToPresent(
  known: Present | undefined,
  command: Exclude<ValueCommand, { type: 'value.set' }>,
  moment: Moment,
): Applied<Register> {
  if (known === undefined) return { outcome: MISSING }
  switch (command.type) {
    case 'value.get':
      return { outcome: found(known, moment) }
    case 'value.describe':
      return { outcome: { type: 'description', stamp: known.stamp, ...describe(known, moment) } }
    case 'value.touch': {
      const endsAtMs = endOf(command.ttlMs, moment)
      if (command.only !== undefined && !fits(command.only, known, endsAtMs))
        return { outcome: { type: 'mismatch', failed: 'ifMatch', stamp: known.stamp } }
      const change: Present = { ...known, touched: moment.stamp(), endsAtMs }
      return { outcome: { type: 'stored', stamp: known.stamp, created: false }, change }
    }
    case 'value.delete':
      return { outcome: { type: 'deleted' }, change: tombstone(moment) }
    default:
      return assertNever(command)
  }
}

export function endOf(ttlMs: number | undefined, { nowMs }: Pick<Moment, 'nowMs'>): number {
  return ttlMs === undefined ? Infinity : nowMs + ttlMs
}

function tombstone({ stamp, nowMs }: Moment): Register {
  return { kind: 'register', stamp: stamp(), endsAtMs: nowMs }
}

function found({ value, stamp, endsAtMs }: Present, moment: Moment): Outcome {
  const { contentType, body } = value
  // As it was, for nearly all: one object with one more field would be of another shape.
  if (endsAtMs === Infinity) return { type: 'value', contentType, body, stamp }
  return { type: 'value', contentType, body, stamp, ttlMs: endsAtMs - moment.nowMs }
}

/** All but the body. */
export function describe(
  { value: { contentType, body }, endsAtMs }: Present,
  moment: Pick<Moment, 'nowMs'>,
): Description {
  const bytes = bytesOfBody(body)
  return endsAtMs === Infinity
    ? { contentType, bytes }
    : { contentType, bytes, ttlMs: endsAtMs - moment.nowMs }
}

/**
 * Of two copies of one write. A tombstone is the same write, ended since; and what has travelled ends later than where it
 * came from, so that the earlier end is the better one.
 */
function compareCopies(a: Register, b: Register): number {
  const [isGone, isOtherGone] = [a.value === undefined, b.value === undefined]
  return isGone === isOtherGone ? compareEnds(b, a) : Number(isGone) - Number(isOtherGone)
}

export function failedCondition(
  condition: Condition | undefined,
  stamp: Stamp | undefined,
): keyof Condition | undefined {
  if (condition === undefined) return undefined
  const { ifMatch, ifNoneMatch } = condition
  const tag = stamp && tagOf(stamp)
  if (ifMatch !== undefined && !names(ifMatch, tag)) return 'ifMatch'
  return ifNoneMatch !== undefined && names(ifNoneMatch, tag) ? 'ifNoneMatch' : undefined
}

function names(tags: readonly string[], tag: string | undefined): boolean {
  return tag !== undefined && (tags.includes('*') || tags.includes(tag))
}

export function liveValue(register: Register | undefined, nowMs: number): Value | undefined {
  return register !== undefined && register.endsAtMs > nowMs ? register.value : undefined
}

/** The same, by now. */
export function ended(register: Register, nowMs: number): Register {
  return { ...register, endsAtMs: nowMs }
}

/** What an ended value leaves behind. */
export function buryRegister({ kind, stamp, touched, endsAtMs }: Register): Register {
  return { kind, stamp, ...(touched && { touched }), endsAtMs }
}

/** The last that was written of it, be it its lifetime alone: no two states of a register have the same. */
export function lastStampOf({ stamp, touched = stamp }: Register): Stamp {
  return touched
}

/** Which write it is, then how it was changed since. */
function compareWrites(a: Register, b: Register): number {
  return compareStamps(a.stamp, b.stamp) || compareStamps(lastStampOf(a), lastStampOf(b))
}

export function bytesOfValue({ body, headers = {} }: Value): number {
  let bytes = bytesOfBody(body)
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length
  return bytes
}

export const REGISTER: Verbs<Register> = {
  /** The later write wins. */
  merge(a, b) {
    const order = compareWrites(a, b)
    return (order === 0 ? compareCopies(a, b) : order) >= 0 ? a : b
  },
  isNews(known, other) {
    const order = compareWrites(known, other)
    if (order !== 0 || known.value === undefined) return order < 0
    return other.value === undefined || endsSooner(other, known)
  },
  times: ({ stamp, touched }) => (touched === undefined ? [stamp] : [stamp, touched]),
  restamped: ({ touched: _, ...register }, stamp) => ({ ...register, stamp }),
  dueAtMs: ({ value, endsAtMs }, tombstoneGraceMs) =>
    value === undefined ? endsAtMs + tombstoneGraceMs : endsAtMs,
  isTombstone: ({ value }) => value === undefined,
  states(register) {
    const { value, endsAtMs } = register
    const { time, origin } = lastStampOf(register)
    const state = `${time}\0${origin}`
    return value !== undefined && endsAtMs === Infinity ? { live: state } : { passing: state }
  },
  bytes: ({ value }) => (value === undefined ? 0 : bytesOfValue(value)),
  growth: (known, change) => REGISTER.bytes(change) - (known === undefined ? 0 : REGISTER.bytes(known)),
  parts: (register) => [register],
  crowd: () => undefined,
  claim: (register) => ({ sinceTime: lastStampOf(register).time, lives: [] }),
  claimed: (register, { sinceTime }) => (lastStampOf(register).time >= sinceTime ? register : undefined),
  within: (register) => register,
  without: () => undefined,
  names: () => [''],
  except: (register, names) => (names.has('') ? undefined : register),
}
