/** Keeps what is held within the budget: gives up some at once, and the rest as often as it is asked. */
import type { Books } from './books.ts'
import type { Held } from './held.ts'
import type { Victims } from './victims.ts'

/** So many are given up at once, or one large value would stop all requests for as long as thousands of small ones take to go. */
const GIVEN_UP_MAX = 100

export interface EvictionOptions {
  readonly books: Books
  readonly victims: Victims
  giveUp(victim: Held): void
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
    const { giveUp } = this.#options
    for (let count = 0; count < GIVEN_UP_MAX; count++) {
      const victim = this.#next()
      if (victim === undefined) return false
      giveUp(victim)
    }
    return this.isDue
  }

  #next(): Held | undefined {
    const { books, victims } = this.#options
    if (books.isOver) return victims.next(books.room - books.keptBytes)
    return books.isHeapOver ? victims.nextOnHeap : undefined
  }
}
