/** What is not on disk yet: rows by their names, the latest state of each, and what they weigh. */
import { bytesOfRow, counterOfRecord, nameOf, type Row, slotOfRow } from './rows.ts'
import { TABLE_OF } from './tables.ts'

/** What is written together. */
export interface Batch {
  readonly dropped: ReadonlySet<number>
  readonly rows: ReadonlyMap<string, Row>
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
  #waiting = new Map<string, Row>()
  readonly #aside = new Map<string, Row>()
  #dropped = new Set<number>()
  #waitingBytes = 0
  #asideBytes = 0
  #takenBytes = 0

  constructor(bytesMax = BACKLOG_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get isUrgent(): boolean {
    return this.bytes > this.#bytesMax * URGENT
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
    return this.#waitingBytes + this.#asideBytes + this.#takenBytes
  }

  get names(): string[] {
    return [...this.#waiting.keys(), ...this.#aside.keys()]
  }

  /** In place of any older state of the row. */
  add(row: Row): void {
    const name = nameOf(row)
    this.#discardAside(name)
    this.#addWaiting(name, row)
  }

  /** All rows of these slots are to go, also those that wait here. */
  drop(slots: readonly number[]): void {
    const dropped = new Set(slots)
    const isDropped = (row: Row) => dropped.has(slotOfRow(row) ?? Number.NaN)
    for (const [name, row] of this.#waiting) if (isDropped(row)) this.#discardWaiting(name)
    for (const [name, row] of this.#aside) if (isDropped(row)) this.#discardAside(name)
    for (const slot of dropped) this.#dropped.add(slot)
  }

  /** Takes out all that waits, however much, in no time; `done` or `giveBack` has to follow. */
  take(): Batch {
    const batch = { dropped: this.#dropped, rows: this.#waiting }
    this.#takenBytes = this.#waitingBytes
    this.#waitingBytes = 0
    this.#waiting = new Map()
    this.#dropped = new Set()
    return batch
  }

  /** The batch is written, but for these rows: each waits aside until it changes. */
  done(failed: Iterable<Row>): void {
    this.#takenBytes = 0
    for (const row of failed) {
      const name = nameOf(row)
      if (this.#isOutdated(name, row)) continue
      if (this.#counterWaits(row)) {
        this.#addWaiting(name, row)
        continue
      }
      this.#aside.set(name, row)
      this.#asideBytes += bytesOfRow(row)
    }
  }

  /** The batch is not written: it waits again, except for what has changed since. */
  giveBack({ dropped, rows }: Batch): void {
    this.#takenBytes = 0
    for (const [name, row] of rows) if (!this.#isOutdated(name, row)) this.#addWaiting(name, row)
    for (const slot of dropped) this.#dropped.add(slot)
  }

  isAside(name: string): boolean {
    return this.#aside.has(name)
  }

  /** What was set aside is to be tried once more. */
  retryAside(): void {
    for (const row of this.#aside.values()) this.add(row)
  }

  /** What is kept beside a counter goes with it. */
  #counterWaits(row: Row): boolean {
    const counter = counterOfRecord(row)
    return counter !== undefined && this.#waiting.has(nameOf({ table: TABLE_OF.counter, key: [counter] }))
  }

  #isOutdated(name: string, row: Row): boolean {
    return this.#waiting.has(name) || this.#dropped.has(slotOfRow(row) ?? Number.NaN)
  }

  #addWaiting(name: string, row: Row): void {
    this.#discardWaiting(name)
    this.#waiting.set(name, row)
    this.#waitingBytes += bytesOfRow(row)
  }

  #discardWaiting(name: string): void {
    const row = this.#waiting.get(name)
    if (row === undefined) return
    this.#waiting.delete(name)
    this.#waitingBytes -= bytesOfRow(row)
  }

  #discardAside(name: string): void {
    const row = this.#aside.get(name)
    if (row === undefined) return
    this.#aside.delete(name)
    this.#asideBytes -= bytesOfRow(row)
  }
}
