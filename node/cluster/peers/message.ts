/**
 * What goes over a channel, both ways: questions and answers, each its length in bytes without these (4 bytes, big-endian),
 * a code (2 bytes), the number of the question (4 bytes), and a body. Of a question the code says what is asked, of an
 * answer it is the status, which is 100 at least.
 */
import { LarderError } from '../../../shared/errors.ts'

export interface Message {
  readonly code: number
  /** Whoever asks numbers its questions; an answer has the number of its question. */
  readonly number: number
  readonly body: Uint8Array
}

export interface HeardMessage extends Message {
  readonly body: Buffer
}

const LENGTH_BYTES = 4
const HEAD_BYTES = LENGTH_BYTES + 2 + 4
const STATUS_MIN = 100

export function isAnswer({ code }: Pick<Message, 'code'>): boolean {
  return code >= STATUS_MIN
}

/** All of them in one piece. */
export function bytesOf(messages: readonly Message[]): Buffer {
  let length = 0
  for (const { body } of messages) length += HEAD_BYTES + body.length
  const bytes = Buffer.allocUnsafe(length)
  let offset = 0
  for (const { code, number, body } of messages) {
    offset = bytes.writeUInt32BE(HEAD_BYTES - LENGTH_BYTES + body.length, offset)
    offset = bytes.writeUInt16BE(code, offset)
    offset = bytes.writeUInt32BE(number, offset)
    bytes.set(body, offset)
    offset += body.length
  }
  return bytes
}

/** How large a body may be. */
export interface BytesMax {
  readonly question: number
  readonly answer: number
}

export class MessageReader {
  readonly #bytesMax: BytesMax
  #chunks: Buffer[] = []
  #bytes = 0
  /** Before so many bytes are there nothing can be said of them. */
  #wanted = HEAD_BYTES
  #number = 0

  constructor(bytesMax: BytesMax) {
    this.#bytesMax = bytesMax
  }

  /** Of a message that is not whole yet. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a part of a message is there. */
  get isAmid(): boolean {
    return this.#bytes > 0
  }

  /** That of the message that was last begun. */
  get number(): number {
    return this.#number
  }

  /** Takes in what has arrived, and tells what is whole. @throws LarderError TOO_LARGE, or BAD_REQUEST for what is none. */
  take(chunk: Buffer, tell: (message: HeardMessage) => void): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#wanted) return
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    for (;;) {
      this.#chunks = bytes.length > 0 ? [bytes] : []
      this.#bytes = bytes.length
      this.#wanted = bytes.length < HEAD_BYTES ? HEAD_BYTES : this.#lengthOf(bytes)
      if (bytes.length < this.#wanted) return
      const message = {
        code: bytes.readUInt16BE(LENGTH_BYTES),
        number: this.#number,
        body: bytes.subarray(HEAD_BYTES, this.#wanted),
      }
      bytes = bytes.subarray(this.#wanted)
      this.#bytes = bytes.length
      tell(message)
    }
  }

  #lengthOf(bytes: Buffer): number {
    this.#number = 0
    const length = LENGTH_BYTES + bytes.readUInt32BE()
    if (length < HEAD_BYTES) throw new LarderError('BAD_REQUEST', 'A message has no head.')
    const code = bytes.readUInt16BE(LENGTH_BYTES)
    this.#number = bytes.readUInt32BE(LENGTH_BYTES + 2)
    const most = isAnswer({ code }) ? this.#bytesMax.answer : this.#bytesMax.question
    if (length - HEAD_BYTES > most)
      throw new LarderError('TOO_LARGE', `A message may have ${most} bytes at most.`)
    return length
  }
}
