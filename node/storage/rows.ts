/**
 * Entries as rows of tables, and back. Pure: what SQLite does with them is in `database.ts`.
 *
 * A row has a name, so that of several changes only the last is written.
 */
import { familyOfCommand, type KeyCommand } from '../../shared/command.ts'
import { partsOf } from '../entries/either.ts'
import { type Change, counterIdOf, type Entry } from '../entries/entry.ts'
import { FAMILIES, familyOf, isKeptOnDisk } from '../entries/families.ts'
import {
  type Cell,
  type Changed,
  type EntryTable,
  type FileTimes,
  isOfEntries,
  type Keyed,
  type NamedPresence,
  type StoredKind,
  TABLE_OF,
  TABLES,
  type Table,
  type TableRow,
} from './tables.ts'

export interface Row extends Keyed {
  readonly table: Table
  /** Where it belongs to one. */
  readonly slot?: number
}

/** A row as it was read: key and cells in one. */
export interface StoredRow {
  readonly table: Table
  readonly cells: readonly Cell[]
}

/** Among all rows of all tables. */
export function nameOf({ table, key }: Row): string {
  let name = `${table}:`
  for (const part of key) name += `${part.length}:${part}`
  return name
}

const ROW_BYTES = 250

/** What a row takes while it waits, roughly. */
export function bytesOfRow({ key, cells = [] }: Row): number {
  let bytes = ROW_BYTES
  for (const part of key) bytes += part.length
  for (const cell of cells) if (typeof cell === 'string' || cell instanceof Uint8Array) bytes += cell.length
  return bytes
}

/** The row that a command is about, where it is about one alone. */
export function rowNameOf(command: KeyCommand): string | undefined {
  if (!isKeptOnDisk(command)) return undefined
  const { letter, kind } = FAMILIES[familyOfCommand(command)]
  const isOfUser = 'user' in command && 'reaction' in command
  const row = rowUnder({ id: `${letter}${command.key}`, kind, ...(isOfUser && { presence: command }) })
  return row && nameOf(row)
}

/** The counter that an answer is kept beside; `undefined` for a row that is no such answer. */
export function counterOfRecord({ table, key: [id = ''] }: Row): string | undefined {
  return table === TABLE_OF.register ? counterIdOf(id)?.slice(1) : undefined
}

/** What a change makes of the rows: the state that it has led to. */
export function rowsOf({ slot, id, entry, state }: Change, times: FileTimes): Row[] {
  if (!familyOf(id, state).isOnDisk) return []
  if (state.kind !== 'turned') return rowsIn(TABLE_OF[state.kind], { slot, id, entry, state }, times)
  return partsOf(state).flatMap((part) =>
    rowsIn(TABLE_OF[part.kind], { slot, id, entry, state: part, isCovered: true }, times),
  )
}

function rowsIn(table: EntryTable, changed: Changed<Entry>, times: FileTimes): Row[] {
  const { slot } = changed
  const rows: TableRow<Entry> = TABLES[table]
  return rows
    .rowsOf(changed, times)
    .map(({ key, cells }) => (cells === undefined ? { table, slot, key } : { table, slot, key, cells }))
}

/** What names a row: an entry, or a part of it. */
interface Named {
  readonly id: string
  readonly kind: StoredKind
  readonly presence?: NamedPresence
}

/** What is no longer held. */
export interface Forgotten extends Named {
  readonly slot: number
}

/** The row to be deleted when an entry, or a part of it, is forgotten. */
export function forgottenRow(forgotten: Forgotten): Row | undefined {
  const { id, slot } = forgotten
  const row = familyOf(id, forgotten).isOnDisk ? rowUnder(forgotten) : undefined
  return row && { ...row, slot }
}

/** Without its cells. */
function rowUnder({ id, kind, presence }: Named): Row | undefined {
  const table = TABLE_OF[kind]
  const key = TABLES[table].keyOf(id, presence)
  return key && { table, key }
}

export interface StoredEntry {
  readonly slot: number
  readonly id: string
  readonly entry: Entry
}

/** @throws when the row is not one that was written here. */
export function entryOf({ table, cells }: StoredRow, times: FileTimes): StoredEntry {
  if (!isOfEntries(table)) throw new TypeError(`${table} has no entries`)
  return TABLES[table].entryOf(cells, times)
}

/** Those of the changes that have any of these rows. */
export function withRows(
  changes: readonly Change[],
  rows: ReadonlyMap<Row, unknown>,
  times: FileTimes,
): Set<Change> {
  if (rows.size === 0) return new Set()
  const names = new Set([...rows.keys()].map(nameOf))
  return new Set(changes.filter((change) => rowsOf(change, times).some((row) => names.has(nameOf(row)))))
}
