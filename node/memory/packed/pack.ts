/**
 * The values of a few slots as records in pages, which lie outside of what the garbage collector walks through: found
 * by a hash table with open addressing (Knuth, The Art of Computer Programming, volume 3, 6.4).
 *
 * Records are added to the last page, which grows with them, as there may be no more of them than fit into a part of one.
 * What a record leaves behind is reclaimed when a quarter of its page is of no use: the records that are left there are
 * added again. So whatever is known of a place holds until the next change.
 */
import { type EncodedId, placingOf, slotIn } from './encoded-id.ts'
import { isRecordOf, type Page, recordBytes } from './record.ts'

/** One size for all that are full, so that what one gives up is of use to another; the largest record fits. */
const PAGE_BYTES = 2 ** 14
/** The first pages of a pack begin so small, and grow by half; where there are more, a part of one makes no difference. */
const FIRST_BYTES = [2 ** 10, 2 ** 12, 2 ** 12, 2 ** 12]
const GROWTH = 1.5
/** No more of a page may be of no use, for nobody counts it. */
const WASTED_MAX = 1 / 4
const CELLS_MIN = 8
/** The table is filled so far at the most. */
const LOAD_MAX = 0.8

export class Pack {
  readonly #neighbourhood: number
  /** Two numbers a cell: the hash of an id, and the place of its record, 0 for nowhere. */
  #table = new Uint32Array(2 * CELLS_MIN)
  #cells = CELLS_MIN
  #count = 0
  readonly #pages: (Page | undefined)[] = []
  /** What of each page is of no use any more. */
  readonly #wasted: number[] = []
  /** Where the next record goes: the first page begins at 1, 0 is no place. */
  #last = 0
  #end = 1

  constructor(neighbourhood: number) {
    this.#neighbourhood = neighbourhood
  }

  get count(): number {
    return this.#count
  }

  get cells(): number {
    return this.#cells
  }

  /** Where the record of a cell is; 0 where there is none. */
  placeIn(cell: number): number {
    return this.#table[2 * cell + 1] ?? 0
  }

  slotOf(cell: number): number {
    return slotIn(this.#neighbourhood, this.#hashIn(cell))
  }

  /** Where the records of a slot are. */
  placesOf(slot: number): number[] {
    const places: number[] = []
    for (let cell = 0; cell < this.#cells; cell++) {
      const place = this.placeIn(cell)
      if (place !== 0 && this.slotOf(cell) === slot) places.push(place)
    }
    return places
  }

  pageOf(place: number): Page {
    const page = this.#pages[Math.floor(place / PAGE_BYTES)]
    if (page === undefined) throw new RangeError(`there is no page for ${place}`)
    return page
  }

  /** Where its record is; 0 where there is none. */
  find(id: EncodedId): number {
    return this.placeIn(this.#cellOf(id))
  }

  /** Where its record is to be written, of so many bytes, in place of any that it has. */
  claim(id: EncodedId, bytes: number): number {
    if (bytes >= PAGE_BYTES) throw new RangeError(`${bytes} bytes are more than a record may have`)
    const known = this.find(id)
    if (known !== 0 && recordBytes(this.pageOf(known), offsetOf(known)) === bytes) return known
    if (known !== 0) this.remove(id)
    this.#count++
    if (this.#count > this.#cells * LOAD_MAX) this.#extend()
    const place = this.#append(bytes)
    this.#set(this.#cellOf(id), id.hash, place)
    return place
  }

  /** False where there is no record. */
  remove(id: EncodedId): boolean {
    const cell = this.#cellOf(id)
    const place = this.placeIn(cell)
    if (place === 0) return false
    this.#count--
    this.#clear(cell)
    this.#waste(place)
    return true
  }

  /** Gives the memory back now: the garbage collector might take its time. */
  free(): void {
    for (const page of this.#pages) if (page !== undefined) freePage(page)
  }

  /** That of its record, or the free one where it would be. */
  #cellOf(id: EncodedId): number {
    const mask = this.#cells - 1
    let cell = placingOf(id.hash) & mask
    for (let place = this.placeIn(cell); place !== 0; place = this.placeIn(cell)) {
      if (this.#hashIn(cell) === id.hash && isRecordOf(id, this.pageOf(place), offsetOf(place))) return cell
      cell = (cell + 1) & mask
    }
    return cell
  }

  #hashIn(cell: number): number {
    return this.#table[2 * cell] ?? 0
  }

  #set(cell: number, hash: number, place: number): void {
    this.#table[2 * cell] = hash
    this.#table[2 * cell + 1] = place
  }

  /** Those after it that are further from their place than the gap move up (Knuth, algorithm R). */
  #clear(cell: number): void {
    const mask = this.#cells - 1
    let gap = cell
    for (let next = (gap + 1) & mask; this.placeIn(next) !== 0; next = (next + 1) & mask) {
      const hash = this.#hashIn(next)
      if (((next - placingOf(hash)) & mask) < ((next - gap) & mask)) continue
      this.#set(gap, hash, this.placeIn(next))
      gap = next
    }
    this.#set(gap, 0, 0)
  }

  #extend(): void {
    const known = this.#table
    this.#cells *= 2
    this.#table = new Uint32Array(2 * this.#cells)
    for (let at = 0; at < known.length; at += 2) {
      const [hash = 0, place = 0] = [known[at], known[at + 1]]
      if (place !== 0) this.#set(this.#freeCellFor(hash), hash, place)
    }
    known.buffer.transfer(0)
  }

