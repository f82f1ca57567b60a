/** What is not on disk yet: rows by their names, the latest state of each, and what they weigh. */
import { bytesOf } from './disk.ts'
import { nameOf, type Row } from './rows.ts'

/** What is written together. */
export interface Batch {
  readonly dropped: readonly number[]
  readonly rows: readonly Row[]
}

export class Backlog {
  #waiting = new Map<string, Row>()
  readonly #aside = new Map<string, Row>()
  #dropped = new Set<number>()
  #bytes = 0
  #takenBytes = 0

  get waiting(): number {
    return this.#waiting.size
  }

  get aside(): number {
    return this.#aside.size
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#dropped.size === 0
  }

  /** What is being written included. */
  get bytes(): number {
    return this.#bytes + this.#takenBytes
  }

  get names(): string[] {
    return [...this.#waiting.keys(), ...this.#aside.keys()]
  }

  /** In place of any older state of the row. */
  add(row: Row): void {
    const name = nameOf(row)
    this.#discard(this.#waiting, name)
    this.#discard(this.#aside, name)
    this.#waiting.set(name, row)
    this.#bytes += bytesOf(row)
  }

  /** All rows of these slots are to go, also those that wait here. */
  drop(slots: readonly number[]): void {
    const dropped = new Set(slots)
    for (const rows of [this.#waiting, this.#aside]) {
      for (const [name, { cells }] of rows) if (dropped.has(Number(cells?.[0]))) this.#discard(rows, name)
    }
    for (const slot of dropped) this.#dropped.add(slot)
  }

  /** Takes out all that waits; `done` or `giveBack` has to follow. */
  take(): Batch {
    const batch = { dropped: [...this.#dropped], rows: [...this.#waiting.values()] }
    for (const row of batch.rows) this.#takenBytes += bytesOf(row)
    this.#bytes -= this.#takenBytes
    this.#waiting = new Map()
    this.#dropped = new Set()
    return batch
  }

  /** The batch is written, but for these rows: each waits aside until it changes. */
  done(failed: Iterable<Row>): void {
    this.#takenBytes = 0
    for (const row of failed) this.#putBack(this.#aside, row)
  }

  /** The batch is not written: it waits again, except for what has changed since. */
  giveBack({ dropped, rows }: Batch): void {
    this.#takenBytes = 0
    for (const row of rows) this.#putBack(this.#waiting, row)
    for (const slot of dropped) this.#dropped.add(slot)
  }

  /** What was set aside is to be tried once more. */
  retryAside(): void {
    for (const [name, row] of this.#aside) this.#waiting.set(name, row)
    this.#aside.clear()
  }

  #putBack(rows: Map<string, Row>, row: Row): void {
    const name = nameOf(row)
    if (this.#waiting.has(name) || this.#dropped.has(Number(row.cells?.[0]))) return
    rows.set(name, row)
    this.#bytes += bytesOf(row)
  }

  #discard(rows: Map<string, Row>, name: string): void {
    const row = rows.get(name)
    if (row === undefined) return
    rows.delete(name)
    this.#bytes -= bytesOf(row)
  }
}
