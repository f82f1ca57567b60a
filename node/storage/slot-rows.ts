/** Rows by their slots and names, and what they weigh: all of a slot go in no time, however many they are. */
import { bytesOfRow, nameOf, type Row } from './rows.ts'

interface Rows {
  readonly byName: Map<string, Row>
  bytes: number
}

export class SlotRows {
  readonly #slots = new Map<number | undefined, Rows>()
  #size = 0
  #bytes = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(name: string, slot: number | undefined): Row | undefined {
    return this.#slots.get(slot)?.byName.get(name)
  }

  /** In place of any older state of the row. */
  add(row: Row, name = nameOf(row)): void {
    this.delete(name, row.slot)
    const rows = this.#slots.get(row.slot) ?? { byName: new Map(), bytes: 0 }
    this.#slots.set(row.slot, rows)
    rows.byName.set(name, row)
    this.#weigh(rows, 1, bytesOfRow(row))
  }

  delete(name: string, slot: number | undefined): void {
    const rows = this.#slots.get(slot)
    const row = rows?.byName.get(name)
    if (rows === undefined || row === undefined) return
    rows.byName.delete(name)
    this.#weigh(rows, -1, -bytesOfRow(row))
    if (rows.byName.size === 0) this.#slots.delete(slot)
  }

  drop(slot: number): void {
    const rows = this.#slots.get(slot)
    if (rows === undefined) return
    this.#slots.delete(slot)
    this.#weigh(rows, -rows.byName.size, -rows.bytes)
  }

  /** What is there from the beginning to the end, whatever happens meanwhile. */
  *[Symbol.iterator](): Generator<Row> {
    for (const { byName } of this.#slots.values()) yield* byName.values()
  }

  #weigh(rows: Rows, count: number, bytes: number): void {
    this.#size += count
    this.#bytes += bytes
    rows.bytes += bytes
  }
}
