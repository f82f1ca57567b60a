/** Members of a JSON object that are looked for where they are written, and what is cut out of it. */
import { isAscii } from 'node:buffer'
import { LarderError } from './errors.ts'
import type { JsonScan } from './json-scan.ts'
import { LARGE_BYTES, type Steps } from './steps.ts'
import { unknownField } from './unknown-field.ts'

const BACKSLASH = 0x5c

/** Where something is: behind `end` is what does not belong to it any more. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Some of the names, as bits by their places. */
export type Some = number

/** Of more names some cannot be told in a number. */
const NAMES_MAX = 31
const NONE = -1
const NAME_BYTES_MAX = 1000

/** Names of members, to be found where they are written: by their places, which cost less to remember than text. */
export class Names implements Iterable<string> {
  readonly all: readonly string[]
  readonly #written: readonly Uint8Array[]
  /** The longest of them where each character is written as an escape of six, and its quotes. */
  readonly #lengthMax: number

  constructor(...names: readonly string[]) {
    this.all = names
    this.#written = names.map((name) => Buffer.from(JSON.stringify(name)))
    this.#lengthMax = Math.max(...names.map(({ length }) => 6 * length + 2))
  }

  [Symbol.iterator](): Iterator<string> {
    return this.all.values()
  }

  /** @throws RangeError for one that is none of them, and where they are too many for that. */
  some(...names: readonly string[]): Some {
    if (this.all.length > NAMES_MAX)
      throw new RangeError(`${this.all.length} names are more than ${NAMES_MAX}`)
    return names.reduce((some, name) => {
      const place = this.all.indexOf(name)
      if (place === NONE) throw new RangeError(`${name} is none of ${this.all.join(', ')}`)
      return some | (1 << place)
    }, 0)
  }

  /** The place of the one that a value is called, or -1. */
  at(bytes: Uint8Array, scan: JsonScan, depth: number): number {
    const start = scan.nameStartAt(depth)
    const length = scan.nameEndAt(depth) - start
    for (let place = 0; place < this.#written.length; place++) {
      const written = this.#written[place]
      if (written !== undefined && written.length === length && isAt(bytes, start, written)) return place
    }
    return length <= this.#lengthMax ? this.#spelledAt(bytes, start, start + length) : NONE
  }

  #spelledAt(bytes: Uint8Array, start: number, end: number): number {
    if (!bytes.subarray(start, end).includes(BACKSLASH)) return NONE
    const spelled: unknown = JSON.parse(textOf(bytes, { start, end }))
    return this.all.indexOf(String(spelled))
  }
}

/** What has come, and what is cut out of it. */
export class Source {
  readonly bytes: Uint8Array
  /** Where each byte is a character, all of it: cutting that costs less than decoding each piece. */
  readonly #text: string | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    if (bytes.length <= LARGE_BYTES && isAscii(bytes))
      this.#text = textOf(bytes, { start: 0, end: bytes.length })
  }

  /** It may keep all that it was cut out of in memory. */
  cut({ start, end }: Span): string {
    return this.#text?.slice(start, end) ?? textOf(this.bytes, { start, end })
  }
}

/** Those members of an object that were asked for, as they were written; the last of those with one name. */
export class Fields {
  readonly #source: Source
  readonly #names: Names
  /** The place of its name, where it begins and where it ends, one after the other. */
  readonly #noted: number[] = []
  #given: Some = 0
  /** The name of the first that was not asked for. */
  #other: Span | undefined
  /** The place of a name that stands there twice. */
  #doubled = NONE

  constructor(source: Source, names: Names) {
    this.#source = source
    this.#names = names
  }

  /** What was visited last, at this depth. */
  note(scan: JsonScan, depth: number): void {
    const place = this.#names.at(this.#source.bytes, scan, depth)
    if (place === NONE) {
      this.#other ??= { start: scan.nameStartAt(depth), end: scan.nameEndAt(depth) }
      return
    }
    const former = this.#noteOf(place)
    if (former !== NONE) {
      this.#noted.splice(former, 3)
      this.#doubled = place
    }
    this.#noted.push(place, scan.startAt(depth), scan.end)
    this.#given |= 1 << place
  }

