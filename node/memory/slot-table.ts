/**
 * Entries by slot and id: slots are what moves between members, so each is kept by itself. Values are packed, and so is
 * what is left of them, and answers that are remembered; whoever asks for one gets it unpacked, and changes nothing until
 * it is put back.
 */
import { SLOTS } from '../../shared/placement.ts'
import {
  counterIdOf,
  type Entry,
  type EntryChange,
  idOf,
  isRecordId,
  isResponse,
  isTombstone,
  isValue,
  isValueId,
} from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import type { Register } from '../entries/register.ts'
import { isPacked } from './bytes.ts'
import { type Held, newlyHeld, TOMBSTONE_GRACE_MS } from './held.ts'
import { Marks } from './marks.ts'
import { type Found, type Part, Values } from './packed/values.ts'
import { ResponseIds } from './response-ids.ts'
import { SlotDigests } from './slot-digests.ts'

/** Of a content with more presences than this, so many travel at a time. */
const PART_PRESENCES = 1000

const CONTENT = idOf.reactions('')
const NOTHING: Register = { kind: 'register', stamp: { time: 0, origin: '' }, endsAtMs: Infinity }

export class SlotTable {
  /** What was forgotten of the responses of all slots. */
  readonly marks = new Marks()
  readonly values = new Values()
  /** What is left of values. */
  readonly tombstones = new Values({ graceMs: TOMBSTONE_GRACE_MS })
  readonly #records = new Values()
  /** Where counters lie among the values, which they are listed with. */
  readonly #counters = new Values()
  readonly #shelves = [this.values, this.tombstones, this.#records]
  readonly responses = new ResponseIds()
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #digests = new SlotDigests((slot) => this.of(slot))

  get(slot: number, id: string): Held | undefined {
    const held = this.#slots[slot]?.get(id)
    if (held !== undefined) return held
    const packed = this.#packed(slot, id)
    return packed && newlyHeld(slot, id, packed)
  }

  /** The value under this id, as the one used last. */
  useValue(slot: number, id: string): Entry | undefined {
    return isValueId(id) ? this.values.use(slot, id) : undefined
  }

  find(slot: number, id: string): Entry | undefined {
    return this.#slots[slot]?.get(id)?.entry ?? this.#packed(slot, id)
  }

  #packed(slot: number, id: string): Entry | undefined {
    if (isValueId(id)) return this.values.get(slot, id) ?? this.tombstones.get(slot, id)
    return isRecordId(id) ? this.#records.get(slot, id) : undefined
  }

  /** In place of what is there, which was taken out. */
  put(held: Held): void {
    const { slot, id, entry } = held
    if (isPacked(id, entry)) {
      this.#removeUnpacked(slot, id)
      if (!isValueId(id)) this.#records.put(slot, id, entry)
      else if (isValue(id, entry)) {
        this.tombstones.remove(slot, id)
        this.values.put(slot, id, entry)
      } else {
        this.values.remove(slot, id)
        this.tombstones.put(slot, id, entry)
      }
    } else {
      const entries = this.#slots[slot] ?? new Map<string, Held>()
      if (!entries.has(id)) {
        this.#removePacked(slot, id)
        if (isValueId(id)) this.#counters.put(slot, id, NOTHING)
      }
      this.#slots[slot] = entries.set(id, held)
      if (isResponse(id)) this.responses[isTombstone(entry) ? 'remove' : 'add'](id)
    }
    this.#digests.add(held)
  }

  /** It is about to change, or to go: until it is put again, or removed, the digest is without it. */
  takeOut(held: Held): void {
    this.#digests.takeOut(held)
  }

  /** What was taken out. */
  remove({ slot, id }: Pick<Held, 'slot' | 'id'>): void {
    this.#removePacked(slot, id)
    this.#removeUnpacked(slot, id)
    if (isResponse(id)) this.responses.remove(id)
  }

  #removePacked(slot: number, id: string): void {
    if (isValueId(id)) {
      this.values.remove(slot, id)
      this.tombstones.remove(slot, id)
    } else if (isRecordId(id)) this.#records.remove(slot, id)
  }

  holds(slot: number): boolean {
    return this.#slots[slot] !== undefined || this.#shelves.some((shelf) => shelf.holds(slot))
  }

  /** Whether anything stands under a key, or may be left of that. */
  holdsKeys(slot: number): boolean {
    return this.values.holds(slot) || this.#counters.holds(slot)
  }

  /** Of what stands under keys, the first ones from this place on. */
  keysFrom(slot: number, from: number): Part {
    const [values, counters] = [this.values.partOf(slot, from), this.#counters.partOf(slot, from)]
    if (counters.ids.length === 0 && counters.next >= values.next) return values
    const next = Math.min(values.next, counters.next)
    return { ids: [...values.ids, ...counters.ids].filter(({ at }) => at < next), next }
  }

  /** One after the other: what is there from the beginning to the end, whatever happens meanwhile. */
  *of(slot: number): Generator<{ id: string; entry: Entry }> {
    for (const shelf of this.#shelves) yield* shelf.of(slot)
    yield* this.#slots[slot]?.values() ?? []
  }

  /** The contents that somebody reacts to, or has, in their order. */
  contentsOf(slot: number): string[] {
    const ids = [...(this.#slots[slot]?.keys() ?? [])]
    return ids.filter((id) => id.startsWith(CONTENT)).sort()
  }

  /** Of what is packed, some of what is due, or none yet: it is expected to be replaced or removed. `undefined` is the end. */
  due(nowMs: number, most: number): Found[] | undefined {
    for (const shelf of this.#shelves) {
      const due = shelf.due(nowMs, most)
      if (due !== undefined) return due
    }
    return undefined
  }

  /** Whether there is anything that is not packed. */
  holdsUnpacked(slot: number): boolean {
    return this.#slots[slot] !== undefined
  }

  /** The ids of what is not packed, as `of`. */
  unpackedIdsOf(slot: number): Iterable<string> {
    return this.#slots[slot]?.keys() ?? []
  }

  /**
   * All of a slot, in parts that are small enough to travel; what changes meanwhile may or may not be in them. Answers that
   * are remembered come before the counters they are about, so that no total is seen before it is known what was
   * counted twice.
   */
  *partsOf(slot: number): Generator<EntryChange> {
    yield* this.marks
    for (const shelf of this.#shelves) yield* shelf.of(slot)
    for (const isOfRecords of [true, false]) {
      for (const { id, entry } of this.#slots[slot]?.values() ?? [])
        if ((counterIdOf(id) !== undefined) === isOfRecords)
          for (const part of verbsOf(entry).parts(entry, PART_PRESENCES)) yield { id, entry: part }
    }
  }

  /** By which two members see whether they hold the same. */
  digestOf(slot: number): string {
    return this.#digests.of(slot)
  }

  /** Works out the digests of slots: to ask for them takes no time then. */
  *digest(slots: Iterable<number>): Generator<void, void> {
    for (const slot of slots) {
      this.#digests.of(slot)
      yield
    }
  }

  #removeUnpacked(slot: number, id: string): void {
    const entries = this.#slots[slot]
    if (entries?.delete(id) !== true) return
    if (entries.size === 0) this.#slots[slot] = undefined
    if (isValueId(id)) this.#counters.remove(slot, id)
  }
}
