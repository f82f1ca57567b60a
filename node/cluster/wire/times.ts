/**
 * How times are told. What ends is told as what is left of it, since no two members have the same clock: milliseconds,
 * `null` for never, negative once it is over; in format 3 as the end by the wall clock of whoever says it. Stamps are told
 * as they are. A time that cannot be is refused with all that came with it: one far ahead would win over every later write.
 */
import type { Clock } from '../../../shared/clock.ts'
import { LIFETIME_MAX_MS, type Stamp } from '../../../shared/command.ts'
import { isPossible } from '../../entries/stamp.ts'
import { number, text } from './fields.ts'
import { FORMER } from './format.ts'

/** When a frame is made, or read. */
export interface Now {
  /** By the steady clock. */
  readonly nowMs: number
  readonly wallMs: number
}

export function nowBy(clock: Pick<Clock, 'now' | 'wall'>): Now {
  return { nowMs: clock.now(), wallMs: clock.wall() }
}

/** What is said of a time that cannot be. */
export class ImpossibleError extends RangeError {}

/** Of a frame. */
interface Told {
  readonly format: number
  readonly now: Now
}

export function toTimeLeft(endsAtMs: number, { format, now }: Told): number | null {
  if (endsAtMs === Infinity) return null
  return Math.round(endsAtMs - now.nowMs + (format === FORMER ? now.wallMs : 0))
}

/** When it ends, by the steady clock of whoever reads it. */
export function endOf(field: unknown, { format, now }: Told): number {
  if (field === null) return Infinity
  if (format !== FORMER) return now.nowMs + Math.round(lifetime(field))
  return now.nowMs + Math.min(number(field) - now.wallMs, LIFETIME_MAX_MS)
}

/** Of what is gone: since when. Members of format 3 may say when by another clock, so that it counts from now on. */
export function goneSince(field: unknown, told: Told): number {
  return told.format === FORMER ? told.now.nowMs : Math.min(endOf(field, told), told.now.nowMs)
}

/** How long something is to live in all. Members of format 3 know of no limit. */
export function toLive(field: unknown, { format }: Told): number {
  if (format === FORMER) return Math.min(Math.max(0, number(field)), LIFETIME_MAX_MS)
  if (number(field) < 0) throw new ImpossibleError(`a life of ${field} ms`)
  return lifetime(field)
}

export function lifetime(field: unknown): number {
  if (Math.abs(number(field)) > LIFETIME_MAX_MS) throw new ImpossibleError(`a life of ${field} ms`)
  return field as number
}

/** When something was written. */
export function timeOf(field: unknown, { now }: Told): number {
  if (!isPossible(number(field), now.wallMs))
    throw new ImpossibleError(`a time of ${field}, more than a day beyond the clock of this member`)
  return field as number
}

/** Which write it was. */
export function stampOf(time: unknown, origin: unknown, told: Told): Stamp {
  return { time: timeOf(time, told), origin: text(origin) }
}
