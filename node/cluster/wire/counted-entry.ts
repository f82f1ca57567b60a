/** What is counted, in the head of a frame: counters, and how much of limits is used up (`entry.ts` shows them). */
import type { Stamp } from '../../../shared/command.ts'
import { type Counter, counterWith, type End, type Reset } from '../../entries/counter.ts'
import { isFold } from '../../entries/folds.ts'
import type { Limit } from '../../entries/limit.ts'
import type { EntryWire } from './entry-wire.ts'
import { list, text } from './fields.ts'
import { FORMER } from './format.ts'
import type { FrameReader, FrameWriter } from './frame.ts'
import { endOf, goneSince, lifetime, stampOf, timeOf, toTimeLeft } from './times.ts'

export const counter: EntryWire<Counter> = {
  toField(slot, id, { kind, reset, tallies, last, end }, frame) {
    // In the former format nothing is folded, and what was is in the tally that it went into.
    const told = Object.entries(tallies).filter(([name]) => frame.format !== FORMER || !isFold(name))
    const rows = told.map(([name, { added, taken }]) => [name, String(added), String(taken)])
    const plain = [kind, id, slot, reset === undefined ? null : resetField(reset, frame), rows]
    if (frame.format === FORMER) return plain
    return [...plain, last === undefined ? null : [last.time, last.origin], endField(end, frame)]
  },
  of(fields, frame) {
    const isFormer = frame.format === FORMER
    const [, , , reset, tallies, last = null, end = null] = list(fields, isFormer ? 5 : 7)
    const pairs = list(tallies).map((field) => {
      const [origin, added, taken] = list(field, 3)
      return [text(origin), { added: amount(added), taken: amount(taken) }] as const
    })
    const written = {
      reset: resetOf(reset, frame),
      last: isFormer ? formerLast(pairs.length, frame) : lastOf(last, frame),
      end: endingOf(end, frame),
    }
    return counterWith(written, Object.fromEntries(pairs), frame.now.nowMs)
  },
  bytes: ({ tallies }) => 200 + 100 * Object.keys(tallies).length,
}

export const limit: EntryWire<Limit> = {
  toField: (slot, id, { kind, last, fullAtMs, reset }, frame) => [
    kind,
    id,
    slot,
    last.time,
    last.origin,
    // To the last part of a millisecond, in which very much may have been taken.
    fullAtMs === undefined ? null : fullAtMs - frame.now.nowMs,
    reset === undefined ? null : resetField(reset, frame),
  ],
  of(fields, frame) {
    const [, , , time, origin, left, reset] = list(fields, 7)
    const begun = resetOf(reset, frame)
    return {
      kind: 'limit',
      last: stampOf(time, origin, frame),
      ...(left !== null && { fullAtMs: frame.now.nowMs + lifetime(left) }),
      ...(begun && { reset: begun }),
    }
  },
  bytes: () => 300,
}

function amount(field: unknown): bigint {
  if (!/^\d+$/.test(text(field))) throw new TypeError('a tally is no number')
  return BigInt(field as string)
}

/** When a counter was written last nobody says in format 3: as of when its sender tells it. Of one that is deleted, not after that. */
function formerLast(tallies: number, frame: FrameReader): Stamp | undefined {
  return tallies === 0 ? undefined : { time: timeOf(frame.head[1], frame), origin: '' }
}

function lastOf(field: unknown, frame: FrameReader): Stamp | undefined {
  if (field === null) return undefined
  const [time, origin] = list(field, 2)
  return stampOf(time, origin, frame)
}

function endField(end: End | undefined, frame: FrameWriter): unknown {
  if (end === undefined) return null
  const { endsAtMs, by } = end
  const left = toTimeLeft(endsAtMs, frame)
  return by === undefined ? [left] : [left, by.time, by.origin]
}

function endingOf(field: unknown, frame: FrameReader): End | undefined {
  if (field === null) return undefined
  const [left, time, origin] = list(field)
  const endsAtMs = endOf(left, frame)
  return time === undefined ? { endsAtMs } : { endsAtMs, by: stampOf(time, origin, frame) }
}

function resetField({ time, origin, atMs }: Reset, frame: FrameWriter): unknown[] {
  return frame.format === FORMER ? [time, origin] : [time, origin, toTimeLeft(atMs, frame)]
}

function resetOf(field: unknown, frame: FrameReader): Reset | undefined {
  if (field === null) return undefined
  const [time, origin, since] = list(field, frame.format === FORMER ? 2 : 3)
  return { ...stampOf(time, origin, frame), atMs: goneSince(since, frame) }
}
