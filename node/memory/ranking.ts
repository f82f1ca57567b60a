/** Contents in the order of their engaged users, kept up as they change: the first few cost no more than that. */
import sortedBtree from 'sorted-btree'

const BTree = sortedBtree.default

/** So many are looked at in one step. */
const PAGE = 256

export interface Ranked {
  readonly id: string
  /** Must not change while it is in the ranking. */
  readonly users: number
}

export class Ranking<T extends Ranked> {
  readonly #order = new BTree<Ranked, T>(undefined, byUsers)

  /** Where nobody is engaged, nothing is going on. */
  add(item: T): void {
    if (item.users > 0) this.#order.set(item, item)
  }

  remove(item: T): void {
    this.#order.delete(item)
  }

  /** Of those that are meant, in steps: whatever changes meanwhile is as it was when it was met. */
  *first(limit: number, isMeant: (item: T) => boolean): Generator<void, T[]> {
    const found = new Set<T>()
    for (let last: Ranked | undefined; ; ) {
      const page = Iterator.from(this.#order.entries(last))
        .take(PAGE + 1)
        .toArray()
      for (const [, item] of page) if (found.size < limit && isMeant(item)) found.add(item)
      const end = page[PAGE]?.[0]
      if (end === undefined || found.size === limit) return [...found]
      last = { id: end.id, users: end.users }
      yield
    }
  }
}

function byUsers(a: Ranked, b: Ranked): number {
  return b.users - a.users || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
