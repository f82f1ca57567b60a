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
      for (const item of page) {
        if (due.length === most) break
        page.delete(item)
        due.push(item)
      }
      if (page.size === 0) this.#pages.delete(this.#earliest)
    }
    return due
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
