/**
 * Registers, packed, neighbouring slots together: values, what is left of them, and answers that are remembered are what
 * there are most of, and smallest, so that objects for each would take more than they hold.
 *
 * Which of them was used longest ago is found by looking at some that chance has chosen, as Redis does: the oldest of
 * these is among the oldest of all. What ends by itself is found by slot: each knows its earliest end.
 */
import { SLOTS } from '../../../shared/placement.ts'
import type { Register, Value } from '../../entries/register.ts'
import { EncodedId, hashesOf, neighbourhoodOf, PLACES } from './encoded-id.ts'
import { Endings } from './endings.ts'
import { offsetOf, type Pack } from './pack.ts'
import { Packs } from './packs.ts'
import {
  draftBytes,
  draftOf,
  endAt,
  idIn,
  isLarge,
  markUsed,
  registerIn,
  usedAt,
  writeRecord,
} from './record.ts'
import { type Candidate, Sample } from './sample.ts'

export { PLACES, placeOf } from './encoded-id.ts'
export { hasRoomFor, TOUCHED_BYTES } from './record.ts'

/** Whatever is done to a pack as a whole is done to no more records. */
const PACK_RECORDS = 4096
/** Ids that are looked at together; of one hash all. */
const PART_IDS = 512
/** What is looked through for what is due in one step: a pack has no more than some thousands. */
const DUE_CELLS = 8192

export interface Found {
  readonly slot: number
  readonly id: string
  readonly entry: Register
}

export interface Part {
  readonly ids: readonly { readonly at: number; readonly id: string }[]
  readonly next: number
}

export class Values {
  readonly #graceMs: number
  readonly #packRecords: number
  readonly #packs: (Packs | undefined)[] = new Array(neighbourhoodOf(SLOTS) + 1).fill(undefined)
  /** How many there are of all slots that share packs. */
  readonly #together = new Uint32Array(neighbourhoodOf(SLOTS) + 1)
  readonly #sample = new Sample()
  readonly #counts = new Uint32Array(SLOTS)
  readonly #endings = new Endings()
  /** What no record has room for. */
  readonly #large = new Map<string, Value>()
  readonly #id = new EncodedId()
  #count = 0
  /** Starts anew after four billion: what was not used since then is taken for younger than it is. */
  #uses = 0

  /** They are due so long after their end. */
  constructor({ graceMs = 0, packRecords = PACK_RECORDS } = {}) {
    this.#graceMs = graceMs
    this.#packRecords = packRecords
  }

  holds(slot: number): boolean {
    return this.#counts[slot] !== 0
  }

  get(slot: number, id: string): Register | undefined {
    return this.#read(slot, id, false)
  }

  /** The same, as the one used last. */
  use(slot: number, id: string): Register | undefined {
    return this.#read(slot, id, true)
  }

