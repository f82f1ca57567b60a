/**
 * The ids of the responses that are held, in their order: those of one path, and of one tenant there, lie together, and are
 * found without looking at any others.
 */
import sortedBtree from 'sorted-btree'

const BTree = sortedBtree.default

/** So many are looked at in one step. */
const PAGE = 256

export class ResponseIds {
  readonly #ids = new BTree<string, undefined>(undefined, byUnits)

  add(id: string): void {
    this.#ids.set(id, undefined)
  }

  remove(id: string): void {
    this.#ids.delete(id)
  }

  /** Those that begin so, as long as none come or go. */
  *under(prefix: string): Generator<string> {
    for (const id of this.#ids.keys(prefix)) {
      if (!id.startsWith(prefix)) return
      yield id
    }
  }

  /** Looks at those that there are from the beginning to the end, whatever comes of that. */
  *each(look: (id: string) => void): Generator<void, void> {
    for (let last: string | undefined; ; ) {
      const page = Iterator.from(this.#ids.keys(last))
        .take(PAGE + 1)
        .toArray()
      for (const id of page) look(id)
      last = page[PAGE]
      if (last === undefined) return
      yield
    }
  }
}

/** As `startsWith` compares: what begins with a text comes right behind it. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
