/** What is not on disk yet: the latest state of each row, and what they weigh. */
import { counterOfRecord, nameOf, type Row } from './rows.ts'
import { SlotRows } from './slot-rows.ts'
import { TABLE_OF } from './tables.ts'

/** What is written together. */
export interface Batch {
  readonly dropped: ReadonlySet<number>
  readonly rows: SlotRows
}

/** Where it is written to. */
export interface Target {
  /** All or nothing, except for rows that fail by themselves: these, and why, are the result. */
  write(batch: Batch): Promise<ReadonlyMap<Row, string>>
}

/** Beyond it nothing new is taken in, and nothing is lost. */
export const BACKLOG_BYTES_MAX = 256 * 2 ** 20
/** From this part of it on it is written at once, and from that on writers wait for the disk. */
const URGENT = 1 / 4
const PRESSING = 1 / 2

export class Backlog {
  readonly #bytesMax: number
  #waiting = new SlotRows()
  readonly #aside = new SlotRows()
  /** What is being written. */
  #taken = new SlotRows()
  #dropped = new Set<number>()
  /** Something of it is not to wait. */
  #isInHurry = false

  constructor(bytesMax = BACKLOG_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get isUrgent(): boolean {
    return this.#isInHurry || this.bytes > this.#bytesMax * URGENT
  }

  /** Not once it is full: then writers are refused. */
  get isPressing(): boolean {
    return this.bytes > this.#bytesMax * PRESSING && !this.isFull
  }

  get isFull(): boolean {
    return this.bytes > this.#bytesMax
  }

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
    return this.#waiting.bytes + this.#aside.bytes + this.#taken.bytes
  }

  get names(): string[] {
    return [...this.#waiting, ...this.#aside].map(nameOf)
  }

  /** In place of any older state of the row. */
  add(row: Row, isInHurry = false): void {
    this.#isInHurry ||= isInHurry
    const name = nameOf(row)
    this.#aside.delete(name)
    this.#waiting.add(row, name)
  }

  /** All rows of these slots are to go, also those that wait here. */
  drop(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#waiting.drop(slot)
      this.#aside.drop(slot)
      this.#dropped.add(slot)
    }
  }

  /** Takes out all that waits, however much, in no time; `done` or `giveBack` has to follow. */
  take(): Batch {
    const batch = { dropped: this.#dropped, rows: this.#waiting }
    this.#isInHurry = false
    this.#taken = this.#waiting
    this.#waiting = new SlotRows()
    this.#dropped = new Set()
    return batch
  }

  /** The batch is written, but for these rows: each waits aside until it changes. */
  done(failed: Iterable<Row>): void {
    this.#taken = new SlotRows()
    for (const row of failed) {
      if (this.#isOutdated(row)) continue
      if (this.#counterWaits(row)) this.#waiting.add(row)
      else this.#aside.add(row)
    }
  }

  /** The batch is not written: in steps, it waits again, except for what has changed since. */
  *giveBack({ dropped, rows }: Batch): Generator<void, void> {
    for (const row of rows) {
      rows.delete(nameOf(row))
      if (!this.#isOutdated(row)) this.#waiting.add(row)
      yield
    }
    for (const slot of dropped) this.#dropped.add(slot)
  }

  isAside(name: string): boolean {
    return this.#aside.get(name) !== undefined
  }

  /** What was set aside is to be tried once more, in steps. */
  *retryAside(): Generator<void, void> {
    for (const row of this.#aside) {
      this.add(row)
      yield
    }
  }

  /** What is kept beside a counter goes with it. */
  #counterWaits(row: Row): boolean {
    const counter = counterOfRecord(row)
    if (counter === undefined) return false
    return this.#waiting.get(nameOf({ table: TABLE_OF.counter, key: [counter] })) !== undefined
  }

  #isOutdated(row: Row): boolean {
    const { slot } = row
    if (slot !== undefined && this.#dropped.has(slot)) return true
    return this.#waiting.get(nameOf(row)) !== undefined
  }
}