  /** In place of the one that is there; the one used last. */
  put(slot: number, id: string, register: Register): void {
    const neighbourhood = neighbourhoodOf(slot)
    const packs = this.#packs[neighbourhood] ?? new Packs(neighbourhood, this.#packRecords)
    this.#packs[neighbourhood] = packs
    const draft = draftOf(register)
    this.#id.encode(slot, id)
    const pack = packs.of(this.#id.hash)
    const before = pack.count
    const place = pack.claim(this.#id, draftBytes(this.#id, draft))
    if (before === 0) this.#sample.add(pack)
    this.#add(slot, pack.count - before)
    const page = pack.pageOf(place)
    writeRecord(page, offsetOf(place), this.#id, draft)
    markUsed(page, offsetOf(place), this.#nextUse())
    if (isLarge(draft) && register.value !== undefined) this.#large.set(nameOf(slot, id), register.value)
    else this.#dropLarge(slot, id)
    this.#endings.expect(slot, register.endsAtMs)
    this.#splitFull(packs, pack)
  }

  #splitFull(packs: Packs, pack: Pack): void {
    const halves = packs.split(pack, this.#id.hash)
    if (halves === undefined) return
    this.#sample.remove(pack)
    for (const half of halves) if (half.count > 0) this.#sample.add(half)
  }

  remove(slot: number, id: string): void {
    const neighbourhood = neighbourhoodOf(slot)
    const packs = this.#packs[neighbourhood]
    if (packs === undefined) return
    this.#id.encode(slot, id)
    const pack = packs.of(this.#id.hash)
    if (!pack.remove(this.#id)) return
    this.#dropLarge(slot, id)
    this.#add(slot, -1)
    if (!this.holds(slot)) this.#endings.clear(slot)
    if (pack.count === 0) this.#sample.remove(pack)
    if (this.#together[neighbourhood] === 0) this.#packs[neighbourhood] = undefined
  }

  /** All of a slot, one after the other: what is there from the beginning to the end, whatever happens meanwhile. */
  *of(slot: number): Generator<Found> {
    const packs = this.#packs[neighbourhoodOf(slot)]
    const { first, end } = hashesOf(slot)
    for (let hash = first; packs !== undefined && hash < end && this.holds(slot); ) {
      const pack = packs.of(hash)
      hash = packs.after(hash)
      for (const id of pack.placesOf(slot).map((place) => idIn(pack.pageOf(place), offsetOf(place)))) {
        const entry = this.get(slot, id)
        if (entry !== undefined) yield { slot, id, entry }
      }
    }
  }

  /**
   * Some ids of a slot, the first ones from this place in the order of their hashes on, as they lie; the others are from
   * `next` on. The order is the same in every process, and stays as it is.
   */
  partOf(slot: number, from: number): Part {
    const packs = this.#packs[neighbourhoodOf(slot)]
    if (packs === undefined || !this.holds(slot)) return { ids: [], next: PLACES }
    const { first, end } = hashesOf(slot)
    const pack = packs.of(first + from)
    const hashes = pack.hashesIn(first + from, end)
    const last = hashes.length > PART_IDS ? (hashes.sort()[PART_IDS - 1] ?? end) : end - 1
    const next = last < end - 1 ? last + 1 : Math.min(packs.after(first + from), end)
    const ids = pack
      .placesIn(first + from, last + 1)
      .map(({ hash, place }) => ({ at: hash - first, id: idIn(pack.pageOf(place), offsetOf(place)) }))
    return { ids, next: next - first }
  }

  /** Some of what is due, or none yet: to be replaced or removed before the next call, which goes on. `undefined` is the end. */
  due(nowMs: number, most: number): Found[] | undefined {
    const due: Found[] = []
    let looked = 0
    for (const slot of this.#endings.slotsBy(nowMs - this.#graceMs)) {
      looked += this.#collectDue(slot, nowMs - this.#graceMs, due, most)
      if (due.length === most || looked >= DUE_CELLS) return due
    }
    return due.length > 0 ? due : undefined
  }

  /** @returns how many cells it has looked at. */
  #collectDue(slot: number, endedMs: number, due: Found[], most: number): number {
    const packs = this.#packs[neighbourhoodOf(slot)]
    const search = this.#endings.search(slot)
    let looked = 0
    for (; packs && search.hash < hashesOf(slot).end; search.hash = packs.after(search.hash)) {
      const pack = packs.of(search.hash)
      if (looked >= DUE_CELLS) return looked
      looked += pack.cells
      for (const place of pack.placesOf(slot)) {
        const endsAtMs = endAt(pack.pageOf(place), offsetOf(place))
        if (endsAtMs > endedMs) search.earliest = Math.min(search.earliest, endsAtMs)
        else if (due.push(this.#found(slot, pack, place)) === most) return looked
      }
    }
    this.#endings.end(search)
    return looked
  }

  /** The one used longest ago of some, or of all where there are not many. */
  nextVictim(): Found | undefined {
    let oldest: Candidate | undefined
    let oldestAge = -1
    for (const candidate of this.#sample.candidates(this.#count)) {
      const { pack, cell } = candidate
      const place = pack.placeIn(cell)
      const age = (this.#uses - usedAt(pack.pageOf(place), offsetOf(place))) >>> 0
      if (age <= oldestAge) continue
      oldestAge = age
      oldest = candidate
    }
    return (
      oldest && this.#found(oldest.pack.slotOf(oldest.cell), oldest.pack, oldest.pack.placeIn(oldest.cell))
    )
  }

  #read(slot: number, id: string, isUse: boolean): Register | undefined {
    const packs = this.#packs[neighbourhoodOf(slot)]
    if (packs === undefined) return undefined
    this.#id.encode(slot, id)
    const pack = packs.of(this.#id.hash)
    const place = pack.find(this.#id)
    if (place === 0) return undefined
    if (isUse) markUsed(pack.pageOf(place), offsetOf(place), this.#nextUse())
    return this.#register(slot, id, pack, place)
  }

  #found(slot: number, pack: Pack, place: number): Found {
    const id = idIn(pack.pageOf(place), offsetOf(place))
    return { slot, id, entry: this.#register(slot, id, pack, place) }
  }

  #register(slot: number, id: string, pack: Pack, place: number): Register {
    return registerIn(pack.pageOf(place), offsetOf(place), () => this.#largeOf(slot, id))
  }

  #largeOf(slot: number, id: string): Value {
    const value = this.#large.get(nameOf(slot, id))
    if (value === undefined) throw new Error(`the value of ${id} is lost`)
    return value
  }

  #dropLarge(slot: number, id: string): void {
    if (this.#large.size > 0) this.#large.delete(nameOf(slot, id))
  }

  #add(slot: number, count: number): void {
    const neighbourhood = neighbourhoodOf(slot)
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count
    this.#together[neighbourhood] = (this.#together[neighbourhood] ?? 0) + count
    this.#count += count
  }

  #nextUse(): number {
    this.#uses = (this.#uses + 1) >>> 0
    return this.#uses
  }
}

function nameOf(slot: number, id: string): string {
  return `${slot} ${id}`
}
