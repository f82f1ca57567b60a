/** Keeps what is held within the budget: gives up some at once, and the rest as often as it is asked. */
import type { Books } from './books.ts'
import type { Held } from './held.ts'
import type { Victims } from './victims.ts'

/** So many are given up in one turn, or one large value would stop all requests for as long as thousands of small ones take to go. */
const GIVEN_UP_MAX = 500

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

  /** True when there is more that has to go than one turn takes. */
  some(): boolean {
    const { giveUp } = this.#options
    for (let count = 0; count < GIVEN_UP_MAX; count++) {
      const victim = this.#next()
      if (victim === undefined) return false
      giveUp(victim)
    }
    return this.#next() !== undefined
  }

  #next(): Held | undefined {
    const { books, victims } = this.#options
    if (books.isOver) return victims.next
    return books.isHeapOver ? victims.nextOnHeap : undefined
  }
}
