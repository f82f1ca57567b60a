/**
 * What members send each other: a JSON head behind its length (4 bytes, big-endian), and behind the head the
 * bodies, one after the other as they are; in the head a body is only its kind and length. So values are neither
 * escaped nor turned into base64 on their way.
 */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import type { Body } from '../../shared/command.ts'
import type { DetachedBody } from './heads.ts'

export const FRAME_TYPE = 'application/vnd.larder.frame'

export class FrameWriter {
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

export class FrameReader {
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
