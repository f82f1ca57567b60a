/**
 * Entries by slot and id: slots are what moves between members, so each is kept by itself. Values are packed, and so is
 * what is left of them, and answers that are remembered; whoever asks for one gets it unpacked, and changes nothing until
 * it is put back.
 */
import { SLOTS } from '../../shared/placement.ts'
import { Digest } from '../entries/digest.ts'
import {
  counterIdOf,
  type Entry,
  type EntryChange,
  isRecordId,
  isResponse,
  isTombstone,
  isValue,
  isValueId,
} from '../entries/entry.ts'
import { verbsOf } from '../entries/kinds.ts'
import { pathOf, tenantOf } from '../entries/response.ts'
import { isPacked } from './bytes.ts'
import { type Held, newlyHeld, TOMBSTONE_GRACE_MS } from './held.ts'
import { type Found, Values } from './packed/values.ts'

/** Of a content with more presences than this, so many travel at a time. */
const PART_PRESENCES = 1000

export class SlotTable {
  readonly values = new Values()
  /** What is left of values. */
  readonly tombstones = new Values({ graceMs: TOMBSTONE_GRACE_MS })
  readonly #records = new Values()
  readonly #shelves = [this.values, this.tombstones, this.#records]
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)

  /** As long as nothing changes. */
  readonly #digests: (string | undefined)[] = []

  get(slot: number, id: string): Held | undefined {
    const packed = this.#packed(slot, id)
    return packed === undefined ? this.#slots[slot]?.get(id) : newlyHeld(slot, id, packed)
  }

  /** The value under this id, as the one used last. */
  useValue(slot: number, id: string): Entry | undefined {
    return isValueId(id) ? this.values.use(slot, id) : undefined
  }

  find(slot: number, id: string): Entry | undefined {
    return this.#packed(slot, id) ?? this.#slots[slot]?.get(id)?.entry
  }

  #packed(slot: number, id: string): Entry | undefined {
    if (isValueId(id)) return this.values.get(slot, id) ?? this.tombstones.get(slot, id)
    return isRecordId(id) ? this.#records.get(slot, id) : undefined
  }

  /** In place of what is there. */
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
      this.#removePacked(slot, id)
      const entries = this.#slots[slot] ?? new Map<string, Held>()
      this.#slots[slot] = entries.set(id, held)
    }
    this.#changed(slot)
  }

  remove({ slot, id }: Pick<Held, 'slot' | 'id'>): void {
    this.#removePacked(slot, id)
    this.#removeUnpacked(slot, id)
    this.#changed(slot)
  }

  #removePacked(slot: number, id: string): void {
    if (isValueId(id)) {
      this.values.remove(slot, id)
      this.tombstones.remove(slot, id)
    } else if (isRecordId(id)) this.#records.remove(slot, id)
  }

  drop(slot: number): void {
    for (const shelf of this.#shelves) shelf.drop(slot)
    this.#slots[slot] = undefined
    this.#changed(slot)
  }

  holds(slot: number): boolean {
    return this.#slots[slot] !== undefined || this.#shelves.some((shelf) => shelf.holds(slot))
  }

  *of(slot: number): Generator<{ id: string; entry: Entry }> {
    for (const shelf of this.#shelves) yield* shelf.of(slot)
    yield* this.#slots[slot]?.values() ?? []
  }

  /** Of what is packed, what is due, at most so many a shelf: it is expected to be replaced or removed. */
  *due(nowMs: number, most: number): Generator<Found> {
    for (const shelf of this.#shelves) yield* shelf.due(nowMs, most)
  }

  /** The ids of a slot that begin so; not those of what is packed. */
  under(slot: number, prefix: string): string[] {
    return [...(this.#slots[slot]?.keys() ?? [])].filter((id) => id.startsWith(prefix))
  }

  /**
   * All of a slot, in parts that are small enough to travel; what changes meanwhile may or may not be in them. Answers that
   * are remembered come before the counters they are about, so that no total is seen before it is known what was
   * counted twice.
   */
  *partsOf(slot: number): Generator<EntryChange> {
    const isRecord = ({ id }: EntryChange) => counterIdOf(id) !== undefined
    const all = [...(this.#slots[slot]?.values() ?? [])]
    const packed = this.#shelves.flatMap((shelf) => shelf.of(slot))
    const ordered = [...packed, ...all.filter(isRecord), ...all.filter((held) => !isRecord(held))]
    for (const { id, entry } of ordered)
      for (const part of verbsOf(entry).parts(entry, PART_PRESENCES)) yield { id, entry: part }
  }

  /** By which two members see whether they hold the same. */
  digestOf(slot: number): string {
    const known = this.#digests[slot]
    if (known !== undefined) return known
    const digest = new Digest()
    for (const { id, entry } of this.of(slot)) digest.add(id, entry)
    this.#digests[slot] = String(digest)
    return String(digest)
  }

  /** The paths whose responses are held, of a tenant or of all. */
  responsePaths(tenant?: string): Set<string> {
    const paths = new Set<string>()
    for (const entries of this.#slots) {
      for (const { id, entry } of entries?.values() ?? []) {
        const isMeant =
          isResponse(id) && !isTombstone(entry) && (tenant === undefined || tenantOf(id) === tenant)
        if (isMeant) paths.add(pathOf(id))
      }
    }
    return paths
  }

  #removeUnpacked(slot: number, id: string): void {
    const entries = this.#slots[slot]
    if (entries?.delete(id) && entries.size === 0) this.#slots[slot] = undefined
  }

  #changed(slot: number): void {
    this.#digests[slot] = undefined
  }
}
