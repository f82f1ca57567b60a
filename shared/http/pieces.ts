/** A body in pieces, one behind the other: what is large in it is sent from where it lies, and what is small is gathered. */

/** Text is gathered up to so many characters. */
const TEXT_LENGTH = 64 * 2 ** 10

export class Pieces implements Iterable<Uint8Array> {
  readonly #pieces: Uint8Array[] = []
  #text = ''
  #bytes = 0

  add(piece: string | Uint8Array): this {
    if (typeof piece === 'string') {
      this.#text += piece
      if (this.#text.length > TEXT_LENGTH) this.#gather()
    } else {
      this.#gather()
      this.#push(piece)
    }
    return this
  }

  /** Of all that was added. */
  get bytes(): number {
    this.#gather()
    return this.#bytes
  }

  /** The only one, where there are no others. */
  get only(): Uint8Array | undefined {
    this.#gather()
    return this.#pieces.length === 1 ? this.#pieces[0] : undefined
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    this.#gather()
    return this.#pieces.values()
  }

  #gather(): void {
    if (this.#text === '') return
    this.#push(Buffer.from(this.#text))
    this.#text = ''
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }
}
