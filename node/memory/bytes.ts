/** What an entry counts against the memory budget. */
import { type Entry, isValue } from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import { bytesOfValue, type Value } from '../entries/register.ts'
import { hasRoomFor } from './packed/values.ts'

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

export function bytesOfEntry(id: string, entry: Entry): number {
  if (isValue(id, entry)) return packedBytes(id, entry.value)
  return ENTRY_OVERHEAD_BYTES + Buffer.byteLength(id) + verbsOf(entry).bytes(entry)
}

function packedBytes(id: string, value: Value): number {
  const bytes = bytesOfValue(value)
  const beside = hasRoomFor(value, bytes) ? 0 : LARGE_OVERHEAD_BYTES + value.contentType.length
  return PACKED_OVERHEAD_BYTES + Buffer.byteLength(id) + beside + bytes
}
