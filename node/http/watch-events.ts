/** What watchers are told, as server-sent events (HTML, section 9.2) and as messages: each once, however many are told. */
import { type Body, tagOf } from '../../shared/command.ts'
import { type Eventual, isLater } from '../../shared/eventual.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import { atOnce, LARGE_BYTES, type Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import { isGone, type There, type Told } from '../../shared/watching.ts'
import type { WatchEvent } from '../watching.ts'
import { endingText } from './api.ts'
import { tellingBase64 } from './base64.ts'
import { readingJson } from './json-data.ts'

/** Sooner than the three seconds that browsers wait unasked. */
const RETRY_MS = 1000
export const FIRST_TEXT = `retry: ${RETRY_MS}\n\n`

/**
 * As server-sent events have it. Where nothing is told an id counts all the same, in HTML; there are readers for whom it does
 * only with some data, which then has a name that nobody need listen to.
 */
function* eventBytes({ type, told, id }: WatchEvent): Steps<Buffer> {
  const named = id === undefined ? '' : `id: ${id}\n`
  if (type === 'beat') return Buffer.from(`: beat\n${named && `event: heartbeat\n${named}data: {}\n`}\n`)
  return yield* withTold(`event: ${type}\n${named}data: `, told, '\n\n')
}

/** As a message of a WebSocket. */
function* messageBytes({ type, told, id }: WatchEvent): Steps<Buffer> {
  const named = id === undefined ? '' : `,"id":"${id}"`
  if (type === 'beat') return Buffer.from(`{"event":"heartbeat"${named}}`)
  return yield* withTold(`{"event":"${type}"${named},"data":`, told, '}')
}

function* withTold(before: string, told: Told | undefined, after: string): Steps<Buffer> {
  const pieces = new Pieces().add(before)
  if (told === undefined) pieces.add('{}')
  else yield* tellingJson(told, pieces)
  return Buffer.concat([...pieces.add(after)])
}

/** In one line. */
function* tellingJson(told: Told, pieces: Pieces): Steps<void> {
  if (isGone(told)) return void pieces.add(JSON.stringify(told))
  pieces.add(`{"kind":"${told.kind}","key":${JSON.stringify(told.key)}`)
  if (told.kind === 'value') yield* tellingValue(told, pieces)
  if (told.kind === 'counter') pieces.add(`,"value":"${told.value}"`)
  if (told.kind === 'reaction') {
    const { user, reaction, count } = told
    pieces.add(`,${JSON.stringify({ user, reaction, count }).slice(1, -1)}`)
  }
  pieces.add(`${endingText(told)}}`)
}

function* tellingValue(value: Extract<There, { kind: 'value' }>, pieces: Pieces): Steps<void> {
  const { contentType, body, stamp } = value
  const data = yield* readingJson(value)
  if (data !== undefined) yield* tellingInOneLine(data, pieces.add(',"data":'))
  else {
    yield* tellingBase64(typeof body === 'string' ? Buffer.from(body) : body, pieces.add(',"base64":"'))
    pieces.add(`","content_type":${JSON.stringify(contentType)}`)
  }
  pieces.add(`,"etag":${JSON.stringify(tagOf(stamp))}`)
}

const STEP_BYTES = 64 * 2 ** 10
const [NEW_LINE, RETURN, SPACE] = [0x0a, 0x0d, 0x20]

/** What was stored as JSON may have line breaks in it, but only where there may be any white space. */
function* tellingInOneLine(json: Body, pieces: Pieces): Steps<void> {
  if (typeof json === 'string') return void pieces.add(json.replace(/[\r\n]/g, ' '))
  for (let start = 0; start < json.length; start += STEP_BYTES) {
    if (start > 0) yield
    const piece = Buffer.from(json.subarray(start, start + STEP_BYTES))
    for (const end of [NEW_LINE, RETURN])
      for (let at = piece.indexOf(end); at !== -1; at = piece.indexOf(end, at)) piece[at] = SPACE
    pieces.add(piece)
  }
}

/** The same bytes for all who are told of an event: what is large is made in turns. */
export class Wording {
  readonly #known = new WeakMap<WatchEvent, Eventual<Buffer>>()
  readonly #turns: Turns
  readonly #stepsOf: (event: WatchEvent) => Steps<Buffer>

  static events(turns: Turns): Wording {
    return new Wording(turns, eventBytes)
  }

  static messages(turns: Turns): Wording {
    return new Wording(turns, messageBytes)
  }

  private constructor(turns: Turns, stepsOf: (event: WatchEvent) => Steps<Buffer>) {
    this.#turns = turns
    this.#stepsOf = stepsOf
  }

  of(event: WatchEvent): Eventual<Buffer> {
    const known = this.#known.get(event)
    if (known !== undefined) return known
    const steps = this.#stepsOf(event)
    const bytes = bodyBytes(event) > LARGE_BYTES ? this.#turns.take('bodies', steps) : atOnce(steps)
    this.#known.set(event, bytes)
    if (isLater(bytes)) void bytes.then((made) => this.#known.set(event, made))
    return bytes
  }
}

function bodyBytes({ told }: WatchEvent): number {
  return told !== undefined && 'body' in told ? told.body.length : 0
}

/** One who is told: in the order in which it comes, also where something of it is still being made. */
export class Teller {
  readonly #wording: Wording
  readonly #write: (bytes: Buffer) => void
  readonly #waiting: WatchEvent[] = []
  #waitingBytes = 0
  #making: Promise<void> | undefined

  constructor(wording: Wording, write: (bytes: Buffer) => void) {
    this.#wording = wording
    this.#write = write
  }

  /** Of what is still to be made, about. */
  get bytes(): number {
    return this.#waitingBytes
  }

  /** Is over once all is made. */
  get made(): Promise<void> {
    return this.#making ?? Promise.resolve()
  }

  tell(event: WatchEvent): void {
    const bytes = this.#making === undefined ? this.#wording.of(event) : undefined
    if (bytes !== undefined && !isLater(bytes)) return void this.#write(bytes)
    this.#waiting.push(event)
    this.#waitingBytes += bodyBytes(event)
    this.#making ??= this.#make()
  }

  async #make(): Promise<void> {
    for (let event = this.#waiting[0]; event !== undefined; event = this.#waiting[0]) {
      this.#write(await this.#wording.of(event))
      this.#waiting.shift()
      this.#waitingBytes -= bodyBytes(event)
    }
    this.#making = undefined
  }
}