  #freeCellFor(hash: number): number {
    const mask = this.#cells - 1
    let cell = placingOf(hash) & mask
    while (this.placeIn(cell) !== 0) cell = (cell + 1) & mask
    return cell
  }

  #append(bytes: number): number {
    while (this.#end + bytes > this.#bytesOf(this.#last)) {
      const mayGrow = this.#pages[this.#last] !== undefined && this.#end + bytes <= PAGE_BYTES
      if (mayGrow && !this.#isWasteful(this.#last)) this.#grow(this.#end + bytes)
      else this.#turnPage(bytes)
    }
    const place = this.#last * PAGE_BYTES + this.#end
    this.#end += bytes
    return place
  }

  #bytesOf(page: number): number {
    return this.#pages[page]?.bytes.length ?? 0
  }

  #isWasteful(page: number): boolean {
    return (this.#wasted[page] ?? 0) > this.#bytesOf(page) * WASTED_MAX
  }

  #grow(least: number): void {
    const page = this.#pages[this.#last]
    if (page === undefined) return
    const wanted = Math.max(least, Math.ceil(page.bytes.length * GROWTH))
    this.#pages[this.#last] = pageOver(page.bytes.buffer.transfer(Math.min(wanted, PAGE_BYTES)))
  }

  #turnPage(bytes: number): void {
    const former = this.#last
    this.#last = this.#nextPage()
    this.#end = this.#last === 0 ? 1 : 0
    const first = FIRST_BYTES[this.#pages.length] ?? PAGE_BYTES
    this.#pages[this.#last] = pageOver(new ArrayBuffer(Math.max(first, this.#end + bytes)))
    this.#wasted[this.#last] = 0
    this.#tidy(former)
  }

  #nextPage(): number {
    const free = this.#pages.indexOf(undefined)
    return free < 0 ? this.#pages.length : free
  }

  #waste(place: number): void {
    const page = Math.floor(place / PAGE_BYTES)
    this.#wasted[page] = (this.#wasted[page] ?? 0) + recordBytes(this.pageOf(place), offsetOf(place))
    this.#tidy(page)
  }

  /** Adds what is left in a page again, when that is worth it; the last page is still being filled. */
  #tidy(page: number): void {
    if (page === this.#last || !this.#isWasteful(page)) return
    const from = this.#pages[page]
    if (from === undefined) return
    for (let cell = 0; cell < this.#cells; cell++) {
      const place = this.placeIn(cell)
      if (place === 0 || Math.floor(place / PAGE_BYTES) !== page) continue
      const offset = offsetOf(place)
      const bytes = recordBytes(from, offset)
      const moved = this.#append(bytes)
      from.bytes.copy(this.pageOf(moved).bytes, offsetOf(moved), offset, offset + bytes)
      this.#set(cell, this.#hashIn(cell), moved)
    }
    this.#pages[page] = undefined
    freePage(from)
  }
}

function freePage({ bytes }: Page): void {
  bytes.buffer.transfer(0)
}

export function offsetOf(place: number): number {
  return place % PAGE_BYTES
}

function pageOver(buffer: ArrayBuffer): Page {
  return { bytes: Buffer.from(buffer), view: new DataView(buffer) }
}
