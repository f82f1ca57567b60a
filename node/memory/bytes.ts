/** What an entry counts against the memory budget. */
import { type Entry, isRecordId, isValueId, registerOf } from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import { bytesOfValue, type Register, type Value } from '../entries/register.ts'
import { hasRoomFor, TOUCHED_BYTES } from './packed/values.ts'

/**
 * What a packed register costs beyond its key and body: the head of its record, its cell of the table, and its part of
 * what pages and tables have room for. Measured with a million of 16 bytes, which took 91 bytes resident each on Node 26.
 */
const PACKED_OVERHEAD_BYTES = 64
/** What is added where the value has no room in the record. */
const LARGE_OVERHEAD_BYTES = 400
/**
 * What any other entry costs beyond its key and value: its objects and its place in the map, list and calendar.
 * Measured with a million entries of 16 bytes, which took 343 bytes of heap each on Node 26. A counter has a packed record
 * beside that, which tells where among the values it is listed.
 */
const ENTRY_OVERHEAD_BYTES = 300
/** What is added for its value, where it has one: measured with 200,000 responses, which took 633 bytes of heap each beside their bodies. */
const VALUE_OVERHEAD_BYTES = 280

/** Whether it lies in a page, outside of the heap: a value, what is left of one, or an answer that is remembered. */
export function isPacked(id: string, entry: Entry): entry is Register {
  if (entry.kind !== 'register') return false
  return isValueId(id) || (entry.value !== undefined && isRecordId(id))
}

export function bytesOfEntry(id: string, entry: Entry): number {
  const value = registerOf(entry)?.value
  if (isPacked(id, entry)) return packedOverheadOf(entry) + Buffer.byteLength(id) + packedBytes(value)
  const beside = value === undefined ? 0 : VALUE_OVERHEAD_BYTES
  return overheadOf(id) + beside + verbsOf(entry).bytes(entry)
}

function packedOverheadOf({ touched }: Register): number {
  return PACKED_OVERHEAD_BYTES + (touched === undefined ? 0 : TOUCHED_BYTES)
}

/** What an entry that is not packed takes, before it has anything in it. */
export function overheadOf(id: string): number {
  const idBytes = Buffer.byteLength(id)
  return ENTRY_OVERHEAD_BYTES + idBytes + (isValueId(id) ? PACKED_OVERHEAD_BYTES + idBytes : 0)
}

function packedBytes(value: Value | undefined): number {
  if (value === undefined) return 0
  const bytes = bytesOfValue(value)
  return bytes + (hasRoomFor(value, bytes) ? 0 : LARGE_OVERHEAD_BYTES + value.contentType.length)
}

/** How much of what an entry takes lies on the heap. */
export function heapBytesOf(id: string, entry: Entry, bytes: number): number {
  const body = registerOf(entry)?.value?.body
  if (body !== undefined && typeof body !== 'string') return isPacked(id, entry) ? 0 : bytes - body.length
  return isPacked(id, entry) ? 0 : bytes
}
