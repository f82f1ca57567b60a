/**
 * Both ends of what members say to each other: batches of commands, and their replies.
 *
 * A frame is a JSON head behind its length (4 bytes, big-endian), and behind the head the bodies, one after
 * the other as they are; in the head a body is only its kind and length. So values are neither escaped nor
 * turned into base64 on their way.
 */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import type { Body, Command, Reply } from '../../shared/command.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import type { View } from '../../shared/view.ts'
import { type DetachedBody, RequestHead, ResponseHead } from './heads.ts'

export const EXECUTE_PATH = '/cluster/execute'
export const FRAME_TYPE = 'application/vnd.larder.frame'

export interface RoutedCommand {
  readonly command: Command
  readonly requestId: string
  readonly traced: boolean
  /** How long the sender still waits; a duration, because clocks differ. */
  readonly remainingMs: number
}

export interface ExecuteRequest {
  /** By which view the sender routed. */
  readonly epoch: number
  /** That view, where the receiver has last shown an older one. */
  readonly view?: View | undefined
  readonly commands: readonly RoutedCommand[]
}

export interface ExecuteResponse {
  /** The view of the receiver, by now. */
  readonly epoch: number
  /** That view, where the sender has routed by an older one. */
  readonly view?: View | undefined
  readonly results: readonly Result[]
}

export type Result =
  | { readonly reply: Reply }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

export function encodeRequest({ epoch, view, commands }: ExecuteRequest): Buffer {
  const frame = new FrameWriter()
  const head = commands.map(({ command, ...rest }) => ({ ...rest, command: frame.detachBody(command) }))
  return frame.finish({ epoch, view, commands: head })
}

/** @throws when the frame is not one. */
export function decodeRequest(bytes: Buffer): ExecuteRequest {
  const frame = new FrameReader(bytes)
  const { epoch, view, commands } = RequestHead.parse(frame.head)
  const whole = commands.map(({ command, ...rest }) => ({
    ...rest,
    command: frame.attachBody<Command>(command),
  }))
  frame.end()
  return { epoch, view, commands: whole }
}

/**
 * Values and lists that would make the frame too large are deferred, which is safe, since whatever carries one was a
 * read. The replies to writes are small and always there.
 */
export function encodeResponse({ epoch, view, results }: ExecuteResponse): Buffer {
  const frame = new FrameWriter()
  let bytes = 0
  const head = results.map((result) => {
    if ('error' in result) return result
    const weight = weightOf(result.reply)
    if (weight > SMALL_LENGTH && bytes >= RESULTS_BYTES_MAX) return DEFERRED
    bytes += weight
    return { reply: frame.detachBody(result.reply) }
  })
  return frame.finish({ epoch, view, results: head })
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
  const { epoch, view, results } = ResponseHead.parse(frame.head)
  const whole = results.map((result) =>
    'reply' in result ? { reply: frame.attachBody<Reply>(result.reply) } : result,
  )
  frame.end()
  return { epoch, view, results: whole }
}

class FrameWriter {
  readonly #bodies: Uint8Array[] = []

  detachBody(message: object): object {
    if (!('body' in message)) return message
    const body = message.body as Body
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#bodies.push(bytes)
    return { ...message, body: { text: typeof body === 'string', length: bytes.length } }
  }

  finish(head: object): Buffer {
    const headBytes = Buffer.from(JSON.stringify(head))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(headBytes.length)
    return Buffer.concat([length, headBytes, ...this.#bodies])
  }
}

class FrameReader {
  readonly head: unknown
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#offset = 4 + bytes.readUInt32BE(0)
    if (this.#offset > bytes.length) throw new RangeError('the frame ends before its head does')
    this.head = JSON.parse(bytes.toString('utf8', 4, this.#offset))
  }

  /** To be called when all bodies have been taken. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new RangeError('the frame goes on after its last body')
  }

  /** The head was checked by its schema: with its body it is the message that was sent. */
  attachBody<T>(message: object & { body?: z.infer<typeof DetachedBody> | undefined }): T {
    if (message.body === undefined) return message as T
    const { text, length } = message.body
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new RangeError('the frame ends before its bodies do')
    // Bytes are copied: a view would keep the whole frame alive for as long as the value.
    if (text && !isUtf8(this.#bytes.subarray(this.#offset, end))) throw new RangeError('a text is not UTF-8')
    const body = text
      ? this.#bytes.toString('utf8', this.#offset, end)
      : new Uint8Array(this.#bytes.subarray(this.#offset, end))
    this.#offset = end
    return { ...message, body } as T
  }
}