  /**
   * @throws LarderError UNKNOWN_FIELD for a member that has none of these names, or of all that were asked for; BAD_REQUEST for two
   * with one name.
   */
  limitedTo(some?: Some): this {
    const { all } = this.#names
    if (this.#doubled !== NONE)
      throw new LarderError('BAD_REQUEST', `${all[this.#doubled]} stands there twice.`)
    const wrong = some === undefined ? 0 : this.#given & ~some
    if (wrong === 0 && this.#other === undefined) return this
    const wrongName = all.find((_, place) => wrong & (1 << place))
    const name = wrongName ?? (this.#other && spelled(this.#source, this.#other)) ?? ''
    const known = some === undefined ? all : all.filter((_, place) => some & (1 << place))
    throw unknownField(name, known, 'the JSON')
  }

  /** As JSON text, not to be kept. @throws LarderError BAD_REQUEST for what is larger than anything that is not kept. */
  get(name: string): string | undefined {
    const span = this.#spanOf(name)
    if (span === undefined) return undefined
    if (span.end - span.start > LARGE_BYTES)
      throw new LarderError('BAD_REQUEST', `${name}: ${LARGE_BYTES} bytes at most.`)
    return this.#source.cut(span)
  }

  /** To be kept: text, or bytes where it is large, which take no more memory than they are. */
  *kept(name: string): Steps<string | Uint8Array | undefined> {
    const span = this.#spanOf(name)
    if (span === undefined || span.end - span.start <= LARGE_BYTES)
      return span && textOf(this.#source.bytes, span)
    return yield* kept(this.#source.bytes, span)
  }

  #spanOf(name: string): Span | undefined {
    const at = this.#noteOf(this.#names.all.indexOf(name))
    return at === NONE ? undefined : { start: this.#noted[at + 1] ?? 0, end: this.#noted[at + 2] ?? 0 }
  }

  #noteOf(place: number): number {
    for (let at = 0; at < this.#noted.length; at += 3) if (this.#noted[at] === place) return at
    return NONE
  }
}

/** A name that nobody knows, as far as anybody wants to read it. */
function spelled(source: Source, { start, end }: Span): string {
  if (end - start > NAME_BYTES_MAX) return source.cut({ start: start + 1, end: start + NAME_BYTES_MAX })
  return String(JSON.parse(source.cut({ start, end })))
}

/** The fields with these names, as objects can hold them. @throws LarderError BAD_REQUEST as `Fields.get`. */
export function objectOf(fields: Fields, names: Names): Record<string, unknown> {
  const found = [...names].flatMap((name) => {
    const text = fields.get(name)
    return text === undefined ? [] : [[name, JSON.parse(text)]]
  })
  return Object.fromEntries(found)
}

/** Kept apart from what it lies in, where that has more than this beside it. */
const SLACK_BYTES = 256
const STEP_BYTES = 256 * 2 ** 10

/** To be kept, with nothing that it lies in. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength - bytes.length <= SLACK_BYTES ? bytes : new Uint8Array(bytes)
}

export function* kept(bytes: Uint8Array, span: Span): Steps<string | Uint8Array> {
  const { start, end } = span
  if (end - start <= LARGE_BYTES) return textOf(bytes, span)
  if (bytes.buffer.byteLength - (end - start) <= SLACK_BYTES) return bytes.subarray(start, end)
  const own = Buffer.allocUnsafeSlow(end - start)
  for (let at = start; at < end; at += STEP_BYTES) {
    own.set(bytes.subarray(at, Math.min(at + STEP_BYTES, end)), at - start)
    yield
  }
  return own
}

function isAt(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text[index]) return false
  return true
}

export function textOf(bytes: Uint8Array, { start, end }: Span): string {
  const { buffer, byteOffset, length } = bytes
  const decoding = bytes instanceof Buffer ? bytes : Buffer.from(buffer, byteOffset, length)
  return decoding.toString('utf8', start, end)
}
