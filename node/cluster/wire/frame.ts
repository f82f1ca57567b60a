/**
 * What members send each other: the format (1 byte), a head behind its length (4 bytes, big-endian), and behind the
 * head the bodies, one after the other as they are, so that large values are neither escaped nor turned into base64.
 *
 * The head is JSON, but lists rather than objects, since it is told by its place what a field is: in a debugger
 * `[7,1829384756123,null,[["4f1c",false,1999,[["value.get","user:1"]]]]]` is a head that asks for one value. A short
 * text is a field like any other; any other body is, in the head, whether it is text, and how many bytes it takes.
 */
import { isUtf8 } from 'node:buffer'
import type { Body } from '../../../shared/command.ts'
import { isJson } from '../../../shared/media-type.ts'
import { LARGE_BYTES } from '../../../shared/steps.ts'
import { integer, list } from './fields.ts'
import { FORMATS } from './format.ts'
import type { Now } from './times.ts'

export const FRAME_TYPE = 'application/vnd.larder.frame'

const PREFIX_BYTES = 5
/** Up to so many characters, a body of its own would cost more than to escape it. */
const SHORT_LENGTH = 1024
/** What may be kept of a frame beside a body, for each of its bytes. */
const BESIDE_PART = 1 / 16

export class FrameWriter {
  /** What is written may depend on it. */
  readonly format: number
  readonly now: Now
  readonly #bodies: Uint8Array[] = []
  #bodyBytes = 0

  constructor(format: number, now: Now) {
    this.format = format
    this.now = now
  }

  /** What stands for a body in the head. Bytes of JSON that was checked are told as text, which is all that older members take for JSON. */
  body(body: Body, checkedAs = ''): unknown {
    const isString = typeof body === 'string'
    if (isString && body.length <= SHORT_LENGTH) return body
    const bytes = isString ? Buffer.from(body) : body
    this.#bodies.push(bytes)
    this.#bodyBytes += bytes.length
    return [isString || isJson(checkedAs), bytes.length]
  }

  finish(head: readonly unknown[]): Buffer {
    const text = JSON.stringify(head)
    const headBytes = Buffer.byteLength(text)
    const frame = Buffer.allocUnsafe(PREFIX_BYTES + headBytes + this.#bodyBytes)
    frame.writeUInt8(this.format)
    frame.writeUInt32BE(headBytes, 1)
    let offset = PREFIX_BYTES + frame.write(text, PREFIX_BYTES)
    for (const body of this.#bodies) {
      frame.set(body, offset)
      offset += body.length
    }
    return frame
  }
}

export class FrameReader {
  /** What is read may depend on it. */
  readonly format: number
  readonly now: Now
  readonly head: readonly unknown[]
  readonly #bytes: Buffer
  #offset: number

  /** @throws when the bytes are no frame of a format that is known here. */
  constructor(bytes: Buffer, now: Now) {
    this.now = now
    this.format = bytes.readUInt8(0)
    if (!FORMATS.includes(this.format)) throw new RangeError(`a frame of format ${this.format}`)
    this.#bytes = bytes
    this.#offset = PREFIX_BYTES + bytes.readUInt32BE(1)
    if (this.#offset > bytes.length) throw new RangeError('the frame ends before its head does')
    this.head = list(JSON.parse(bytes.toString('utf8', PREFIX_BYTES, this.#offset)))
  }

  /** The body that a field stands for. Bodies are taken in the order in which they were written. */
  body(field: unknown): Body {
    if (typeof field === 'string') return field
    const [isText, length] = list(field, 2)
    const start = this.#offset
    const end = start + integer(length)
    if (end < start || end > this.#bytes.length) throw new RangeError('the frame ends before its bodies do')
    this.#offset = end
    const bytes = this.#bytes.subarray(start, end)
    if (isText !== true) return keepable(bytes)
    if (!isUtf8(bytes)) throw new RangeError('a text is not UTF-8')
    return bytes.length > LARGE_BYTES ? keepable(bytes) : bytes.toString()
  }

  /** To be called when all bodies have been taken. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new RangeError('the frame goes on after its last body')
  }
}

/** A view keeps the whole frame alive for as long as the value: only of one that is nearly all of it. */
function keepable(bytes: Buffer): Uint8Array {
  return bytes.buffer.byteLength <= bytes.length * (1 + BESIDE_PART) ? bytes : new Uint8Array(bytes)
}

/** What a body takes of a frame, at the most: a short text that is JSON has no character that takes more than three. */
export function bytesOfBody(body: Body): number {
  if (typeof body !== 'string') return body.length
  return body.length > SHORT_LENGTH ? Buffer.byteLength(body) : 3 * body.length
}
