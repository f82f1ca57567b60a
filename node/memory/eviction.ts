/** Keeps what is held within the budget: gives up some at once, and the rest as often as it is asked. */
import type { Books } from './books.ts'
import type { Census } from './census.ts'
import type { Held } from './held.ts'
import type { Victims } from './victims.ts'

/** So many are given up at once, or one large value would stop all requests for as long as thousands of small ones take to go. */
const GIVEN_UP_MAX = 100

export interface EvictionOptions {
  readonly books: Books
  readonly victims: Victims
  readonly counts: Pick<Census, 'evicted'>
  /** @returns whether it was a value that somebody could have read. */
  giveUp(victim: Held): boolean
}

export class Eviction {
  readonly #options: EvictionOptions

  constructor(options: EvictionOptions) {
    this.#options = options
  }

  get isDue(): boolean {
    return this.#next() !== undefined
  }

  /** True when more than that has to go. */
  some(): boolean {
    const { giveUp, counts } = this.#options
    for (let count = 0; count < GIVEN_UP_MAX; count++) {
      const victim = this.#next()
      if (victim === undefined) return false
      const reason = this.#reason
      if (giveUp(victim)) counts.evicted[reason]++
    }
    return this.isDue
  }

  get #reason(): keyof Census['evicted'] {
    const { books } = this.#options
    if (!books.isOver) return 'heap'
    return books.bytes > books.bytesMax ? 'max_bytes' : 'beside'
  }

  #next(): Held | undefined {
    const { books, victims } = this.#options
    if (books.isOver) return victims.next(books.room - books.keptBytes)
    return books.isHeapOver ? victims.nextOnHeap : undefined
  }
}
