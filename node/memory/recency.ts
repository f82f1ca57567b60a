/**
 * Which items were used longest ago: a doubly linked list through the items themselves, so that a use costs
 * a few pointers and no allocation, whatever their number.
 */
export interface Linked {
  older: Linked | undefined
  newer: Linked | undefined
}

export class Recency<T extends Linked> {
  #oldest: T | undefined
  #newest: T | undefined

  get oldest(): T | undefined {
    return this.#oldest
  }

  /** A new item, as the one used last. */
  add(item: T): void {
    item.older = this.#newest
    item.newer = undefined
    if (this.#newest) this.#newest.newer = item
    else this.#oldest = item
    this.#newest = item
  }

  touch(item: T): void {
    if (item === this.#newest) return
    this.remove(item)
    this.add(item)
  }

  remove(item: T): void {
    const { older, newer } = item
    if (older) older.newer = newer
    else this.#oldest = newer as T | undefined
    if (newer) newer.older = older
    else this.#newest = older as T | undefined
    item.older = undefined
    item.newer = undefined
  }
}
