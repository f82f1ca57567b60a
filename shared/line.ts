/** Whoever waits for room: first come, first served, so that nobody large waits for ever. */
export interface LineOptions {
  hasRoomFor(bytes: number): boolean
  /** Takes the room for whom it was waited. */
  take(bytes: number): void
}

interface Waiting {
  readonly bytes: number
  readonly admit: () => void
}

export class Line {
  readonly #options: LineOptions
  readonly #waiting = new Set<Waiting>()
  #isToLook = false

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** Calls `admit` once so much is taken for the caller, maybe at once. @returns what gives up waiting. */
  join(bytes: number, admit: () => void): () => void {
    const one = { bytes, admit }
    this.#waiting.add(one)
    this.#admit()
    return () => {
      if (this.#waiting.delete(one)) this.look()
    }
  }

  /** There is more room, though whoever has given it back may need some of it for what comes of that: so not at once. */
  look(): void {
    if (this.#isToLook || this.#waiting.size === 0) return
    this.#isToLook = true
    setImmediate(() => {
      this.#isToLook = false
      this.#admit()
    })
  }

  #admit(): void {
    for (const one of this.#waiting) {
      if (!this.#options.hasRoomFor(one.bytes)) return
      this.#waiting.delete(one)
      this.#options.take(one.bytes)
      one.admit()
    }
  }
}
