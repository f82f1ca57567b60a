/**
 * Both ends of the commands that members pass on to each other: batches of them, and their replies, as frames.
 *
 * The head of a request ends with a list of `[requestId, traced, remainingMs, commands]`: a client's call, and what
 * of it is for this member. That of a response ends with the list of the results.
 */
import type { Command } from '../../../shared/command.ts'
import { commandOf, toCommandField } from './command.ts'
import { flag, list, number, text } from './fields.ts'
import { FORMER } from './format.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import { type Heard, type Preamble, preambleOf, toFields } from './preamble.ts'
import { bytesOfReply, type Result, resultOf, toResultField } from './reply.ts'
import type { Now } from './times.ts'

export const EXECUTE_PATH = '/cluster/execute'

export interface RoutedCommand {
  readonly command: Command
  readonly requestId: string
  readonly traced: boolean
  /** How long the sender still waits; a duration, because clocks differ. */
  readonly remainingMs: number
}

export interface ExecuteRequest extends Preamble {
  readonly commands: readonly RoutedCommand[]
}

export interface ExecuteResponse extends Preamble {
  readonly results: readonly Result[]
}

export function encodeRequest(request: ExecuteRequest, now: Now): Buffer {
  const frame = new FrameWriter(request.format, now)
  const calls: unknown[] = []
  let last: RoutedCommand | undefined
  let ofLast: unknown[] = []
  for (const routed of request.commands) {
    const { command, requestId, traced, remainingMs } = routed
    const isNew = requestId !== last?.requestId || remainingMs !== last.remainingMs || traced !== last.traced
    if (isNew) {
      ofLast = []
      calls.push([requestId, traced, remainingMs, ofLast])
      last = routed
    }
    ofLast.push(toCommandField(command, frame))
  }
  return frame.finish([...toFields(request, frame), calls])
}

/** @throws when the frame is not one. */
export function decodeRequest(bytes: Buffer, now: Now): ExecuteRequest & Heard {
  const frame = new FrameReader(bytes, now)
  const commands: RoutedCommand[] = []
  for (const call of list(list(frame.head, 4)[3])) {
    const [id, isTraced, remaining, fields] = list(call, 4)
    const requestId = text(id)
    const traced = flag(isTraced)
    const remainingMs = number(remaining)
    for (const field of list(fields))
      commands.push({ command: commandOf(field, frame), requestId, traced, remainingMs })
  }
  frame.end()
  return { ...preambleOf(frame), commands }
}

/** Reached by the reply that brings the frame over it; so every frame carries at least one. */
const RESULTS_BYTES_MAX = 4 * 2 ** 20
/** Below it a reply is not worth another round. */
const SMALL_LENGTH = 2 * 2 ** 10
/** One that is above it is answered alone. */
const LARGE_LENGTH = 2 ** 20
const DEFERRED: Result = { error: { code: 'DEFERRED', detail: 'Ask again: other answers came first.' } }

/**
 * Values and lists that would make the frame too large are deferred, which is safe, since whatever carries one was a
 * read. The replies to writes are small and always there. A large one would hold up those of all others.
 */
export function encodeResponse(response: ExecuteResponse, now: Now): Buffer {
  const frame = new FrameWriter(response.format, now)
  // Whoever speaks the former format asks for what is deferred among others again, until it comes.
  const largest = response.format === FORMER || response.results.length === 1 ? Infinity : LARGE_LENGTH
  let bytes = 0
  const results = response.results.map((result) => {
    const weight = 'reply' in result ? bytesOfReply(result.reply) : 0
    const isFull = weight > SMALL_LENGTH && bytes >= RESULTS_BYTES_MAX
    if (isFull || weight > largest) return toResultField(DEFERRED, frame)
    bytes += weight
    return toResultField(result, frame)
  })
  return frame.finish([...toFields(response, frame), results])
}

/** @throws when the frame is not one. */
export function decodeResponse(bytes: Buffer, now: Now): ExecuteResponse & Heard {
  const frame = new FrameReader(bytes, now)
  const results = list(list(frame.head, 4)[3]).map((field) => resultOf(field, frame))
  frame.end()
  return { ...preambleOf(frame), results }
}
