/** In how many messages changes are told: few where they are small, and nothing large among them. */
import type { SlotEntry } from '../../entries/entry.ts'
import { bytesOfEntries } from '../wire/calls.ts'

/** A parcel is closed by the group that brings it over this: some milliseconds to read. */
const PARCEL_BYTES = 128 * 2 ** 10
/** A group that is more holds up all others. */
const ALONE_BYTES = 2 ** 20

/** What one command has changed. */
type Group = readonly SlotEntry[]

export interface Parcels {
  /** Groups that are told together, in their order. */
  readonly together: readonly (readonly Group[])[]
  /** Those that are told each for itself, as they would hold up all others. */
  readonly alone: readonly Group[]
}

export function parcelsOf(groups: readonly Group[]): Parcels {
  const together: Group[][] = []
  const alone: Group[] = []
  let room = 0
  for (const group of groups) {
    const bytes = bytesOfEntries(group)
    if (bytes > ALONE_BYTES) {
      alone.push(group)
      continue
    }
    if (room <= 0) {
      together.push([])
      room = PARCEL_BYTES
    }
    together.at(-1)?.push(group)
    room -= bytes
  }
  return { together, alone }
}

/** So few entries need each other, as a counter and the answer that makes an increment count once. */
const INSEPARABLE_MAX = 3

/** A group in pieces that each travel as one. Where they are many, each is for itself. */
export function* piecesOf(group: Group): Generator<Group> {
  if (group.length <= INSEPARABLE_MAX) return yield group
  let piece: SlotEntry[] = []
  let bytes = 0
  for (const entry of group) {
    const more = bytesOfEntries([entry])
    if (piece.length > 0 && bytes + more > PARCEL_BYTES) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(entry)
    bytes += more
  }
  if (piece.length > 0) yield piece
}
