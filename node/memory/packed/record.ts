/**
 * How a register lies in a buffer, a value or what is left of one:
 *
 *     0 flags   1 content type   2 bytes of the body   4 bytes of the id   8 last use   12 origin   16 time
 *     24 end, where there is one   then, where its lifetime was changed by itself: origin (4), time (8)
 *
 * and the id, and the body.
 *
 * A body that is too large, or of a content type too rare to have a number, is kept beside it.
 */
import type { Stamp } from '../../../shared/command.ts'
import type { Register, Value } from '../../entries/register.ts'
import type { EncodedId } from './encoded-id.ts'
import { Interned } from './interned.ts'

const AT = { flags: 0, type: 1, bodyBytes: 2, idBytes: 4, used: 8, origin: 12, time: 16, end: 24 } as const
const HEAD_BYTES = 24
const END_BYTES = 8
export const TOUCHED_BYTES = 12

const FLAG = { ends: 1, isWideId: 2, isLarge: 4, isBinary: 8, isUtf8: 16, isGone: 32, isTouched: 64 } as const

/** Beyond it a body costs more to copy than a place of its own. */
const BODY_BYTES_MAX = 1024

/** Lives of members, which are few. */
const origins = new Interned(Infinity)
/** As many as fit into a byte: those that are always asked for, then whoever comes first. */
const contentTypes = new Interned(256)
for (const common of ['application/json', 'application/octet-stream', 'text/plain'])
  contentTypes.numberOf(common)

/** Where records are. */
export interface Page {
  readonly bytes: Buffer<ArrayBuffer>
  readonly view: DataView
}

/** What is written into a record besides its id. */
export interface Draft {
  readonly register: Register
  readonly flags: number
  readonly contentType: number
  readonly bodyBytes: number
}

/** Whether a value of so many bytes has room in a record. */
export function hasRoomFor({ contentType, body, headers }: Value, bodyBytes: number): boolean {
  if (bodyBytes > BODY_BYTES_MAX || headers !== undefined || !contentTypes.takes(contentType)) return false
  return typeof body !== 'string' || bodyBytes === body.length || body.isWellFormed()
}

export function draftOf(register: Register): Draft {
  const { value, touched, endsAtMs } = register
  const common = (endsAtMs < Infinity ? FLAG.ends : 0) | (touched === undefined ? 0 : FLAG.isTouched)
  if (value === undefined) return { register, flags: common | FLAG.isGone, contentType: 0, bodyBytes: 0 }
  const { body } = value
  const bodyBytes = Buffer.byteLength(body)
  if (!hasRoomFor(value, bodyBytes))
    return { register, flags: common | FLAG.isLarge, contentType: 0, bodyBytes: 0 }
  const isAscii = bodyBytes === body.length
  const encoding = typeof body === 'string' ? (isAscii ? 0 : FLAG.isUtf8) : FLAG.isBinary
  return {
    register,
    flags: common | encoding,
    contentType: contentTypes.numberOf(value.contentType),
    bodyBytes,
  }
}

export function isLarge({ flags }: Draft): boolean {
  return (flags & FLAG.isLarge) !== 0
}

/** Written or read last, by the count of all uses. */
export function markUsed({ view }: Page, at: number, use: number): void {
  view.setUint32(at + AT.used, use)
}

export function usedAt({ view }: Page, at: number): number {
  return view.getUint32(at + AT.used)
}

export function endAt({ view }: Page, at: number): number {
  return view.getUint8(at) & FLAG.ends ? view.getFloat64(at + AT.end) : Infinity
}

export function recordBytes({ view }: Page, at: number): number {
  return bodyStart(view, at) - at + view.getUint16(at + AT.bodyBytes)
}

export function draftBytes(id: EncodedId, { flags, bodyBytes }: Draft): number {
  return headBytes(flags) + id.length + bodyBytes
}

function headBytes(flags: number): number {
  return HEAD_BYTES + (flags & FLAG.ends ? END_BYTES : 0) + (flags & FLAG.isTouched ? TOUCHED_BYTES : 0)
}

