/**
 * Which items are due: a calendar of one-second pages. Adding, moving and removing are O(1), and what is due
 * is found without looking at anything that is not.
 *
 * A value past its end is never served even when its page has not been turned yet; the calendar gives back
 * its memory.
 */
const PAGE_MS = 1000

export class Expiry<T> {
  readonly #pages = new Map<number, Set<T>>()
  #earliest = Infinity
  /** The page that is being turned, and what is left on it. */
  #turning: { readonly page: Set<T>; readonly items: IterableIterator<T> } | undefined

  add(item: T, atMs: number): void {
    if (atMs === Infinity) return
    const number = pageOf(atMs)
    const page = this.#pages.get(number) ?? new Set()
    this.#pages.set(number, page.add(item))
    this.#earliest = Math.min(this.#earliest, number)
  }

  /** `atMs` as it was added with. */
  remove(item: T, atMs: number): void {
    const number = pageOf(atMs)
    const page = this.#pages.get(number)
    page?.delete(item)
    if (page?.size === 0) this.#pages.delete(number)
  }

  /** Takes out up to `most` items whose page lies wholly in the past. */
  takeDue(nowMs: number, most: number): T[] {
    const due: T[] = []
    while (due.length < most && this.#earliest < pageOf(nowMs)) {
      const page = this.#pages.get(this.#earliest)
      if (page === undefined) {
        this.#earliest = this.#nextAfter(this.#earliest, pageOf(nowMs))
        continue
      }
      const item = this.#nextOn(page)
      if (item !== undefined) due.push(item)
      if (page.size === 0) this.#pages.delete(this.#earliest)
    }
    return due
  }

  /** Takes it out. To begin again each time at those that were would take the longer the more these are. */
  #nextOn(page: Set<T>): T | undefined {
    if (this.#turning?.page !== page) this.#turning = { page, items: page.values() }
    const { done, value: item } = this.#turning.items.next()
    // Some may have come behind the last.
    if (done) this.#turning = undefined
    else page.delete(item)
    return item
  }

  /** The next page in use; step by step while that is shorter than looking through all pages. */
  #nextAfter(number: number, present: number): number {
    if (this.#pages.size === 0) return Infinity
    if (present - number <= this.#pages.size) return number + 1
    let next = Infinity
    for (const candidate of this.#pages.keys()) if (candidate > number) next = Math.min(next, candidate)
    return next
  }
}

function pageOf(atMs: number): number {
  return Math.floor(atMs / PAGE_MS)
}
