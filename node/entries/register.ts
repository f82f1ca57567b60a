/**
 * A value under a key: a last-writer-wins register.
 *
 * What was deleted or has expired leaves a tombstone, a register without a value: without it, the next merge
 * with a copy that missed the delete would bring the value back.
 */
import {
  type Body,
  type Command,
  type Condition,
  type Outcome,
  type Stamp,
  tagOf,
} from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { compareEnds, endsSooner } from './ends.ts'
import { compareStamps } from './stamp.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'

export interface Value {
  readonly contentType: string
  readonly body: Body
  /** What else belongs to a cached response. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of a cached response: for how long it was to live in all, so that what is left tells its age. */
  readonly lifeMs?: number
}

export interface Register {
  readonly kind: 'register'
  readonly stamp: Stamp
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
  // Most values have no end, and asking for the time costs a quarter of a read.
  const value = register?.endsAtMs === Infinity ? register.value : liveValue(register, moment.nowMs)
  const stamp = value && register?.stamp
  // A missing value is reported as such, whatever the condition says (RFC 9110, section 13.2.1).
  if (stamp === undefined && command.type !== 'value.set') {
    const leavesTrace =
      command.type === 'value.delete' && command.condition === undefined && !moment.isCertain
    return { outcome: { type: 'missing' }, ...(leavesTrace && { change: tombstone(moment) }) }
  }
  const failed = failedCondition(command.condition, stamp)
  if (failed !== undefined) return { outcome: { type: 'mismatch', failed, ...(stamp && { stamp }) } }
  switch (command.type) {
    case 'value.get':
      return { outcome: found(value, stamp) }
    case 'value.set': {
      const { contentType, body, ttlMs } = command
      const change: Register = {
        kind: 'register',
        stamp: moment.stamp(),
        value: { contentType, body },
        endsAtMs: ttlMs === undefined ? Infinity : moment.nowMs + ttlMs,
      }
      return { outcome: { type: 'stored', stamp: change.stamp, created: stamp === undefined }, change }
    }
    case 'value.delete':
      return { outcome: { type: 'deleted' }, change: tombstone(moment) }
    default:
      return assertNever(command)
  }
}

function tombstone({ stamp, nowMs }: Moment): Register {
  return { kind: 'register', stamp: stamp(), endsAtMs: nowMs }
}

function found(value: Value | undefined, stamp: Stamp | undefined): Outcome {
  if (value === undefined || stamp === undefined) return { type: 'missing' }
  return { type: 'value', contentType: value.contentType, body: value.body, stamp }
}

/**
 * Of two copies of one write. A tombstone is the same write, ended since; and what has travelled ends later than where it
 * came from, so that the earlier end is the better one.
 */
function compareCopies(a: Register, b: Register): number {
  const [isGone, isOtherGone] = [a.value === undefined, b.value === undefined]
  return isGone === isOtherGone ? compareEnds(b, a) : Number(isGone) - Number(isOtherGone)
}

function failedCondition(
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
export function buryRegister({ kind, stamp, endsAtMs }: Register): Register {
  return { kind, stamp, endsAtMs }
}

export function bytesOfValue({ body, headers = {} }: Value): number {
  let bytes = Buffer.byteLength(body)
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length
  return bytes
}

export const REGISTER: Verbs<Register> = {
  /** The later write wins. */
  merge(a, b) {
    const order = compareStamps(a.stamp, b.stamp)
    return (order === 0 ? compareCopies(a, b) : order) >= 0 ? a : b
  },
  isNews(known, other) {
    const order = compareStamps(known.stamp, other.stamp)
    if (order !== 0 || known.value === undefined) return order < 0
    return other.value === undefined || endsSooner(other, known)
  },
  times: ({ stamp }) => [stamp],
  restamped: (register, stamp) => ({ ...register, stamp }),
  dueAtMs: ({ value, endsAtMs }, tombstoneGraceMs) =>
    value === undefined ? endsAtMs + tombstoneGraceMs : endsAtMs,
  isTombstone: ({ value }) => value === undefined,
  states({ stamp, value, endsAtMs }) {
    const state = `${stamp.time}\0${stamp.origin}`
    return value !== undefined && endsAtMs === Infinity ? { live: state } : { passing: state }
  },
  bytes: ({ value }) => (value === undefined ? 0 : bytesOfValue(value)),
  growth: (known, change) => REGISTER.bytes(change) - (known === undefined ? 0 : REGISTER.bytes(known)),
  parts: (register) => [register],
  crowd: () => undefined,
  claim: ({ stamp }) => ({ sinceTime: stamp.time, lives: [] }),
  claimed: (register, { sinceTime }) => (register.stamp.time >= sinceTime ? register : undefined),
  within: (register) => register,
  without: () => undefined,
  names: () => [''],
  except: (register, names) => (names.has('') ? undefined : register),
}
