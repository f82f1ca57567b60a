/** What every frame begins with: in which format something is said, by which view, and when. */
import { EPOCH_MAX, View } from '../../../shared/view.ts'
import { integer, list, number } from './fields.ts'
import { FORMER } from './format.ts'
import type { FrameReader, FrameWriter } from './frame.ts'
import { ImpossibleError, timeOf } from './times.ts'

/**
 * In which format something is said; an answer is in that of its question. By which view; with that view, where the other
 * does not know it. And the time of the sender's stamps: whoever hears it stamps later, so that what a slot's new owner
 * writes is later than all that it replaces.
 */
export interface Preamble {
  readonly format: number
  readonly epoch: number
  readonly time: number
  readonly view?: View | undefined
}

/** What is heard. */
export interface Heard extends Preamble {
  /** The wall clock of the sender when it said it; nobody who speaks format 3 tells it. */
  readonly wallMs?: number
}

/** The first fields of a head. */
export function toFields({ epoch, time, view }: Preamble, { format, now }: FrameWriter): unknown[] {
  return [epoch, format === FORMER ? time : [time, now.wallMs], view ?? null]
}

/** @throws when they are none. */
export function preambleOf(frame: FrameReader): Heard {
  const { format, head } = frame
  const [epoch, clocks, view] = head
  const [time, wallMs] = format === FORMER ? [clocks, undefined] : list(clocks, 2)
  const heard = {
    format,
    epoch: epochOf(epoch),
    time: timeOf(time, frame),
    ...(wallMs !== undefined && { wallMs: number(wallMs) }),
  }
  return view === null ? heard : { ...heard, view: viewOf(view) }
}

function viewOf(field: unknown): View {
  const view = View.parse(field)
  for (const epoch of [view.epoch, ...view.members.map(({ since = 0 }) => since)]) epochOf(epoch)
  return view
}

function epochOf(field: unknown): number {
  if (integer(field) > EPOCH_MAX || integer(field) < 0) throw new ImpossibleError(`an epoch of ${field}`)
  return field as number
}
