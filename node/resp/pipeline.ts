/**
 * The commands of one connection: carried out as if one came after the other, and answered in their order.
 *
 * What can be answered at once is; what is written is sent as it comes, so that a pipeline travels in batches. Whatever would
 * see, or disturb, what is under way before it waits until all of that is through, and what comes behind it waits too. So
 * does everything once very much is under way. Nothing else has to be remembered but the keys that are under way.
 */
import { type Eventual, isLater } from '../../shared/eventual.ts'
import { NOT_LET_IN } from './connecting.ts'
import { errorReplyOf, unknownCommand, wrongArity } from './errors.ts'
import { preparedFor } from './long-reply.ts'
import type { Words } from './reader.ts'
import { Call, type Does, doesOf, type Execution, isWriteRow, keyPlacesOf, type Row } from './row.ts'
import type { Session } from './session.ts'
import { fitsArity, type Table } from './table.ts'
import type { ErrorReply, Reply, Told } from './writer.ts'

/** A command of more words has none beside it. */
const WORDS_BESIDE_MAX = 250
/** So many commands of one connection are under way at once. */
const UNDER_WAY_MAX = 1000

export interface PipelineOptions {
  readonly table: Table
  readonly session: Session
  readonly execution: Execution
  /** To be called with every reply, in the order of the commands. */
  tell(reply: Told): void
  /** To be called when a command is through: which it was, and since when it was under way. */
  note(row: Row | undefined, startedAtMs: number, reply: Told): void
  /** Something can be told, or comes next: soon, once for all that has come by then. */
  onReady(): void
}

/** A command that has been begun, and its reply once there is one. */
interface Place {
  reply: Told | undefined
}

interface Held {
  readonly row: Row
  readonly words: Words
  readonly startedAtMs: number
}

export class Pipeline {
  readonly #options: PipelineOptions
  /** In their order, from those that are not told yet on. */
  #places: Place[] = []
  #underWay = 0
  /** What is done to the keys of those that are under way. */
  readonly #keys = new Map<string, Does>()
  /** Whether one that is under way is not to be followed by any other. */
  #isAlone = false
  /** What has to wait for those that are under way. */
  #held: Held | undefined

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** Whether it takes no more for now. */
  get isFull(): boolean {
    return this.#held !== undefined || this.#isAlone || this.#underWay >= UNDER_WAY_MAX
  }

  /** Whether everything is answered and told. */
  get isEmpty(): boolean {
    return this.#places.length === 0 && this.#held === undefined
  }

  /** The next command. To be called unless it is full. */
  take(words: Words, startedAtMs: number): void {
    const { table, session } = this.#options
    const row = table.find(words)
    if (!session.isLetIn && row?.isOpen !== true) this.#refuse(row, startedAtMs, NOT_LET_IN)
    else if (row === undefined) this.#refuse(row, startedAtMs, unknownCommand(words))
    else if (!fitsArity(row, words)) this.#refuse(row, startedAtMs, wrongArity(row.name))
    else if (this.#underWay > 0 && this.#hasToWait(row, words)) this.#held = { row, words, startedAtMs }
    else this.#begin(row, words, startedAtMs)
  }

  /** Of what there was no room for. */
  refuse(error: unknown, startedAtMs: number): void {
    this.#refuse(undefined, startedAtMs, errorReplyOf(error, false))
  }

  #refuse(row: Row | undefined, startedAtMs: number, reply: ErrorReply): void {
    this.#end(row, startedAtMs, reply, this.#places.length === 0 ? undefined : this.#placeLast())
  }

  #hasToWait(row: Row, words: Words): boolean {
    const does = doingOf(row, words)
    if (does === 'all') return true
    for (const place of keyPlacesOf(row, words)) {
      const underWay = this.#keys.get(nameOf(words, place))
      if (underWay !== undefined && (underWay !== does || does === 'steps')) return true
    }
    return false
  }

  #begin(row: Row, words: Words, startedAtMs: number): void {
    const { session, execution } = this.#options
    session.command = row.name
    const reply = run(row, new Call(words, session, execution))
    if (isLater(reply)) this.#follow(row, words, startedAtMs, reply)
    else this.#end(row, startedAtMs, reply, this.#places.length === 0 ? undefined : this.#placeLast())
  }

  #follow(row: Row, words: Words, startedAtMs: number, later: Promise<Reply>): void {
    const place = this.#placeLast()
    this.#underWay++
    const does = doingOf(row, words)
    if (does === 'all') this.#isAlone = true
    else for (const at of keyPlacesOf(row, words)) this.#keys.set(nameOf(words, at), does)
    const { session, execution } = this.#options
    later
      .then((reply) => preparedFor(session.version, reply, execution.turns))
      .catch((thrown) => failed(row, thrown, execution))
      .then((reply) => {
        this.#end(row, startedAtMs, reply, place)
        this.#underWay--
        if (this.#underWay === 0) this.#next()
        this.#options.onReady()
      })
  }

  /** Nothing is under way. What is answered is told before anything is said to be told in another way. */
  #next(): void {
    this.tellAll()
    this.#keys.clear()
    this.#isAlone = false
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#begin(held.row, held.words, held.startedAtMs)
  }

  #placeLast(): Place {
    const place: Place = { reply: undefined }
    this.#places.push(place)
    return place
  }

  /** Without a place it is told at once, as there is nothing before it. */
  #end(row: Row | undefined, startedAtMs: number, reply: Told, place: Place | undefined): void {
    if (place === undefined) this.#options.tell(reply)
    else place.reply = reply
    this.#options.note(row, startedAtMs, reply)
  }

  /** Tells what is answered, up to the first that is not. */
  tellAll(): void {
    let told = 0
    for (const { reply } of this.#places) {
      if (reply === undefined) break
      this.#options.tell(reply)
      told++
    }
    if (told > 0) this.#places = told === this.#places.length ? [] : this.#places.slice(told)
  }
}

/** What names very many is done some at a time, and would be overtaken: it goes alone, and its keys are not looked through. */
function doingOf(row: Row, words: Words): Does {
  return words.length > WORDS_BESIDE_MAX ? 'all' : doesOf(row, words)
}

function nameOf(words: Words, place: number): string {
  return words[place]?.toString('latin1') ?? ''
}

function run(row: Row, call: Call): Eventual<Reply> {
  try {
    return row.run(call)
  } catch (thrown) {
    return failed(row, thrown, call.execution)
  }
}

function failed(row: Row, thrown: unknown, { onFailure }: Execution): ErrorReply {
  onFailure(row.name, thrown)
  return errorReplyOf(thrown, isWriteRow(row))
}
