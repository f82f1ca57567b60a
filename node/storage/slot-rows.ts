/**
 * Rows by their names, and what they weigh: all of a slot go in no time, however many they are. They are not looked for then,
 * but passed over wherever they are met later.
 */
import { bytesOfRow, nameOf, type Row } from './rows.ts'

/** Those of one slot. */
interface Group {
  count: number
  bytes: number
  isGone: boolean
}

interface Held {
  readonly row: Row
  readonly bytes: number
  readonly group: Group
}

export class SlotRows {
  readonly #byName = new Map<string, Held>()
  readonly #groups = new Map<number | undefined, Group>()
  #size = 0
  #bytes = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(name: string): Row | undefined {
    const held = this.#byName.get(name)
    return held === undefined || held.group.isGone ? undefined : held.row
  }

  /** In place of any older state of the row. */
  add(row: Row, name = nameOf(row)): void {
    const former = this.#byName.get(name)
    const held = { row, bytes: bytesOfRow(row), group: this.#groupOf(row.slot) }
    this.#byName.set(name, held)
    this.#weigh(held, 1)
    if (former !== undefined) this.#weigh(former, -1)
  }

  delete(name: string): void {
    const held = this.#byName.get(name)
    if (held === undefined) return
    this.#byName.delete(name)
    this.#weigh(held, -1)
  }

  drop(slot: number): void {
    const group = this.#groups.get(slot)
    if (group === undefined) return
    this.#groups.delete(slot)
    group.isGone = true
    this.#size -= group.count
    this.#bytes -= group.bytes
    if (this.#size === 0) this.#byName.clear()
  }

  /** What is there from the beginning to the end, whatever happens meanwhile. */
  *[Symbol.iterator](): Generator<Row> {
    for (const [name, { row, group }] of this.#byName) {
      if (group.isGone) this.#byName.delete(name)
      else yield row
    }
  }

  #groupOf(slot: number | undefined): Group {
    const known = this.#groups.get(slot)
    if (known !== undefined) return known
    const group = { count: 0, bytes: 0, isGone: false }
    this.#groups.set(slot, group)
    return group
  }

  /** What is gone weighs nothing any more. */
  #weigh({ row, bytes, group }: Held, count: 1 | -1): void {
    if (group.isGone) return
    group.count += count
    group.bytes += count * bytes
    this.#size += count
    this.#bytes += count * bytes
    if (group.count === 0) this.#groups.delete(row.slot)
  }
}
