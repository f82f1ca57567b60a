/**
 * What of the budget is taken, and by what: the one place that knows. Everything that is stored is entered here: the
 * entries as they come and go, and what lies beside them as somebody asks.
 *
 * The budget is of all that is stored. A part of it may be given up at any time, as it can be had again or is only remembered
 * of what is gone; the rest is kept. What is kept on the heap has a bound of its own where the heap is smaller than the
 * budget, since a process whose heap is full ends.
 */
import type { Held } from './held.ts'

/** What lies beside the entries drives them out of no more than this part of the budget: driving out is itself to be written down. */
const BESIDE_MAX = 1 / 4

/** What lies beside the entries, by what it is: tells its bytes. */
export type Beside = Readonly<Record<string, () => number>>

export interface BooksOptions {
  readonly bytesMax: number
  /** What of it the heap can carry. */
  readonly heapBytesMax?: number
  readonly beside?: Beside
}

export class Books {
  readonly bytesMax: number
  readonly heapBytesMax: number
  readonly beside: Beside
  readonly #readings: readonly (() => number)[]
  #bytes = 0
  #kept = 0
  #onHeap = 0
  #keptOnHeap = 0

  constructor({ bytesMax, heapBytesMax = Infinity, beside = {} }: BooksOptions) {
    this.bytesMax = bytesMax
    this.heapBytesMax = heapBytesMax
    this.beside = beside
    this.#readings = Object.values(beside)
  }

  enter(held: Held): void {
    this.#book(held, 1)
  }

  strike(held: Held): void {
    this.#book(held, -1)
  }

  #book({ bytes, keptBytes, heapBytes }: Held, sign: 1 | -1): void {
    this.#bytes += sign * bytes
    this.#kept += sign * keptBytes
    this.#onHeap += sign * heapBytes
    // What is kept lies on the heap as a whole, or not at all.
    if (heapBytes > 0) this.#keptOnHeap += sign * keptBytes
  }

  /** Of the entries. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of these, what is never given up. */
  get keptBytes(): number {
    return this.#kept
  }

  /** What lies beside them. */
  get besideBytes(): number {
    let bytes = 0
    for (const read of this.#readings) bytes += read()
    return bytes
  }

  /** How much there may be of entries now. */
  get room(): number {
    return this.bytesMax - Math.min(this.besideBytes, this.bytesMax * BESIDE_MAX)
  }

  get isOver(): boolean {
    return this.#bytes > this.room
  }

  /** Whether there is more on the heap than it can carry. */
  get isHeapOver(): boolean {
    return this.#onHeap > this.heapBytesMax
  }

  /** Whether so much more may be kept; what nothing has to be kept for always may. */
  mayKeep(bytes: number, { isOnHeap }: { isOnHeap: boolean }): boolean {
    if (bytes <= 0) return true
    const isWithinHeap = !isOnHeap || this.#keptOnHeap + bytes <= this.heapBytesMax
    return isWithinHeap && this.#kept + bytes <= this.bytesMax
  }
}
