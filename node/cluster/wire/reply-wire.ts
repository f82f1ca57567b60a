/** How replies are told in the head of a frame, type by type (`reply.ts`). */
import type { FrameReader, FrameWriter } from './frame.ts'

/** How one type of reply is told. */
export interface ReplyWire<R> {
  /** What its type is in a frame. */
  readonly word: string
  toField(reply: R, frame: FrameWriter): unknown
  /** @throws when no member would answer so. */
  of(field: unknown, frame: FrameReader): R
  /** What it takes of a frame, about, where it carries a value or a list; all others are small. */
  bytes(reply: R): number
}
