/** What an entry counts against the memory budget. */
import { assertNever } from '../../shared/errors.ts'
import type { Entry } from '../entries/entry.ts'

/**
 * What an entry costs beyond its key and value: its objects and its place in the map, list and calendar.
 * Measured with a million entries of 16 bytes, which took 343 bytes of heap each on Node 26.
 */
const ENTRY_OVERHEAD_BYTES = 300
/** What a life of a member adds to every counter that it has counted: measured with five of them. */
const TALLY_BYTES = 75

export function bytesOf(id: string, entry: Entry): number {
  const named = ENTRY_OVERHEAD_BYTES + Buffer.byteLength(id)
  switch (entry.kind) {
    case 'register':
      return entry.value === undefined ? named : named + Buffer.byteLength(entry.value.body)
    case 'counter':
      return named + Object.keys(entry.tallies).length * TALLY_BYTES
    case 'reactions':
      return named + entry.bytes
    default:
      return assertNever(entry)
  }
}
