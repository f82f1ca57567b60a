/** What every frame begins with: by which view something is said, and when. */
import { View } from '../../../shared/view.ts'
import { integer, number } from './fields.ts'

/**
 * By which view something is said; with that view, where the other does not know it. And the time of the sender's
 * stamps: whoever hears it stamps later, so that what a slot's new owner writes is later than all that it replaces.
 */
export interface Preamble {
  readonly epoch: number
  readonly time: number
  readonly view?: View | undefined
}

/** The first fields of a head. */
export function toFields({ epoch, time, view }: Preamble): unknown[] {
  return [epoch, time, view ?? null]
}

/** @throws when they are none. */
export function preambleOf([epoch, time, view]: readonly unknown[]): Preamble {
  const preamble = { epoch: integer(epoch), time: number(time) }
  return view === null ? preamble : { ...preamble, view: View.parse(view) }
}
