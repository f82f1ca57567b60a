/**
 * Reads the answers that come over one connection, one at a time: of each its status and where it ends, no more.
 *
 * It takes the bytes in whatever parts they come, and refuses what it cannot be sure of.
 */
const [LINE_FEED, CARRIAGE_RETURN, ZERO, NINE, SPACE, TAB] = [10, 13, 48, 57, 32, 9]
const VERSION = Buffer.from('HTTP/1.1 ')
const LENGTH_FIELD = Buffer.from('content-length:')
const HEAD_LENGTH_MAX = 16_384
const [NO_CONTENT, NOT_MODIFIED] = [204, 304]

export class AnswerReader {
  /** The beginning of a head whose end has not come yet. */
  #head: Uint8Array | undefined
  #status = 0
  #bodyLeft = 0

  /** Whether an answer has begun and not ended. */
  get isWithin(): boolean {
    return this.#head !== undefined || this.#status !== 0
  }

  /**
   * @returns the status once the answer is complete, 0 while it is not.
   * @throws for what is not HTTP/1.1, has no length or is longer than it says.
   */
  take(bytes: Uint8Array, length = bytes.length): number {
    if (this.#status !== 0) return this.#takeBody(length)
    if (this.#head === undefined) return this.#takeHead(bytes, length)
    const whole = Buffer.concat([this.#head, bytes.subarray(0, length)])
    this.#head = undefined
    return this.#takeHead(whole, whole.length)
  }

  #takeHead(bytes: Uint8Array, length: number): number {
    let contentLength = -1
    let lineStart = 0
    for (let index = 0; index < length; index++) {
      if (bytes[index] !== LINE_FEED) continue
      if (bytes[index - 1] !== CARRIAGE_RETURN) throw new Error('a line ends without CR')
      if (index === lineStart + 1) return this.#begin(bytes, contentLength, length - index - 1)
      const found = lengthIn(bytes, lineStart, index - 1)
      if (found >= 0 && contentLength >= 0) throw new Error('two lengths')
      if (found >= 0) contentLength = found
      lineStart = index + 1
    }
    if (length > HEAD_LENGTH_MAX) throw new Error('the head does not end')
    this.#head = bytes.slice(0, length)
    return 0
  }

  #begin(bytes: Uint8Array, contentLength: number, rest: number): number {
    const status = statusIn(bytes)
    const isEmpty = status === NO_CONTENT || status === NOT_MODIFIED
    if (contentLength < 0 && !isEmpty) throw new Error(`a ${status} without Content-Length`)
    this.#status = status
    this.#bodyLeft = isEmpty ? 0 : contentLength
    return this.#takeBody(rest)
  }

  #takeBody(length: number): number {
    this.#bodyLeft -= length
    if (this.#bodyLeft < 0) throw new Error('an answer longer than its Content-Length')
    if (this.#bodyLeft > 0) return 0
    const status = this.#status
    this.#status = 0
    return status
  }
}

function statusIn(bytes: Uint8Array): number {
  for (let index = 0; index < VERSION.length; index++)
    if (bytes[index] !== VERSION[index]) throw new Error('not HTTP/1.1')
  return numberIn(bytes, VERSION.length, VERSION.length + 3)
}

/** -1 for a line that says something else. */
function lengthIn(bytes: Uint8Array, start: number, end: number): number {
  for (let index = 0; index < LENGTH_FIELD.length; index++) {
    // Letters without their case; the colon and the hyphen have this bit anyway.
    if (((bytes[start + index] ?? 0) | SPACE) !== LENGTH_FIELD[index]) return -1
  }
  let first = start + LENGTH_FIELD.length
  while (bytes[first] === SPACE || bytes[first] === TAB) first++
  return numberIn(bytes, first, end)
}

function numberIn(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) throw new Error('a number is missing')
  let number = 0
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (byte < ZERO || byte > NINE) throw new Error('not a number where one belongs')
    number = number * 10 + byte - ZERO
  }
  return number
}
