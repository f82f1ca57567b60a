/**
 * A bounded queue with one writer: first in, first out, a batch a turn.
 *
 * While one batch is being written the next one gathers, so the batches grow with the load and nobody waits
 * for a timer.
 */
export interface WriteQueueOptions<T> {
  readonly waitingMax: number
  readonly batchMax: number
  /** Never rejects; it settles each item itself. */
  write(batch: readonly T[]): Promise<void>
  /** Resolves once others have had their turn. */
  pass(): Promise<void>
}

export class WriteQueue<T> {
  readonly #options: WriteQueueOptions<T>
  #waiting: T[] = []
  #writing = false

  constructor(options: WriteQueueOptions<T>) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False when the queue is full; the item is not in it then. */
  push(item: T): boolean {
    if (this.#waiting.length >= this.#options.waitingMax) return false
    this.#waiting.push(item)
    if (!this.#writing) {
      this.#writing = true
      // After this turn of the event loop, whatever it has read from the sockets is in the batch.
      setImmediate(() => this.#drain())
    }
    return true
  }

  async #drain(): Promise<void> {
    const { batchMax, write, pass } = this.#options
    while (this.#waiting.length > 0) {
      await write(this.#waiting.splice(0, batchMax))
      if (this.#waiting.length > 0) await pass()
    }
    this.#writing = false
  }
}
