/** How one kind of entry is told. */
import type { FrameReader, FrameWriter } from './frame.ts'

export interface EntryWire<E> {
  toField(slot: number, id: string, entry: E, frame: FrameWriter): unknown[]
  /** Of fields that begin with a kind, an id and a slot. @throws when it is none. */
  of(fields: readonly unknown[], frame: FrameReader): E
  /** What it takes of a frame, at the most, besides its id and its stamps. */
  bytes(entry: E): number
}
