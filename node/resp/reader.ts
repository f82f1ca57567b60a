/**
 * Commands as clients of Redis send them (RESP2 and RESP3 are the same in this direction): arrays of bulk strings, or words
 * on a line. Bytes come in whatever pieces the network makes of them, and every length that a client announces has a limit.
 */

/** The words of a command, the first of them its name. */
export type Words = readonly Buffer[]

export interface ReaderLimits {
  /** Of all words of a command together, with what they cost besides. */
  readonly commandBytesMax: number
  readonly wordsMax?: number
  /** Who is meant by them, where that is not everybody. */
  readonly whose?: string
  /** Whether there is room for a word of so many bytes. Where there is none the command is passed over. */
  hasRoomFor?(bytes: number): boolean
}

/** In the place of a command for which there was no room. */
export const PASSED_OVER: Words = []

/** What no client of Redis sends. The connection is of no more use then. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** As with Redis: of a line without a length before it. */
const INLINE_BYTES_MAX = 64 * 1024
const WORDS_MAX = 1024 * 1024
/** What is kept of a word beside its bytes. */
const WORD_BYTES = 40
/** Of a line that is `*` or `$` and a number. */
const LENGTH_LINE_MAX = 32
/** Where a bulk is longer, it is gathered in a buffer of its own, and not in that of the pieces. */
const GATHERED_BYTES_MIN = 16 * 1024

const CR = 13
const LF = 10
const STAR = 42
const DOLLAR = 36
const NONE: Buffer = Buffer.alloc(0)

export class Reader {
  limits: ReaderLimits
  /** What has come and is not yet read, from `#at` on. */
  #bytes = NONE
  #at = 0
  /** The command that has begun to come, and how many words of it are missing. */
  #words: Buffer[] = []
  #missing = 0
  #commandBytes = 0
  /** The length of the word that comes next, once it is known. */
  #length: number | undefined
  /** Of a long word, what there is of it. */
  #gathered: { readonly bytes: Buffer; filled: number } | undefined
  #isPassedOver = false
  /** How much of what is passed over is still to come. */
  #passing = 0

  constructor(limits: ReaderLimits) {
    this.limits = limits
  }

  /** What of a command has come that is not whole. */
  get bytes(): number {
    return this.#bytes.length - this.#at + this.#commandBytes
  }

  push(piece: Buffer): void {
    this.#bytes =
      this.#at === this.#bytes.length ? piece : Buffer.concat([this.#bytes.subarray(this.#at), piece])
    this.#at = 0
  }

