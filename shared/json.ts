/**
 * JSON that is checked, and taken apart without being rebuilt.
 *
 * A value is kept as it was written: so its numbers survive, though a double could not hold them, and nothing is spent on
 * turning it into objects and back.
 */
import { LarderError } from './errors.ts'
import { Fields, kept, type Names, Source, textOf } from './json-fields.ts'
import {
  DepthError,
  JSON_DEPTH_MAX,
  type JsonScan,
  type ScanOptions,
  STEP_BYTES,
  scanAtOnce,
  scanning,
} from './json-scan.ts'
import type { Steps } from './steps.ts'

const QUOTE = 0x22
const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b

/** JSON that is nothing but checked, to be kept. @throws LarderError BAD_REQUEST saying what is wrong. */
export function* keepingJson(bytes: Uint8Array): Steps<string | Uint8Array> {
  yield* checking(bytes, { depthMax: JSON_DEPTH_MAX })
  return yield* kept(bytes, { start: 0, end: bytes.length })
}

/** What members say to each other, as objects: it is no more than these can be made of. @throws LarderError BAD_REQUEST. */
export function* parsingJson(bytes: Uint8Array): Steps<unknown> {
  yield* checking(bytes, { depthMax: JSON_DEPTH_MAX })
  return JSON.parse(textOf(bytes, { start: 0, end: bytes.length }))
}

/**
 * The fields with these names of an object; `undefined` where it is none.
 * @throws LarderError BAD_REQUEST saying what is wrong.
 */
export function* readingFields(marked: Uint8Array, names: Names): Steps<Fields | undefined> {
  const bytes = withoutMark(marked)
  const fields = new Fields(new Source(bytes), names)
  const isFields = isObject(bytes)
  const visit = (depth: number, scan: JsonScan) => {
    if (depth === 1 && isFields) fields.note(scan, 1)
  }
  // The object around the values does not count.
  yield* checking(bytes, { depthMax: JSON_DEPTH_MAX + 1, visitor: { depth: 1, visit } })
  return isFields ? fields : undefined
}

/** Some put a byte order mark before what they write, which says nothing (RFC 8259, section 8.1). */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

export interface ListAsked {
  /** The member of the object that is the list. */
  readonly name: Names
  readonly names: Names
  /** How many of its elements are wanted at the most. */
  readonly most: number
}

/** Of each element, its fields; `undefined` where it is no object. */
export interface List {
  /** What the object has that the list is in. */
  readonly around: Fields
  readonly elements: readonly (Fields | undefined)[]
  /** How many there are, wanted or not. */
  readonly count: number
}

/** A list of objects in an object; without elements where there is none. @throws LarderError BAD_REQUEST. */
export function* readingList(
  bytes: Uint8Array,
  asked: ListAsked,
): Steps<(Pick<List, 'around'> & Partial<List>) | undefined> {
  const list = new ListReader(bytes, asked)
  const visit = list.visit.bind(list)
  yield* checking(bytes, { depthMax: JSON_DEPTH_MAX + 3, visitor: { depth: 3, visit } })
  return isObject(bytes) ? { ...list.found, around: list.around } : undefined
}

class ListReader {
  found: Partial<List> = {}
  readonly around: Fields
  readonly #bytes: Uint8Array
  readonly #source: Source
  readonly #asked: ListAsked
  /** Of which member of the object it is known whether it is the list. */
  #memberAt = -1
  #isList = false
  #elements: (Fields | undefined)[] = []
  #count = 0
  #fields: Fields | undefined

  constructor(bytes: Uint8Array, asked: ListAsked) {
    this.#bytes = bytes
    this.#source = new Source(bytes)
    this.#asked = asked
    this.around = new Fields(this.#source, asked.name)
  }

  visit(depth: number, scan: JsonScan): void {
    if (depth === 0) return
    if (scan.nameStartAt(1) !== this.#memberAt) this.#enter(scan)
    if (depth === 1) this.around.note(scan, 1)
    if (!this.#isList) return
    if (depth === 3) this.#note(scan)
    else if (depth === 2) this.#endElement(scan)
    else this.found = this.#isListAt(scan) ? { elements: this.#elements, count: this.#count } : {}
  }

  #enter(scan: JsonScan): void {
    const { name } = this.#asked
    this.#memberAt = scan.nameStartAt(1)
    this.#isList = name.at(this.#bytes, scan, 1) >= 0
    this.#elements = []
    this.#count = 0
    this.#fields = undefined
  }

  #isListAt(scan: JsonScan): boolean {
    return this.#bytes[scan.startAt(1)] === OPEN_LIST
  }

  #note(scan: JsonScan): void {
    if (this.#count >= this.#asked.most || this.#bytes[scan.startAt(2)] !== OPEN_OBJECT) return
    this.#fields ??= new Fields(this.#source, this.#asked.names)
    this.#fields.note(scan, 3)
  }

  #endElement(scan: JsonScan): void {
    const isObject = this.#bytes[scan.startAt(2)] === OPEN_OBJECT
    if (this.#count < this.#asked.most)
      this.#elements.push(
        isObject ? (this.#fields ?? new Fields(this.#source, this.#asked.names)) : undefined,
      )
    this.#fields = undefined
    this.#count++
  }
}

function isObject(bytes: Uint8Array): boolean {
  let at = 0
  while ((bytes[at] ?? QUOTE) <= 0x20) at++
  return bytes[at] === OPEN_OBJECT
}

/** @throws LarderError BAD_REQUEST with what is wrong with it, as whoever sent it is told. */
function* checking(bytes: Uint8Array, options: ScanOptions): Steps<void> {
  try {
    if (bytes.length <= STEP_BYTES) scanAtOnce(bytes, options)
    else yield* scanning(bytes, options)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    if (cause instanceof DepthError)
      throw new LarderError(
        'BAD_REQUEST',
        `The JSON is nested too deeply: ${JSON_DEPTH_MAX} levels at most.`,
        { cause },
      )
    throw new LarderError('BAD_REQUEST', `The body is not JSON: ${cause.message}.`, { cause })
  }
}
