/**
 * What the budget may claim, in pools: the responses of each tenant are one. The largest
 * pool gives up what was used longest ago; so of N pools one that takes up to 1/N of them all loses nothing, however
 * much the others want.
 */
import sortedBtree from 'sorted-btree'
import { type Linked, Recency } from './recency.ts'

const BTree = sortedBtree.default

export interface Pooled extends Linked {
  readonly pool: string
  /** Must not change while it is in its pool. */
  readonly bytes: number
}

class Pool<T extends Pooled> {
  readonly name: string
  readonly recency = new Recency<T>()
  bytes = 0

  constructor(name: string) {
    this.name = name
  }
}

export class Pools<T extends Pooled> {
  readonly #pools = new Map<string, Pool<T>>()
  readonly #bySize = new BTree<Pool<T>, undefined>(undefined, bySize)
  #bytes = 0

  /** Of all of them. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#pools.size
  }

  bytesIn(pool: string): number {
    return this.#pools.get(pool)?.bytes ?? 0
  }

  add(item: T): void {
    const pool = this.#pools.get(item.pool) ?? new Pool<T>(item.pool)
    this.#pools.set(item.pool, pool)
    pool.recency.add(item)
    this.#resize(pool, item.bytes)
  }

  remove(item: T): void {
    const pool = this.#pools.get(item.pool)
    if (pool === undefined) return
    pool.recency.remove(item)
    this.#resize(pool, -item.bytes)
    if (pool.recency.oldest === undefined) this.#drop(pool)
  }

  touch(item: T): void {
    this.#pools.get(item.pool)?.recency.touch(item)
  }

  /** Who has to go next. */
  get next(): T | undefined {
    return this.#bySize.minKey()?.recency.oldest
  }

  /** What the largest of them takes. */
  get largestBytes(): number {
    return this.#bySize.minKey()?.bytes ?? 0
  }

  /** By how much those that are larger than this are so, together. */
  above(bytes: number): number {
    let sum = 0
    for (const pool of this.#bySize.keys()) {
      if (pool.bytes <= bytes) break
      sum += pool.bytes - bytes
    }
    return sum
  }

  #resize(pool: Pool<T>, bytes: number): void {
    this.#bytes += bytes
    this.#bySize.delete(pool)
    pool.bytes += bytes
    this.#bySize.set(pool, undefined)
  }

  #drop(pool: Pool<T>): void {
    this.#bySize.delete(pool)
    this.#pools.delete(pool.name)
  }
}

function bySize(a: { name: string; bytes: number }, b: { name: string; bytes: number }): number {
  return b.bytes - a.bytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
}
