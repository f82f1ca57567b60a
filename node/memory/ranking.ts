/** Contents in the order of their engaged users, kept up as they change: the first few cost no more than that. */
import sortedBtree from 'sorted-btree'

const BTree = sortedBtree.default

export interface Ranked {
  readonly id: string
  /** Must not change while it is in the ranking. */
  readonly users: number
}

export class Ranking<T extends Ranked> {
  readonly #order = new BTree<T, undefined>(undefined, byUsers)

  /** Where nobody is engaged, nothing is going on. */
  add(item: T): void {
    if (item.users > 0) this.#order.set(item, undefined)
  }

  remove(item: T): void {
    this.#order.delete(item)
  }

  /** Of those that are meant. */
  first(limit: number, isMeant: (item: T) => boolean): T[] {
    return Iterator.from(this.#order.keys()).filter(isMeant).take(limit).toArray()
  }
}

function byUsers(a: Ranked, b: Ranked): number {
  return b.users - a.users || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
