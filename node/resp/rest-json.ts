/** Replies of Redis as JSON has them. */
import { Double, ErrorReply, MapReply, NoList, OK, type Reply, SetReply, Status, Verbatim } from './writer.ts'

/** `isBase64`: texts are told in base64, all but OK. */
export function jsonOf(reply: Reply, isBase64: boolean): unknown {
  const text = (bytes: string | Uint8Array) => textOf(bytes, isBase64)
  if (typeof reply === 'string' || reply instanceof Uint8Array) return text(reply)
  if (reply === null || reply instanceof NoList) return null
  if (typeof reply === 'number') return reply
  if (typeof reply === 'bigint') return Number(reply)
  if (typeof reply === 'boolean') return reply ? 1 : 0
  if (reply instanceof Status) return reply === OK ? 'OK' : text(reply.text)
  if (reply instanceof Verbatim) return text(reply.text)
  if (reply instanceof ErrorReply) return text(reply.text)
  if (reply instanceof Double) return text(String(reply.value))
  if (reply instanceof MapReply) return reply.entries.flat().map((one) => jsonOf(one, isBase64))
  const members = reply instanceof SetReply ? reply.members : reply
  return members.map((one) => jsonOf(one, isBase64))
}

function textOf(bytes: string | Uint8Array, isBase64: boolean): string {
  const buffer =
    typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isBase64 ? buffer.toString('base64') : buffer.toString()
}
