/** When the clients of a chaos run may act, and what they may expect. */

/**
 * `whole`: a read sees what was acknowledged before, wherever. `cut`: there are two halves, and neither knows what
 * is written in the other. `healing`: they see each other again, and have not exchanged all that they know.
 */
export type Connection = 'whole' | 'cut' | 'healing'

export class Stage {
  #connection: Connection = 'whole'
  #generation = 0
  #whole = Promise.withResolvers<void>()
  #acting = 0
  #isClosed = false
  #opened = Promise.withResolvers<void>()
  #quiet = Promise.withResolvers<void>()

  get connection(): Connection {
    return this.#connection
  }

  /** Grows whenever the network is cut, joined, or whole again. */
  get generation(): number {
    return this.#generation
  }

  become(connection: Connection): void {
    this.#connection = connection
    this.#generation++
    if (connection === 'whole') {
      this.#whole.resolve()
      this.#whole = Promise.withResolvers<void>()
    }
  }

  /** Resolves when the network is whole again; at once when it is. */
  async untilWhole(): Promise<void> {
    if (this.#connection !== 'whole') await this.#whole.promise
  }

  /** Waits while the stage is closed. */
  async untilOpen(): Promise<void> {
    if (this.#isClosed) await this.#opened.promise
  }

  /** Carries out what `close` waits for. */
  async act(run: () => Promise<void>): Promise<void> {
    this.#acting++
    try {
      await run()
    } finally {
      if (--this.#acting === 0) this.#quiet.resolve()
    }
  }

  /** Resolves once nobody acts any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#opened = Promise.withResolvers<void>()
    this.#quiet = Promise.withResolvers<void>()
    if (this.#acting > 0) await this.#quiet.promise
  }

  open(): void {
    this.#isClosed = false
    this.#opened.resolve()
  }
}