  /** The next command, if all of it has come. @throws ProtocolError. */
  next(): Words | undefined {
    for (;;) {
      if (this.#missing > 0) return this.#readWords()
      if (this.#at === this.#bytes.length) return undefined
      const isInline = this.#bytes[this.#at] !== STAR
      const line = this.#line(isInline ? INLINE_BYTES_MAX : LENGTH_LINE_MAX)
      if (line === undefined) return undefined
      if (isInline) {
        const words = inlineWords(line)
        if (words.length > 0) return words
      } else {
        this.#missing = Math.max(0, this.#count(line, this.limits.wordsMax ?? WORDS_MAX, 'multibulk'))
      }
    }
  }

  #readWords(): Words | undefined {
    while (this.#missing > 0) {
      const word = this.#word()
      if (word === undefined) return undefined
      if (!this.#isPassedOver) this.#words.push(word)
      this.#missing--
    }
    const words = this.#isPassedOver ? PASSED_OVER : this.#words
    this.#words = []
    this.#commandBytes = 0
    this.#isPassedOver = false
    return words
  }

  #word(): Buffer | undefined {
    this.#length ??= this.#wordLength()
    if (this.#length === undefined) return undefined
    const word = this.#isPassedOver
      ? this.#pass()
      : this.#gathered === undefined && this.#isHere(this.#length)
        ? this.#cut(this.#length)
        : this.#gather(this.#length)
    if (word === undefined) return undefined
    this.#length = undefined
    return word
  }

  #wordLength(): number | undefined {
    if (this.#at === this.#bytes.length) return undefined
    if (this.#bytes[this.#at] !== DOLLAR) {
      const got = String.fromCharCode(this.#bytes[this.#at] ?? 0)
      throw new ProtocolError(`expected '$', got '${got}'`)
    }
    const line = this.#line(LENGTH_LINE_MAX)
    if (line === undefined) return undefined
    const { commandBytesMax, hasRoomFor } = this.limits
    const length = this.#count(line, commandBytesMax, 'bulk')
    if (length < 0) throw new ProtocolError('invalid bulk length')
    this.#commandBytes += length + WORD_BYTES
    if (this.#commandBytes > commandBytesMax) throw this.#tooMuch('bulk')
    if (length >= GATHERED_BYTES_MIN && hasRoomFor?.(length) === false) {
      this.#isPassedOver = true
      this.#words = []
    }
    if (this.#isPassedOver) this.#passing = length + 2
    return length
  }

  /** The number after the first character of a line. */
  #count(line: Buffer, max: number, what: 'multibulk' | 'bulk'): number {
    const count = countIn(line)
    if (!(count <= max)) throw this.#tooMuch(what)
    return count
  }

  #tooMuch(what: 'multibulk' | 'bulk'): ProtocolError {
    const { whose } = this.limits
    return new ProtocolError(whose === undefined ? `invalid ${what} length` : `${whose} ${what} length`)
  }

  /** Nothing of it is kept. */
  #pass(): Buffer | undefined {
    const passed = Math.min(this.#passing, this.#bytes.length - this.#at)
    this.#passing -= passed
    this.#at += passed
    return this.#passing === 0 ? NONE : undefined
  }

  #isHere(length: number): boolean {
    return this.#bytes.length - this.#at >= length + 2
  }

  #cut(length: number): Buffer {
    const word = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length + 2
    return word
  }

  /** A long word is put together as it comes, so that no piece of it is copied twice. */
  #gather(length: number): Buffer | undefined {
    if (length < GATHERED_BYTES_MIN) return undefined
    this.#gathered ??= { bytes: Buffer.allocUnsafeSlow(length + 2), filled: 0 }
    const { bytes, filled } = this.#gathered
    const copied = this.#bytes.copy(bytes, filled, this.#at)
    this.#gathered.filled += copied
    this.#at += copied
    if (this.#gathered.filled < bytes.length) return undefined
    this.#gathered = undefined
    return bytes.subarray(0, length)
  }

  /** Up to the end of the line, which is not part of it. */
  #line(bytesMax: number): Buffer | undefined {
    const end = this.#bytes.indexOf(LF, this.#at)
    if ((end === -1 ? this.#bytes.length : end) - this.#at > bytesMax)
      throw new ProtocolError(
        bytesMax === INLINE_BYTES_MAX ? 'too big inline request' : 'too big count string',
      )
    if (end === -1) return undefined
    const last = this.#bytes[end - 1] === CR && end > this.#at ? end - 1 : end
    const line = this.#bytes.subarray(this.#at, last)
    this.#at = end + 1
    return line
  }
}

/** The number after the first character of a line, or NaN: by hand, as every word has one. */
function countIn(line: Buffer): number {
  const isNegative = line[1] === MINUS
  const first = isNegative ? 2 : 1
  if (line.length === first || line.length > first + DIGITS_MAX) return Number.NaN
  let count = 0
  for (let index = first; index < line.length; index++) {
    const digit = (line[index] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    count = count * 10 + digit
  }
  return isNegative ? -count : count
}

const MINUS = 45
const ZERO = 48
const DIGITS_MAX = 10

/** Words between blanks; in quotes they may have blanks, and in double quotes the escapes of C, as redis-cli writes them. */
function inlineWords(line: Buffer): Buffer[] {
  const text = line.toString('latin1').trimEnd()
  const words: Buffer[] = []
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|'((?:[^'\\]|\\.)*)'(?=\s|$)|([^\s"']\S*))/sy
  while (word.lastIndex < text.length) {
    const found = word.exec(text)
    if (found === null) throw new ProtocolError('unbalanced quotes in request')
    const [, double, single, bare = ''] = found
    const plain = double !== undefined ? unescaped(double) : (single?.replaceAll("\\'", "'") ?? bare)
    words.push(Buffer.from(plain, 'latin1'))
  }
  return words
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-f]{2})|(.))/gis, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
