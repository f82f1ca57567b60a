/**
 * What goes over a channel: messages, each its length in bytes without these (4 bytes, big-endian), a code (2 bytes), and a
 * body. Of a question the code says what is asked, of an answer its status.
 */
import type { Duplex } from 'node:stream'
import { LarderError } from '../../../shared/errors.ts'

export interface Message {
  readonly code: number
  readonly body: Buffer
}

const LENGTH_BYTES = 4
const CODE_BYTES = 2

export function send(socket: Pick<Duplex, 'cork' | 'uncork' | 'write'>, { code, body }: Message): void {
  const head = Buffer.allocUnsafe(LENGTH_BYTES + CODE_BYTES)
  head.writeUInt32BE(CODE_BYTES + body.length)
  head.writeUInt16BE(code, LENGTH_BYTES)
  // Both in one piece.
  socket.cork()
  socket.write(head)
  socket.write(body)
  socket.uncork()
}

export class MessageReader {
  readonly #bodyBytesMax: number
  #chunks: Buffer[] = []
  #bytes = 0
  /** With its head; 0 while that is not known. */
  #messageBytes = 0

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax
  }

  /** Of a message that is not whole yet. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a part of a message is there. */
  get isAmid(): boolean {
    return this.#bytes > 0
  }

  /** Takes in what has arrived. @returns a message once it is whole. @throws LarderError TOO_LARGE, or BAD_REQUEST for what is none. */
  take(chunk: Buffer): Message | undefined {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#messageBytes === 0) this.#messageBytes = this.#measure()
    if (this.#messageBytes === 0 || this.#bytes < this.#messageBytes) return undefined
    if (this.#bytes > this.#messageBytes)
      throw new LarderError('BAD_REQUEST', 'Something follows on a message that is not answered.')
    const bytes = this.#joined()
    this.#chunks = []
    this.#bytes = 0
    this.#messageBytes = 0
    return { code: bytes.readUInt16BE(LENGTH_BYTES), body: bytes.subarray(LENGTH_BYTES + CODE_BYTES) }
  }

  #measure(): number {
    if (this.#bytes < LENGTH_BYTES) return 0
    const bytes = this.#joined()
    this.#chunks = [bytes]
    const length = bytes.readUInt32BE()
    if (length < CODE_BYTES) throw new LarderError('BAD_REQUEST', 'A message has no code.')
    if (length - CODE_BYTES > this.#bodyBytesMax)
      throw new LarderError('TOO_LARGE', `A message may have ${this.#bodyBytesMax} bytes at most.`)
    return LENGTH_BYTES + length
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
  }
}
