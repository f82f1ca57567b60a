/**
 * Checks JSON (RFC 8259) where it lies, byte by byte: nothing is built of it, so that neither its size nor its shape costs
 * more than to look at each byte once, and it can be left after any of them and gone on with later.
 */
import { isUtf8 } from 'node:buffer'
import { type Grammar, grammar, MARK, STATE } from './json-grammar.ts'
import type { Steps } from './steps.ts'

/** How deep JSON may be nested. */
export const JSON_DEPTH_MAX = 128

/** Nested deeper than it may be. */
export class DepthError extends SyntaxError {}

export interface ScanOptions {
  /** How many lists and objects may lie in each other. */
  readonly depthMax: number
  /** Called at the end of each value that lies within so many others. */
  readonly visitor?: { readonly depth: number; visit(depth: number, scan: JsonScan): void }
}

const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const GRAMMAR: Grammar = grammar()

export class JsonScan {
  readonly #bytes: Uint8Array
  readonly #depthMax: number
  readonly #visitor: ScanOptions['visitor']
  readonly #visitDepth: number
  /** Of all that is open where the scan is, whether it is an object. */
  readonly #isObject: boolean[] = []
  readonly #starts: number[] = []
  readonly #nameStarts: number[] = []
  readonly #nameEnds: number[] = []
  #at = 0
  #state: number = STATE.value

  constructor(bytes: Uint8Array, { depthMax, visitor }: ScanOptions) {
    this.#bytes = bytes
    this.#depthMax = depthMax
    this.#visitor = visitor
    this.#visitDepth = visitor?.depth ?? -1
  }

  /** Where the value that was visited last ends. */
  get end(): number {
    return this.#at
  }

  /** Where the last value within so many others begins. */
  startAt(depth: number): number {
    return this.#starts[depth] ?? 0
  }

  /** Where its name begins, with its quotes; in a list it has none. */
  nameStartAt(depth: number): number {
    return this.#nameStarts[depth] ?? 0
  }

  nameEndAt(depth: number): number {
    return this.#nameEnds[depth] ?? 0
  }

  /** @throws SyntaxError saying what is wrong; DepthError. */
  run(until: number): void {
    const bytes = this.#bytes
    let at = this.#at
    let state = this.#state
    while (at < until) {
      const next = GRAMMAR[(state << 8) | (bytes[at] ?? 0)] ?? 0
      if (next < MARK.begins) state = next
      else {
        this.#at = at
        state = this.#heed(next)
        if (next === MARK.endsBefore) continue
      }
      at++
    }
    this.#at = at
    this.#state = state
  }

  /** To be called behind the last byte. @throws SyntaxError where the JSON would go on. */
  finish(): void {
    const isNumber = GRAMMAR[(this.#state << 8) | 0x20] === MARK.endsBefore
    const state = isNumber ? this.#endValue() : this.#state
    if (state !== STATE.after || this.#isObject.length > 0)
      throw new SyntaxError('Unexpected end of JSON input')
  }

  /** @returns the state behind the byte. */
  #heed(mark: number): number {
    if (mark < MARK.beginsName) return this.#begin(mark - MARK.begins)
    switch (mark) {
      case MARK.beginsName:
        this.#nameStarts[this.#isObject.length] = this.#at
        return STATE.inName
      case MARK.endsName:
        this.#nameEnds[this.#isObject.length] = this.#at + 1
        return STATE.colon
      case MARK.ends:
        this.#at++
        return this.#endValue()
      case MARK.endsBefore:
        return this.#endValue()
      case MARK.closes:
        return this.#close(this.#bytes[this.#at] === CLOSE_OBJECT)
      case MARK.comma:
        return this.#next()
      default:
        throw this.#unexpected()
    }
  }

  #begin(state: number): number {
    const depth = this.#isObject.length
    if (depth <= this.#visitDepth) this.#starts[depth] = this.#at
    const byte = this.#bytes[this.#at]
    if (byte !== OPEN_OBJECT && byte !== OPEN_LIST) return state
    if (depth >= this.#depthMax) throw new DepthError(`it is nested deeper than ${this.#depthMax} levels`)
    this.#isObject.push(byte === OPEN_OBJECT)
    return state
  }

  #close(isObject: boolean): number {
    if (this.#isObject.pop() !== isObject) throw this.#unexpected()
    this.#at++
    return this.#endValue()
  }

  #next(): number {
    const isObject = this.#isObject.at(-1)
    if (isObject === undefined) throw this.#unexpected()
    return isObject ? STATE.name : STATE.value
  }

  #endValue(): number {
    const depth = this.#isObject.length
    if (depth <= this.#visitDepth) this.#visitor?.visit(depth, this)
    return STATE.after
  }

  #unexpected(): SyntaxError {
    const character = String.fromCodePoint(this.#bytes[this.#at] ?? 0)
    return new SyntaxError(`Unexpected token '${character}' at byte ${this.#at}`)
  }
}

/** So much is looked at in one step: a fraction of a millisecond. */
export const STEP_BYTES = 32 * 2 ** 10

/** All of what is small, without the cost of work that can be left. @throws SyntaxError, as `JsonScan.run` does. */
export function scanAtOnce(bytes: Uint8Array, options: ScanOptions): void {
  if (!isUtf8(bytes)) throw new SyntaxError('it is not valid UTF-8')
  const scan = new JsonScan(bytes, options)
  scan.run(bytes.length)
  scan.finish()
}

/** All of it, as work that can be left. @throws SyntaxError, as `JsonScan.run` does. */
export function* scanning(bytes: Uint8Array, options: ScanOptions): Steps<void> {
  const scan = new JsonScan(bytes, options)
  for (let from = 0; from < bytes.length; ) {
    const until = characterStart(bytes, Math.min(from + STEP_BYTES, bytes.length))
    if (!isUtf8(bytes.subarray(from, until))) throw new SyntaxError('it is not valid UTF-8')
    scan.run(until)
    from = until
    if (from < bytes.length) yield
  }
  scan.finish()
}

/** Not amid a character; where there is no character, anywhere. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let start = at; start > at - 4 && start < bytes.length; start--)
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start
  return at
}
