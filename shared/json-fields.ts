/** Members of a JSON object that are looked for where they are written, and what is cut out of it. */
import { isAscii } from 'node:buffer'
import { LarderError } from './errors.ts'
import type { JsonScan } from './json-scan.ts'
import { LARGE_BYTES, type Steps } from './steps.ts'

const BACKSLASH = 0x5c

/** Where something is: behind `end` is what does not belong to it any more. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Names of members, to be found where they are written. */
export class Names implements Iterable<string> {
  readonly #names: readonly string[]
  readonly #written: readonly Uint8Array[]
  /** The longest of them where each character is written as an escape of six, and its quotes. */
  readonly #lengthMax: number

  constructor(...names: readonly string[]) {
    this.#names = names
    this.#written = names.map((name) => Buffer.from(JSON.stringify(name)))
    this.#lengthMax = Math.max(...names.map(({ length }) => 6 * length + 2))
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#names.values()
  }

  /** Which of them it is that a value is called. */
  at(bytes: Uint8Array, scan: JsonScan, depth: number): string | undefined {
    const start = scan.nameStartAt(depth)
    const length = scan.nameEndAt(depth) - start
    for (let index = 0; index < this.#written.length; index++) {
      const written = this.#written[index]
      if (written !== undefined && written.length === length && isAt(bytes, start, written))
        return this.#names[index]
    }
    return length <= this.#lengthMax ? this.#spelledAt(bytes, start, start + length) : undefined
  }

  #spelledAt(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!bytes.subarray(start, end).includes(BACKSLASH)) return undefined
    const spelled: unknown = JSON.parse(textOf(bytes, { start, end }))
    return this.#names.find((name) => name === spelled)
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
  readonly #spans = new Map<string, Span>()

  constructor(source: Source) {
    this.#source = source
  }

  note(name: string, span: Span): void {
    this.#spans.set(name, span)
  }

  /** As JSON text, not to be kept. @throws LarderError BAD_REQUEST for what is larger than anything that is not kept. */
  get(name: string): string | undefined {
    const span = this.#spans.get(name)
    if (span === undefined) return undefined
    if (span.end - span.start > LARGE_BYTES)
      throw new LarderError('BAD_REQUEST', `${name}: ${LARGE_BYTES} bytes at most.`)
    return this.#source.cut(span)
  }

  /** To be kept: text, or bytes where it is large, which take no more memory than they are. */
  *kept(name: string): Steps<string | Uint8Array | undefined> {
    const span = this.#spans.get(name)
    return span && (yield* kept(this.#source.bytes, span))
  }
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

export function textOf({ buffer, byteOffset }: Uint8Array, { start, end }: Span): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString()
}
