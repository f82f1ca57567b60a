/** What every frame begins with: by which view something is said, and when. */
import { View } from '../../shared/view.ts'
import { integer, number } from './heads.ts'

/**
 * By which view something is said; with that view, where the other does not know it. And the time of the sender's
 * stamps: whoever hears it stamps later, so that what a slot's new owner writes is later than all that it replaces.
 */
export interface Sighting {
  readonly epoch: number
  readonly time: number
  readonly view?: View | undefined
}

/** The first fields of a head. */
export function toFields({ epoch, time, view }: Sighting): unknown[] {
  return [epoch, time, view ?? null]
}

/** @throws when they are none. */
export function sightingOf([epoch, time, view]: readonly unknown[]): Sighting {
  const sighting = { epoch: integer(epoch), time: number(time) }
  return view === null ? sighting : { ...sighting, view: View.parse(view) }
}
