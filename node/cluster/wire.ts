/**
 * Both ends of the commands that members pass on to each other: batches of them, and their replies, as frames.
 */
import type { Command, Reply } from '../../shared/command.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import { RequestHead, ResponseHead } from './heads.ts'
import type { Sighting } from './line.ts'

export const EXECUTE_PATH = '/cluster/execute'

export interface RoutedCommand {
  readonly command: Command
  readonly requestId: string
  readonly traced: boolean
  /** How long the sender still waits; a duration, because clocks differ. */
  readonly remainingMs: number
}

export interface ExecuteRequest extends Sighting {
  readonly commands: readonly RoutedCommand[]
}

export interface ExecuteResponse extends Sighting {
  readonly results: readonly Result[]
}

export type Result =
  | { readonly reply: Reply }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

export function encodeRequest({ commands, ...sighting }: ExecuteRequest): Buffer {
  const frame = new FrameWriter()
  const head = commands.map(({ command, ...rest }) => ({ ...rest, command: frame.detachBody(command) }))
  return frame.finish({ ...sighting, commands: head })
}

/** @throws when the frame is not one. */
export function decodeRequest(bytes: Buffer): ExecuteRequest {
  const frame = new FrameReader(bytes)
  const { commands, ...sighting } = RequestHead.parse(frame.head)
  const whole = commands.map(({ command, ...rest }) => ({
    ...rest,
    command: frame.attachBody<Command>(command),
  }))
  frame.end()
  return { ...sighting, commands: whole }
}

/**
 * Values and lists that would make the frame too large are deferred, which is safe, since whatever carries one was a
 * read. The replies to writes are small and always there.
 */
export function encodeResponse({ results, ...sighting }: ExecuteResponse): Buffer {
  const frame = new FrameWriter()
  let bytes = 0
  const head = results.map((result) => {
    if ('error' in result) return result
    const weight = weightOf(result.reply)
    if (weight > SMALL_LENGTH && bytes >= RESULTS_BYTES_MAX) return DEFERRED
    bytes += weight
    return { reply: frame.detachBody(result.reply) }
  })
  return frame.finish({ ...sighting, results: head })
}

/** Reached by the reply that brings the frame over it; so every frame carries at least one. */
const RESULTS_BYTES_MAX = 32 * 2 ** 20
/** Below it a reply is not worth another round. */
const SMALL_LENGTH = 16 * 2 ** 10
/** Replies that are made of lists, however long. */
const LISTS: readonly Reply['type'][] = ['counts', 'users', 'activity']
const DEFERRED: Result = { error: { code: 'DEFERRED', detail: 'Ask again: other answers came first.' } }

function weightOf(reply: Reply): number {
  if ('body' in reply) return reply.body.length
  return LISTS.includes(reply.type) ? JSON.stringify(reply).length : 0
}

/** What a command takes of a frame, at the most. */
export function bytesOf(command: Command): number {
  if (!('body' in command)) return headBytesOf(command)
  const { body, ...head } = command
  return headBytesOf(head) + Buffer.byteLength(body)
}

/** JSON writes a control character as six. */
function headBytesOf(part: object): number {
  let bytes = 300
  for (const value of Object.values(part)) {
    if (typeof value === 'string') bytes += 6 * value.length
    else if (typeof value === 'object') bytes += headBytesOf(value)
  }
  return bytes
}

/** @throws when the frame is not one. */
export function decodeResponse(bytes: Buffer): ExecuteResponse {
  const frame = new FrameReader(bytes)
  const { results, ...sighting } = ResponseHead.parse(frame.head)
  const whole = results.map((result) =>
    'reply' in result ? { reply: frame.attachBody<Reply>(result.reply) } : result,
  )
  frame.end()
  return { ...sighting, results: whole }
}
