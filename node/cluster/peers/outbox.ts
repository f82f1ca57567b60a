/**
 * What is said on a channel in one turn of the event loop: it leaves at the end of that turn, in one piece and one write,
 * as each write costs both ends more than what most messages hold.
 */
import { bytesOf, type Message } from './message.ts'

export interface Outgoing {
  write(bytes: Uint8Array): unknown
  end(): unknown
}

export class Outbox {
  readonly #socket: Outgoing
  #messages: Message[] = []
  #last: (() => void)[] = []
  #isDue = false
  #isEnding = false

  constructor(socket: Outgoing) {
    this.#socket = socket
  }

  say(message: Message): void {
    this.#messages.push(message)
    this.#schedule()
  }

  /** Runs this at the end of the turn; what it says leaves with all that was said in it. */
  atLast(run: () => void): void {
    this.#last.push(run)
    this.#schedule()
  }

  /** Ends the connection after all that was said. */
  end(): void {
    this.#isEnding = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#send())
  }

  #send(): void {
    const last = this.#last
    this.#last = []
    for (const run of last) run()
    const messages = this.#messages
    this.#messages = []
    this.#isDue = false
    if (messages.length > 0) this.#socket.write(bytesOf(messages))
    if (this.#isEnding) this.#socket.end()
  }
}
