/** A command that is told with the names that it has here, and what commands take of a frame. */
import { z } from 'zod'
import type { Command, CommandOf } from '../../../shared/command.ts'
import type { FrameReader, FrameWriter } from './frame.ts'

/** How one type of command is told. */
export interface CommandWire<C> {
  toField(command: C, frame: FrameWriter): unknown
  /** @throws when no member would send it. */
  of(field: unknown, frame: FrameReader): C
  /** What it takes of a frame, at the most. */
  bytes(command: C): number
  /** Whether members of the former format do not know of it. */
  isNew?(command: C): boolean
}

/** What each field of such a command may hold: none can be left out. */
type Shape<C> = { readonly [F in Exclude<keyof C, 'type'>]-?: z.ZodType<C[F]> }

/** One that is told with the names that it has here. */
export function rare<T extends Command['type']>(
  type: T,
  shape: Shape<CommandOf<T>>,
): CommandWire<CommandOf<T>> {
  const schema: z.ZodType = z.object({ type: z.literal(type), ...shape })
  return {
    toField: (command) => command,
    of: (field) => schema.parse(field) as CommandOf<T>,
    bytes: headBytesOf,
  }
}

/** Of a key as one thing alone. */
export const isSole = z.literal(true).exactOptional()

/** A list with a flag behind it where that is set: it is told of few. */
export function flagged(field: readonly unknown[], flag: boolean | undefined): readonly unknown[] {
  return flag === true ? [...field, true] : field
}

const HEAD_BYTES = 300

export function bytesOfKey({ key }: { readonly key: string }): number {
  return HEAD_BYTES + 6 * key.length
}

/** JSON writes a control character as six. */
export function headBytesOf(part: object): number {
  let bytes = HEAD_BYTES
  for (const [name, value] of Object.entries(part)) {
    if (name === 'body') continue
    if (typeof value === 'string') bytes += 6 * value.length
    else if (typeof value === 'object') bytes += headBytesOf(value)
  }
  return bytes
}
