/**
 * The values of a few slots as records in pages, which lie outside of what the garbage collector walks through: found
 * by a hash table (`cells.ts`).
 *
 * Records are added to the last page, which grows with them, as there may be no more of them than fit into a part of one.
 * What a record leaves behind is reclaimed when a quarter of its page is of no use: the records that are left there are
 * added again. So whatever is known of a place holds until the next change.
 */
import { Cells } from './cells.ts'
import { type EncodedId, HASH_BITS, slotIn } from './encoded-id.ts'
import { isRecordOf, type Page, recordBytes } from './record.ts'

/** One size for all that are full, so that what one gives up is of use to another; the largest record fits. */
const PAGE_BYTES = 2 ** 14
/** The first pages of a pack begin so small, and grow by half; where there are more, a part of one makes no difference. */
const FIRST_BYTES = [2 ** 10, 2 ** 12, 2 ** 12, 2 ** 12]
const GROWTH = 1.5
/** No more of a page may be of no use, for nobody counts it. */
const WASTED_MAX = 1 / 4

export class Pack {
  readonly #neighbourhood: number
  /** So many bits, the first ones, all hashes in it have in common. */
  readonly depth: number
  readonly #cells = new Cells()
  readonly #pages: (Page | undefined)[] = []
  /** What of each page is of no use any more. */
  readonly #wasted: number[] = []
  /** Where the next record goes: the first page begins at 1, 0 is no place. */
  #last = 0
  #end = 1

  constructor(neighbourhood: number, depth = 0) {
    this.#neighbourhood = neighbourhood
    this.depth = depth
  }

  get count(): number {
    return this.#cells.used
  }

  get cells(): number {
    return this.#cells.count
  }

  /** Where the record of a cell is; 0 where there is none. */
  placeIn(cell: number): number {
    return this.#cells.placeIn(cell)
  }

  slotOf(cell: number): number {
    return slotIn(this.#neighbourhood, this.#cells.hashIn(cell))
  }

  /** The hashes that there are from this one to before that one. */
  hashesIn(from: number, end: number): Uint32Array {
    const hashes = new Uint32Array(this.count)
    let length = 0
    for (let cell = 0; cell < this.cells; cell++) {
      const hash = this.#cells.hashIn(cell)
      if (this.placeIn(cell) !== 0 && hash >= from && hash < end) hashes[length++] = hash
    }
    return hashes.subarray(0, length)
  }

  /** Where the records with such hashes are. */
  placesIn(from: number, end: number): { readonly hash: number; readonly place: number }[] {
    const places: { hash: number; place: number }[] = []
    for (let cell = 0; cell < this.cells; cell++) {
      const [hash, place] = [this.#cells.hashIn(cell), this.placeIn(cell)]
      if (place !== 0 && hash >= from && hash < end) places.push({ hash, place })
    }
    return places
  }

  /** Where the records of a slot are. */
  placesOf(slot: number): number[] {
    const places: number[] = []
    for (let cell = 0; cell < this.cells; cell++) {
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
    const place = this.#append(bytes)
    this.#cells.add(id.hash, place)
    return place
  }

  /** The same in two, by the next bit of the hashes. This one is of no use any more. */
  split(): readonly [Pack, Pack] {
    const depth = this.depth + 1
    const halves = [new Pack(this.#neighbourhood, depth), new Pack(this.#neighbourhood, depth)] as const
    for (let cell = 0; cell < this.cells; cell++) {
      const [hash, place] = [this.#cells.hashIn(cell), this.placeIn(cell)]
      if (place !== 0)
        halves[(hash >>> (HASH_BITS - depth)) & 1 ? 1 : 0].#adopt(hash, this.pageOf(place), place)
    }
    this.free()
    return halves
  }

  /** A record of another pack that is not here. */
  #adopt(hash: number, from: Page, place: number): void {
    const start = offsetOf(place)
    const bytes = recordBytes(from, start)
    const own = this.#append(bytes)
    from.bytes.copy(this.pageOf(own).bytes, offsetOf(own), start, start + bytes)
    this.#cells.add(hash, own)
  }

  /** False where there is no record. */
  remove(id: EncodedId): boolean {
    const cell = this.#cellOf(id)
    const place = this.placeIn(cell)
    if (place === 0) return false
    this.#cells.remove(cell)
    if (this.count === 0) this.free()
    else this.#waste(place)
    return true
  }

  /** Gives the memory of its records back now: the garbage collector might take its time. */
  free(): void {
    for (const page of this.#pages.splice(0)) if (page !== undefined) freePage(page)
    this.#wasted.length = 0
    this.#last = 0
    this.#end = 1
  }

  /** That of its record, or the free one where it would be. */
  #cellOf(id: EncodedId): number {
    let cell = this.#cells.firstOf(id.hash)
    for (let place = this.placeIn(cell); place !== 0; place = this.placeIn(cell)) {
      const isHash = this.#cells.hashIn(cell) === id.hash
      if (isHash && isRecordOf(id, this.pageOf(place), offsetOf(place))) return cell
      cell = this.#cells.after(cell)
    }
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
    for (let cell = 0; cell < this.cells; cell++) {
      const place = this.placeIn(cell)
      if (place === 0 || Math.floor(place / PAGE_BYTES) !== page) continue
      const offset = offsetOf(place)
      const bytes = recordBytes(from, offset)
      const moved = this.#append(bytes)
      from.bytes.copy(this.pageOf(moved).bytes, offsetOf(moved), offset, offset + bytes)
      this.#cells.move(cell, moved)
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
