/** Entries by slot and id: slots are what moves between members, so each is kept by itself. */
import { SLOTS } from '../../shared/placement.ts'
import { Digest } from '../entries/digest.ts'
import { type EntryChange, isResponse, isTombstone } from '../entries/entry.ts'
import { pathOf, tenantOf } from '../entries/response.ts'
import type { Held } from './held.ts'

/** Of a content with more presences than this, so many travel at a time. */
const PART_PRESENCES = 1000

export class SlotTable {
  readonly #slots: (Map<string, Held> | undefined)[] = new Array(SLOTS).fill(undefined)

  /** As long as nothing changes. */
  readonly #digests: (string | undefined)[] = []

  get(slot: number, id: string): Held | undefined {
    return this.#slots[slot]?.get(id)
  }

  add(held: Held): void {
    const entries = this.#slots[held.slot] ?? new Map<string, Held>()
    this.#slots[held.slot] = entries.set(held.id, held)
    this.changed(held.slot)
  }

  remove({ slot, id }: Held): void {
    const entries = this.#slots[slot]
    entries?.delete(id)
    if (entries?.size === 0) this.#slots[slot] = undefined
    this.changed(slot)
  }

  drop(slot: number): void {
    this.#slots[slot] = undefined
    this.changed(slot)
  }

  holds(slot: number): boolean {
    return this.#slots[slot] !== undefined
  }

  of(slot: number): Iterable<Held> {
    return this.#slots[slot]?.values() ?? []
  }

  /** The ids of a slot that begin so. */
  under(slot: number, prefix: string): string[] {
    return [...(this.#slots[slot]?.keys() ?? [])].filter((id) => id.startsWith(prefix))
  }

  /** All of a slot, in parts that are small enough to travel; what changes meanwhile may or may not be in them. */
  *partsOf(slot: number): Generator<EntryChange> {
    for (const { id, entry } of this.of(slot)) {
      if (entry.kind !== 'reactions') yield { id, entry }
      else for (const part of entry.parts(PART_PRESENCES)) yield { id, entry: part }
    }
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

  /** Something in the slot is another thing now. */
  changed(slot: number): void {
    this.#digests[slot] = undefined
  }

  /** The paths whose responses are held, of a tenant or of all. */
  responsePaths(tenant?: string): Set<string> {
    const paths = new Set<string>()
    for (const { id, entry } of this) {
      const isMeant =
        isResponse(id) && !isTombstone(entry) && (tenant === undefined || tenantOf(id) === tenant)
      if (isMeant) paths.add(pathOf(id))
    }
    return paths
  }

  *[Symbol.iterator](): Generator<Held> {
    for (const entries of this.#slots) yield* entries?.values() ?? []
  }
}
