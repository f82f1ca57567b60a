/** Bytes that arrive in pieces, put together without ever moving all of them in one turn. */
import { LARGE_BYTES, type Steps } from './steps.ts'

/** So much is moved in one step. */
const STEP_BYTES = 256 * 2 ** 10

export class Collector {
  /** Where they belong, if it is known beforehand how many there are: memory that costs nothing before they have come. */
  readonly #whole: Buffer<ArrayBuffer> | undefined
  readonly #pieces: Buffer[] = []
  #bytes = 0

  /** `length` is how many will come; 0 where that is not known. */
  constructor(length: number) {
    if (length > LARGE_BYTES) this.#whole = Buffer.allocUnsafeSlow(length)
  }

  /** By the Content-Length of an answer, if it has one, and for no more than that. */
  static announced(length: string | null | undefined, bytesMax: number): Collector {
    return new Collector(Math.min(Number(length ?? 0), bytesMax))
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws RangeError when it is more than was said beforehand. */
  add(piece: Buffer): void {
    if (this.#whole === undefined) this.#pieces.push(piece)
    else this.#whole.set(piece, this.#bytes)
    this.#bytes += piece.length
  }

  /** All of them. */
  *joined(): Steps<Buffer> {
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.#bytes)
    if (this.#bytes <= LARGE_BYTES) return joinedAtOnce(this.#pieces)
    const whole = Buffer.allocUnsafeSlow(this.#bytes)
    let [at, stepEnd] = [0, STEP_BYTES]
    for (const piece of this.#pieces.splice(0)) {
      whole.set(piece, at)
      at += piece.length
      if (at < stepEnd) continue
      stepEnd = at + STEP_BYTES
      yield
    }
    return whole
  }

  /** Gives the memory back now: the garbage collector might take its time. Nothing can be added any more. */
  drop(): void {
    this.#pieces.length = 0
    this.#whole?.buffer.transfer(0)
  }
}

function joinedAtOnce(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)
}
