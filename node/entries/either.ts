/**
 * What stands under a key: a value or a counter, whichever was written last. Neither can be told from the other's
 * kind alone, so both are kept where both are known: the register with the latest write of a value, or its tombstone, and
 * the counter with all that was counted. Of these a register that is earlier than the last increment will never stand again
 * and is dropped. A counter that is earlier than the register is covered by it, and remembered for as long as a tombstone: an
 * increment that another half has made later goes on from all of it.
 *
 * So it is the product of two lattices, the register and the counter, of which what nobody can see again is left out.
 */

import type { Claim } from './claim.ts'
import { COUNTER, type Counter, compareWrites, renewed } from './counter.ts'
import { buryRegister, ended, REGISTER, type Register } from './register.ts'
import type { Due, Verbs } from './verbs.ts'

/** A value, or what is left of one, with the counter that it has put an end to. */
export interface Turned {
  readonly kind: 'turned'
  readonly register: Register
  readonly counter: Counter
  /** Since when this member knows of both, by its steady clock; absent until it is looked at. */
  readonly sinceMs?: number
}

export type Either = Register | Counter | Turned

interface Both {
  readonly register?: Register | undefined
  readonly counter?: Counter | undefined
  readonly sinceMs?: number | undefined
}

export function isEither(entry: { readonly kind: string }): entry is Either {
  return entry.kind === 'register' || entry.kind === 'counter' || entry.kind === 'turned'
}

/** Each of the kinds that the rest of a node keeps for itself. */
export function partsOf(either: Either): readonly (Register | Counter)[] {
  return either.kind === 'turned' ? [either.register, either.counter] : [either]
}

function bothOf(either: Either): Both {
  if (either.kind === 'turned') return either
  return either.kind === 'register' ? { register: either } : { counter: either }
}

/** What stands: of what has turned, the value. */
export function standingOf(either: Either): Register | Counter {
  return either.kind === 'turned' ? either.register : either
}

/** Whether so much was counted since that nobody can see this value again. */
function isCounted(register: Register, counter: Counter | undefined): boolean {
  return counter !== undefined && compareWrites(register.stamp, counter.last) <= 0
}

/** As one entry, without what nobody can see again. */
function asOne({ register, counter, sinceMs }: Both): Either | undefined {
  if (register === undefined || counter === undefined) return register ?? counter
  if (isCounted(register, counter)) return counter
  return { kind: 'turned', register, counter, ...(sinceMs !== undefined && { sinceMs }) }
}

/** A write of a value that is known to put an end to this counter. */
export function turnedBy(register: Register, { reset, last }: Counter): Turned {
  const nothing: Counter = { kind: 'counter', ...(reset && { reset }), tallies: {}, ...(last && { last }) }
  return { kind: 'turned', register, counter: nothing }
}

/** What is left of it by now. */
export function settled({ register, counter, sinceMs }: Turned, { nowMs, oldestMs, isKept }: Due): Either {
  const hasEnded = register.value !== undefined && register.endsAtMs <= nowMs
  const left = hasEnded ? buryRegister(register) : register
  if (sinceMs === undefined || sinceMs > oldestMs)
    return { kind: 'turned', register: left, counter, sinceMs: sinceMs ?? nowMs }
  if (!isKept) return left
  const kept = left.value === undefined ? ended(left, nowMs) : left
  return { kind: 'turned', register: kept, counter: renewed(counter, nowMs), sinceMs: nowMs }
}

function joined<T>(a: T | undefined, b: T | undefined, join: (a: T, b: T) => T): T | undefined {
  return a === undefined || b === undefined ? (a ?? b) : join(a, b)
}

function isNewsOf<T>(known: T | undefined, other: T | undefined, { isNews }: Verbs<T>): boolean {
  return other !== undefined && (known === undefined || isNews(known, other))
}

/** Two copies of what stands under a key, whatever that is in each of them. */
export const EITHER: Pick<Verbs<Either>, 'merge' | 'isNews'> = {
  merge(a, b) {
    const [ours, theirs] = [bothOf(a), bothOf(b)]
    const merged = asOne({
      register: joined(ours.register, theirs.register, REGISTER.merge),
      counter: joined(ours.counter, theirs.counter, COUNTER.merge),
      sinceMs: joined(ours.sinceMs, theirs.sinceMs, Math.min),
    })
    return merged ?? a
  },
  isNews(known, other) {
    const [ours, theirs] = [bothOf(known), bothOf(other)]
    if (isNewsOf(ours.counter, theirs.counter, COUNTER)) return true
    const isOver = theirs.register !== undefined && isCounted(theirs.register, ours.counter)
    return !isOver && isNewsOf(ours.register, theirs.register, REGISTER)
  },
}

/** A claim covers both, and each of them is claimed for itself. */
export const TURNED: Omit<Verbs<Turned>, 'merge' | 'isNews' | 'claimed'> &
  Pick<Verbs<Either>, 'merge' | 'isNews'> & { claimed(turned: Turned, claim: Claim): Either | undefined } = {
  ...EITHER,
  times: ({ register, counter }) => [...REGISTER.times(register), ...COUNTER.times(counter)],
  restamped: ({ register, counter, ...rest }, stamp) => ({
    ...rest,
    register: REGISTER.restamped(register, stamp),
    counter,
  }),
  dueAtMs({ register, sinceMs }, tombstoneGraceMs) {
    const forgetAtMs = sinceMs === undefined ? 0 : sinceMs + tombstoneGraceMs
    return register.value === undefined ? forgetAtMs : Math.min(register.endsAtMs, forgetAtMs)
  },
  isTombstone: ({ register }) => REGISTER.isTombstone(register),
  states({ register, counter }) {
    const [stands, covered] = [REGISTER.states(register), COUNTER.states(counter)]
    const passing = [stands.passing, covered.live, covered.passing].filter((one) => one !== undefined)
    return { live: stands.live, passing: passing.join('\0') }
  },
  bytes: ({ register, counter }) => REGISTER.bytes(register) + COUNTER.bytes(counter),
  growth: (known, change) => TURNED.bytes(change) - (known === undefined ? 0 : TURNED.bytes(known)),
  parts: (turned) => [turned],
  crowd: () => undefined,
  claim({ register, counter }) {
    const [value, counted] = [REGISTER.claim(register), COUNTER.claim(counter)]
    return { sinceTime: Math.min(value.sinceTime, counted.sinceTime), lives: counted.lives }
  },
  claimed({ register, counter }, claim) {
    return asOne({
      register: REGISTER.claimed(register, claim),
      counter: COUNTER.claimed(counter, claim),
    })
  },
  within: (turned) => turned,
  without: () => undefined,
  names: () => [''],
  except: (turned, names) => (names.has('') ? undefined : turned),
}
