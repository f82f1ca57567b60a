/** Server-sent events as they come (HTML, section 9.2.6): text in any pieces, events out. Pure. */
import { notUnderstood } from './errors.ts'

export interface ServerEvent {
  /** `message` where none was said. */
  readonly event: string
  readonly data: string
  /** The one that it came with. */
  readonly id?: string
}

/** No event of a node is longer: it is one value, as text. */
const CHARACTERS_MAX = 2 ** 28

export class EventReader {
  /** What has come of a line that has not ended. */
  #line: string[] = []
  #event = ''
  #data: string[] = []
  #characters = 0
  #isAfterReturn = false
  #id: string | undefined
  #lastId: string | undefined

  /** What came last as one, also where nothing was told with it. */
  get lastId(): string | undefined {
    return this.#lastId
  }

  /** @throws LarderError for an event that is too long to be one. */
  *take(text: string): Generator<ServerEvent> {
    // What follows a return is a part of its line's end, also where it comes with the next piece.
    const rest = this.#isAfterReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') this.#isAfterReturn = text.endsWith('\r')
    const lines = rest.split(/\r\n|\n|\r/)
    const last = lines.pop() ?? ''
    this.#characters += rest.length
    for (const line of lines) {
      this.#line.push(line)
      const whole = this.#line.join('')
      this.#line = []
      if (whole !== '') this.#take(whole)
      else yield* this.#dispatch()
    }
    this.#line.push(last)
    if (this.#characters > CHARACTERS_MAX) throw notUnderstood(text)
  }

  #take(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
    if (name === 'id' && !value.includes('\0')) this.#id = value
  }

  *#dispatch(): Generator<ServerEvent> {
    const [event, data, id] = [this.#event || 'message', this.#data, this.#id]
    this.#event = ''
    this.#id = undefined
    this.#lastId = id ?? this.#lastId
    this.#data = []
    this.#characters = 0
    if (data.length > 0) yield { event, data: data.join('\n'), ...(id !== undefined && { id }) }
  }
}
