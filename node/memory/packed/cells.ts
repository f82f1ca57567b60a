/**
 * Where records are, by the hashes of their ids: a hash table with open addressing (Knuth, The Art of Computer Programming,
 * volume 3, 6.4).
 */
import { placingOf } from './encoded-id.ts'

const CELLS_MIN = 8
/** The table is filled so far at the most. */
const LOAD_MAX = 0.8
/** A table that is filled less, after many have gone, is made smaller: whoever looks through it looks at cells. */
const LOAD_MIN = LOAD_MAX / 8

export class Cells {
  /** Two numbers a cell: the hash of an id, and the place of its record, 0 for nowhere. */
  #table = new Uint32Array(2 * CELLS_MIN)
  #count = CELLS_MIN
  #used = 0

  get count(): number {
    return this.#count
  }

  get used(): number {
    return this.#used
  }

  hashIn(cell: number): number {
    return this.#table[2 * cell] ?? 0
  }

  /** 0 where nothing is. */
  placeIn(cell: number): number {
    return this.#table[2 * cell + 1] ?? 0
  }

  /** The first one where what has this hash may be; it is there, or in one `after` it, before any that is free. */
  firstOf(hash: number): number {
    return placingOf(hash) & (this.#count - 1)
  }

  after(cell: number): number {
    return (cell + 1) & (this.#count - 1)
  }

  add(hash: number, place: number): void {
    this.#used++
    if (this.#used > this.#count * LOAD_MAX) this.#resize(2 * this.#count)
    this.#set(this.#freeFor(hash), hash, place)
  }

  /** What is in it is somewhere else now. */
  move(cell: number, place: number): void {
    this.#table[2 * cell + 1] = place
  }

  /** Those after it that are further from their place than the gap move up (Knuth, algorithm R). */
  remove(cell: number): void {
    let gap = cell
    for (let next = this.after(gap); this.placeIn(next) !== 0; next = this.after(next)) {
      const hash = this.hashIn(next)
      if (this.#distance(this.firstOf(hash), next) < this.#distance(gap, next)) continue
      this.#set(gap, hash, this.placeIn(next))
      gap = next
    }
    this.#set(gap, 0, 0)
    this.#used--
    if (this.#used < this.#count * LOAD_MIN && this.#count > CELLS_MIN) this.#resize(this.#count / 2)
  }

  #distance(from: number, to: number): number {
    return (to - from) & (this.#count - 1)
  }

  #set(cell: number, hash: number, place: number): void {
    this.#table[2 * cell] = hash
    this.#table[2 * cell + 1] = place
  }

  #resize(count: number): void {
    const known = this.#table
    this.#count = count
    this.#table = new Uint32Array(2 * count)
    for (let at = 0; at < known.length; at += 2) {
      const [hash = 0, place = 0] = [known[at], known[at + 1]]
      if (place !== 0) this.#set(this.#freeFor(hash), hash, place)
    }
    known.buffer.transfer(0)
  }

  #freeFor(hash: number): number {
    let cell = this.firstOf(hash)
    while (this.placeIn(cell) !== 0) cell = this.after(cell)
    return cell
  }
}