/** Where the change of its lifetime is. */
function touchedAt(at: number, flags: number): number {
  return at + headBytes(flags) - TOUCHED_BYTES
}

export function isRecordOf(id: EncodedId, { bytes, view }: Page, at: number): boolean {
  const isWide = (view.getUint8(at) & FLAG.isWideId) !== 0
  const isAsLong = view.getUint32(at + AT.idBytes) === id.length
  return isAsLong && isWide === id.isWide && id.isAt(bytes, idStart(view, at))
}

function idStart(view: DataView, at: number): number {
  return at + headBytes(view.getUint8(at))
}

function bodyStart(view: DataView, at: number): number {
  return idStart(view, at) + view.getUint32(at + AT.idBytes)
}

export function writeRecord({ bytes, view }: Page, at: number, id: EncodedId, draft: Draft): void {
  const { register, flags, contentType, bodyBytes } = draft
  const { stamp, touched, value, endsAtMs } = register
  view.setUint8(at, flags | (id.isWide ? FLAG.isWideId : 0))
  view.setUint8(at + AT.type, contentType)
  view.setUint16(at + AT.bodyBytes, bodyBytes)
  view.setUint32(at + AT.idBytes, id.length)
  view.setUint32(at + AT.origin, origins.numberOf(stamp.origin))
  view.setFloat64(at + AT.time, stamp.time)
  if (flags & FLAG.ends) view.setFloat64(at + AT.end, endsAtMs)
  if (touched !== undefined) {
    view.setUint32(touchedAt(at, flags), origins.numberOf(touched.origin))
    view.setFloat64(touchedAt(at, flags) + 4, touched.time)
  }
  id.copyTo(bytes, idStart(view, at))
  if (value === undefined || bodyBytes === 0) return
  if (typeof value.body !== 'string') bytes.set(value.body, bodyStart(view, at))
  else bytes.write(value.body, bodyStart(view, at), flags & FLAG.isUtf8 ? 'utf8' : 'latin1')
}

export function idIn({ bytes, view }: Page, at: number): string {
  const encoding = view.getUint8(at) & FLAG.isWideId ? 'utf16le' : 'latin1'
  return bytes.toString(encoding, idStart(view, at), bodyStart(view, at))
}

/** `large` is what is kept beside it, if it is. */
export function registerIn(page: Page, at: number, large: () => Value): Register {
  const { view } = page
  const flags = view.getUint8(at)
  const stamp = {
    time: view.getFloat64(at + AT.time),
    origin: origins.textOf(view.getUint32(at + AT.origin)),
  }
  const endsAtMs = endAt(page, at)
  const value = flags & FLAG.isGone ? undefined : flags & FLAG.isLarge ? large() : valueIn(page, at)
  // Each of its own shape: there are many of them, and what is not there costs nothing.
  if (flags & FLAG.isTouched) {
    const written = { kind: 'register', stamp, touched: touchedIn(page, at), endsAtMs } as const
    return value === undefined ? written : { ...written, value }
  }
  if (value === undefined) return { kind: 'register', stamp, endsAtMs }
  return { kind: 'register', stamp, value, endsAtMs }
}

function touchedIn({ view }: Page, at: number): Stamp {
  const start = touchedAt(at, view.getUint8(at))
  return { time: view.getFloat64(start + 4), origin: origins.textOf(view.getUint32(start)) }
}

function valueIn({ bytes, view }: Page, at: number): Value {
  const flags = view.getUint8(at)
  const start = bodyStart(view, at)
  const end = start + view.getUint16(at + AT.bodyBytes)
  const contentType = contentTypes.textOf(view.getUint8(at + AT.type))
  // A copy: the place will be another's.
  if (flags & FLAG.isBinary) return { contentType, body: Buffer.from(bytes.subarray(start, end)) }
  return { contentType, body: bytes.toString(flags & FLAG.isUtf8 ? 'utf8' : 'latin1', start, end) }
}
