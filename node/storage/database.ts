/** The SQLite file of a node: rows in, rows out. Blocks, so it lives on a thread of its own. */
import { statSync } from 'node:fs'
import type { StatementSync } from 'node:sqlite'
import { messageOf } from '../../shared/errors.ts'
import { counterOfRecord, nameOf, type Row, type StoredRow } from './rows.ts'
import { type OpenFile, openFile, SQLITE } from './schema.ts'
import { type Cell, columnsOf, eachTable, isOfSlots, TABLE_NAMES, TABLE_OF, type Table } from './tables.ts'

/** Rows read in one go. */
const CHUNK_ROWS = 1000
const CHUNK_BYTES = 2 ** 20

/** A part of what is to be written in one transaction. */
export interface Part {
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Slots whose rows are all deleted, before anything else. */
  readonly dropped: readonly number[]
  readonly rows: readonly Row[]
  /** What the file is to remember besides: noted with the last part. */
  readonly facts?: Facts
}

export type Facts = Readonly<Record<string, Cell>>

/** A row of the transaction that was not written, and why. */
export interface Failure {
  readonly name: string
  readonly reason: string
}

/** What went wrong with one row alone; anything else concerns them all. */
const ROW_ERRORS: readonly number[] = [
  SQLITE.ERROR,
  SQLITE.TOOBIG,
  SQLITE.CONSTRAINT,
  SQLITE.MISMATCH,
  SQLITE.RANGE,
]

export class Database {
  readonly #path: string
  readonly #file: OpenFile
  readonly #inode: number
  readonly #upserts: Readonly<Record<Table, StatementSync>>
  readonly #deletes: Readonly<Record<Table, StatementSync>>
  #reading: Iterator<StoredRow>
  /** Of this transaction: counters that were not written, and the answers kept beside counters that were. */
  #failed = new Set<string>()
  #records: Row[] = []

  /** @throws with a message for whoever starts the node. */
  constructor(path: string) {
    this.#path = path
    this.#file = openFile(path)
    this.#inode = statSync(path).ino
    const { database } = this.#file
    this.#upserts = eachTable((table) => database.prepare(upsert(table)))
    this.#deletes = eachTable((table) => database.prepare(deletion(table)))
    this.#reading = this.#readAll()
  }

  get adopted(): number {
    return this.#file.adopted
  }

  count(): number {
    const tables = TABLE_NAMES.map((table) => `(SELECT count(*) FROM ${table})`)
    return Number(this.#file.database.prepare(`SELECT ${tables.join(' + ')} AS rows`).get()?.['rows'])
  }

  get facts(): Facts {
    const rows = this.#file.database.prepare('SELECT name, value FROM facts').all()
    return Object.fromEntries(rows.map(({ name, value }) => [String(name), value ?? null]))
  }

  /** The next rows of all that are stored; none once all have been read. */
  read(): StoredRow[] {
    const rows: StoredRow[] = []
    let bytes = 0
    while (rows.length < CHUNK_ROWS && bytes < CHUNK_BYTES) {
      const next = this.#reading.next()
      if (next.done) break
      rows.push(next.value)
      bytes += next.value.cells.reduce<number>((sum, cell) => sum + sizeOf(cell), 0)
    }
    return rows
  }

  /**
   * Writes a part of a transaction; the first begins it, the last commits it. A row that fails spoils no other.
   * @throws when nothing can be written; then nothing of the transaction is.
   */
  write({ isFirst, isLast, dropped, rows, facts = {} }: Part): Failure[] {
    const { database } = this.#file
    try {
      if (isFirst) this.#begin()
      if (dropped.length > 0) this.#drop(dropped)
      const failures = rows.flatMap((row) => this.#writeRow(row))
      if (!isLast) return failures
      failures.push(...this.#takeBackRecords())
      this.#note(facts)
      database.exec('COMMIT')
      return failures
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  #note(facts: Facts): void {
    for (const [name, value] of Object.entries(facts)) this.#upserts.facts.run(name, value)
  }

  /** Notes what the next process should know, if the disk takes it: what was noted before is nearly as good. */
  close(facts: Facts = {}): void {
    try {
      this.#note(facts)
    } catch {
      // Whoever stops the node has been told by the writes.
    }
    this.#file.database.close()
    this.#file.lock.close()
  }

  /** SQLite would go on writing to a file that nobody can find any more. */
  #begin(): void {
    // Where it is, is not told: what is wrong with the disk stands at /readyz.
    if (inodeOf(this.#path) !== this.#inode)
      throw new Error('the file was moved or deleted: start the node again')
    this.#file.database.exec('BEGIN IMMEDIATE')
    this.#failed = new Set()
    this.#records = []
  }

  /** One pass over each table, however many slots it is. */
  #drop(slots: readonly number[]): void {
    const list = JSON.stringify(slots)
    for (const table of TABLE_NAMES.filter(isOfSlots)) {
      const sql = `DELETE FROM ${table} WHERE slot IN (SELECT value FROM json_each(?))`
      this.#file.database.prepare(sql).run(list)
    }
  }

  #writeRow(row: Row): Failure[] {
    const { table, key, cells } = row
    try {
      if (cells === undefined) this.#deletes[table].run(...key)
      else this.#upserts[table].run(...key, ...cells)
      if (counterOfRecord(row) !== undefined) this.#records.push(row)
      return []
    } catch (error) {
      if (!isRowError(error) || !this.#file.database.isTransaction) throw error
      if (table === TABLE_OF.counter) this.#failed.add(key[0] ?? '')
      return [{ name: nameOf(row), reason: messageOf(error) }]
    }
  }

  /** An answer is not kept without the counter that it speaks of, or its increment would never count. */
  #takeBackRecords(): Failure[] {
    if (this.#failed.size === 0) return []
    const orphans = this.#records.filter((row) => this.#failed.has(counterOfRecord(row) ?? ''))
    for (const { table, key } of orphans) this.#deletes[table].run(...key)
    return orphans.map((row) => ({ name: nameOf(row), reason: 'its counter cannot be written' }))
  }

  *#readAll(): Generator<StoredRow> {
    for (const table of TABLE_NAMES) {
      const { keys, columns, unread } = columnsOf(table)
      const names = [...keys, ...columns].map((name) => (unread.includes(name) ? `NULL AS ${name}` : name))
      const reading = this.#file.database.prepare(`SELECT ${names.join(', ')} FROM ${table}`)
      reading.setReturnArrays(true)
      for (const cells of reading.iterate()) yield { table, cells: Object.values(cells) as Cell[] }
    }
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.ino
  } catch {
    return undefined // Its folder cannot be looked into any more.
  }
}

function upsert(table: Table): string {
  const { keys, columns } = columnsOf(table)
  const places = [...keys, ...columns].map(() => '?').join(', ')
  const updates = columns.map((name) => `${name} = excluded.${name}`).join(', ')
  return `INSERT INTO ${table} VALUES (${places}) ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${updates}`
}

function deletion(table: Table): string {
  return `DELETE FROM ${table} WHERE ${columnsOf(table)
    .keys.map((name) => `${name} = ?`)
    .join(' AND ')}`
}

function isRowError(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error)) return true
  return ROW_ERRORS.includes(Number(error.errcode) & 0xff)
}

function sizeOf(cell: Cell): number {
  return typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8
}
