/**
 * Frames that are too large to travel as one. A question goes ahead part by part, and the answer to its last part is that to
 * the whole; of a large answer comes the first part, and whoever asked takes the others one by one. So nothing between
 * members is larger than a few mebibytes, whatever their clients may send, and each part has a time limit of its own.
 */
import { integer, list, name, text } from './fields.ts'
import { CURRENT, formatOf } from './format.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import type { Now } from './times.ts'

export const PARTS_PATH = '/cluster/parts'

/** What travels as one: a full batch, and a view of ten thousand members besides. */
export const FRAME_BYTES_MAX = 8 * 2 ** 20
export const PART_BYTES = 2 ** 20
/** What parts may make: the largest body that a node may be set to take, and what it travels with. */
export const WHOLE_BYTES_MAX = 528 * 2 ** 20

/** Of a question: where it goes once it is whole. */
export interface QuestionPart {
  readonly type: 'question'
  /** Names it among all that are under way to a member. */
  readonly transfer: string
  /** The sender, by its incarnation. */
  readonly from: string
  readonly path: string
  readonly total: number
  readonly offset: number
  readonly bytes: Uint8Array
}

/** What of an answer is wanted next. */
export interface WantedPart {
  readonly type: 'answer'
  readonly transfer: string
  readonly offset: number
}

export type Part = QuestionPart | WantedPart

export function encodePart(part: Part, now: Now): Buffer {
  const frame = new FrameWriter(CURRENT, now)
  const { type, transfer, offset } = part
  const rest = part.type === 'question' ? [part.from, part.path, part.total, frame.body(part.bytes)] : []
  return frame.finish([type, transfer, offset, ...rest])
}

/** @throws when it is none. */
export function decodePart(bytes: Buffer, now: Now): Part {
  const frame = new FrameReader(bytes, now)
  const [type, transfer, offset, from, path, total, body] = frame.head
  const common = { transfer: name(transfer), offset: integer(offset) }
  if (type === 'answer') return { type, ...common }
  if (type !== 'question') throw new TypeError('a part is of neither a question nor an answer')
  const part = {
    type,
    ...common,
    from: name(from),
    path: name(path),
    total: integer(total),
    bytes: bytesIn(frame, body),
  } as const
  frame.end()
  return part
}

/** No format has this number: what begins so is not all of an answer. */
const FIRST_PART = 0xff

/** The beginning of an answer, of which the rest is kept for whoever asks for it by this name. */
export interface FirstPart {
  readonly transfer: string
  readonly total: number
  readonly bytes: Uint8Array
}

export function encodeFirstPart({ transfer, total, bytes }: FirstPart, now: Now): Buffer {
  const frame = new FrameWriter(CURRENT, now)
  return Buffer.concat([Buffer.of(FIRST_PART), frame.finish([transfer, total, frame.body(bytes)])])
}

export function isFirstPart(answer: Uint8Array): boolean {
  return formatOf(answer) === FIRST_PART
}

/** @throws when it is none. */
export function decodeFirstPart(answer: Buffer, now: Now): FirstPart {
  const frame = new FrameReader(answer.subarray(1), now)
  const [transfer, total, body] = list(frame.head, 3)
  const part = { transfer: text(transfer), total: integer(total), bytes: bytesIn(frame, body) }
  frame.end()
  return part
}

function bytesIn(frame: FrameReader, field: unknown): Uint8Array {
  const bytes = frame.body(field)
  if (typeof bytes === 'string') throw new TypeError('a part is no bytes')
  return bytes
}
