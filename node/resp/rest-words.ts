/**
 * Commands of Redis in a body of JSON, cut out of it where they are written: nothing is built of what is none, and a large
 * body is gone through in steps.
 */
import { DepthError, JSON_DEPTH_MAX, type JsonScan, scanning } from '../../shared/json-scan.ts'
import type { Steps } from '../../shared/steps.ts'
import { ReplyError } from './errors.ts'
import type { Words } from './reader.ts'

export const COMMANDS_MAX = 1000
/** Of all commands together. */
const WORDS_MAX = 100_000
/** Of one, which is carried out in one turn. */
const COMMAND_WORDS_MAX = 10_000
/** That are cut out in one step. */
const WORDS_A_STEP = 500

const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b
const QUOTE = 0x22
/** The first letter of it. */
const NULL = 0x6e
const BACKSLASH = 0x5c

/** The words of a command. @throws ReplyError for what is none. */
export function* readingCommand(body: Buffer): Steps<Words> {
  const [command] = yield* reading(body, 1)
  return command ?? []
}

/** A list of commands. @throws ReplyError for what is none. */
export function* readingCommands(body: Buffer): Steps<readonly Words[]> {
  return yield* reading(body, 2)
}

/** `depth`: in how many lists a word lies. */
function* reading(body: Buffer, depth: number): Steps<readonly Words[]> {
  const noted = new Noted(body, depth)
  try {
    yield* scanning(body, { depthMax: JSON_DEPTH_MAX, visitor: { depth, visit: noted.visit.bind(noted) } })
  } catch (cause) {
    if (cause instanceof DepthError) throw malformed(`it is nested deeper than ${JSON_DEPTH_MAX} levels`)
    throw cause instanceof SyntaxError ? malformed(cause.message) : cause
  }
  return yield* noted.cutting()
}

/** Where commands and their words are. */
class Noted {
  readonly #body: Buffer
  readonly #depth: number
  /** Where each word begins and ends, one after the other. */
  readonly #words: number[] = []
  /** How many words there are up to the end of each command. */
  readonly #ends: number[] = []

  constructor(body: Buffer, depth: number) {
    this.#body = body
    this.#depth = depth
  }

  visit(depth: number, scan: JsonScan): void {
    const first = this.#body[scan.startAt(depth)]
    if (depth < this.#depth) {
      if (first !== OPEN_LIST) throw malformed('a JSON list of words is needed')
      if (depth === this.#depth - 1) this.#end()
    } else if (first === OPEN_LIST || first === OPEN_OBJECT) throw malformed('a word is text or a number')
    else this.#note(scan.startAt(depth), scan.end)
  }

  #note(start: number, end: number): void {
    const count = this.#words.push(start, end) / 2
    if (count > WORDS_MAX) throw new ReplyError(`ERR ${WORDS_MAX} words at most`)
    if (count - (this.#ends.at(-1) ?? 0) > COMMAND_WORDS_MAX)
      throw new ReplyError(`ERR ${COMMAND_WORDS_MAX} words at most in a command`)
  }

  #end(): void {
    const end = this.#words.length / 2
    if (end === (this.#ends.at(-1) ?? 0)) throw malformed('a command has a name')
    if (this.#ends.push(end) > COMMANDS_MAX) throw new ReplyError(`ERR ${COMMANDS_MAX} commands at most`)
  }

  *cutting(): Steps<readonly Words[]> {
    const commands: Words[] = []
    let at = 0
    for (const end of this.#ends) {
      const words: Buffer[] = []
      for (; at < end; at++) {
        words.push(wordIn(this.#body.subarray(this.#words[2 * at], this.#words[2 * at + 1])))
        if (at % WORDS_A_STEP === WORDS_A_STEP - 1) yield
      }
      commands.push(words)
    }
    return commands
  }
}

/** A copy: the body is not kept for it. */
function wordIn(written: Buffer): Buffer {
  if (written[0] === QUOTE && !written.includes(BACKSLASH)) return Buffer.from(written.subarray(1, -1))
  if (written[0] === QUOTE) return Buffer.from(JSON.parse(written.toString()))
  if (written[0] === NULL) throw malformed('a word is text or a number')
  // Digit by digit: a number may have more of them than a double holds.
  return Buffer.from(written)
}

function malformed(reason: string): ReplyError {
  return new ReplyError(`ERR failed to parse command: ${reason}`)
}
