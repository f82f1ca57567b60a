/** What an entry counts against the memory budget. */
import { assertNever } from '../../shared/errors.ts'
import { type Entry, isValue } from '../entries/entry.ts'
import type { Value } from '../entries/register.ts'
import { hasRoomFor } from './packed/record.ts'

/**
 * What a packed value costs beyond its key and body: the head of its record, its cell of the table, and its part of
 * what pages and tables have room for. Measured with a million of 16 bytes, which took 91 bytes resident each on Node 26.
 */
const PACKED_OVERHEAD_BYTES = 64
/** What is added where the value has no room in the record. */
const LARGE_OVERHEAD_BYTES = 250
/**
 * What any other entry costs beyond its key and value: its objects and its place in the map, list and calendar.
 * Measured with a million entries of 16 bytes, which took 343 bytes of heap each on Node 26.
 */
const ENTRY_OVERHEAD_BYTES = 300
/** What a life of a member adds to every counter that it has counted: measured with five of them. */
const TALLY_BYTES = 75

export function bytesOfEntry(id: string, entry: Entry): number {
  if (isValue(id, entry)) return packedBytes(id, entry.value)
  const named = ENTRY_OVERHEAD_BYTES + Buffer.byteLength(id)
  switch (entry.kind) {
    case 'register':
      return entry.value === undefined ? named : named + valueBytes(entry.value)
    case 'counter':
      return named + Object.keys(entry.tallies).length * TALLY_BYTES
    case 'reactions':
      return named + entry.bytes
    default:
      return assertNever(entry)
  }
}

function packedBytes(id: string, value: Value): number {
  const bytes = valueBytes(value)
  const beside = hasRoomFor(value, bytes) ? 0 : LARGE_OVERHEAD_BYTES + value.contentType.length
  return PACKED_OVERHEAD_BYTES + Buffer.byteLength(id) + beside + bytes
}

function valueBytes({ body, headers = {} }: Value): number {
  let bytes = Buffer.byteLength(body)
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length
  return bytes
}
