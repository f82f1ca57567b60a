/**
 * Entries as rows of tables, and back. Pure: what SQLite does with them is in `database.ts`.
 *
 * A row has a name, so that of several changes only the last is written. Reactions are a row a presence: a
 * content with a million of them is not written anew for each.
 */

import type { KeyCommand } from '../../shared/command.ts'
import { type Counter, counterOf, counterText, isCounting, totalOf } from '../entries/counter.ts'
import { type Change, type Entry, idOf, isResponse } from '../entries/entry.ts'
import type { Presence } from '../entries/presence.ts'
import { Reactions } from '../entries/reactions.ts'
import type { Register } from '../entries/register.ts'

export type Cell = string | number | bigint | null | Uint8Array

export const TABLES = ['registers', 'counters', 'presences'] as const
export type Table = (typeof TABLES)[number]

export interface Row {
  readonly table: Table
  /** What names the row among those of its table. */
  readonly key: readonly string[]
  /** The columns after the key, beginning with the slot; absent where the row is to be deleted. */
  readonly cells?: readonly Cell[]
}

/** A row as it was read: key and cells in one. */
export interface StoredRow {
  readonly table: Table
  readonly cells: readonly Cell[]
}

/** Among all rows of all tables. */
export function nameOf({ table, key }: Row): string {
  return `${table}:${key.map((part) => `${part.length}:${part}`).join('')}`
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
  const { type, key } = command
  if (type.startsWith('value.')) return nameOf({ table: 'registers', key: [idOf.value(key)] })
  if (type.startsWith('counter.')) return nameOf({ table: 'counters', key: [key] })
  if (!('reaction' in command) || !('user' in command)) return undefined
  return nameOf({ table: 'presences', key: [key, command.reaction, command.user] })
}

/** The counter that an answer is kept beside; `undefined` for a row that is no such answer. */
export function counterOfRecord({ table, key: [id = ''] }: Row): string | undefined {
  if (table !== 'registers' || !id.startsWith('i')) return undefined
  return id.slice(1, id.lastIndexOf('\0'))
}

/** What a change makes of the rows: the state that it has led to. */
export function rowsOf({ slot, id, entry, state }: Change): Row[] {
  if (isResponse(id)) return []
  if (state.kind === 'register') return [registerRow(slot, id, state)]
  if (state.kind === 'counter') return [counterRow(slot, id, state)]
  const touched = entry.kind === 'reactions' ? [...entry] : []
  return touched.map(({ reaction, user }) =>
    presenceRow(slot, id, reaction, user, state.find(reaction, user)),
  )
}

/** The row to be deleted when an entry, or one presence of it, is forgotten. */
export function forgottenRow({ id, presence }: { id: string; presence?: Presence }): Row | undefined {
  if (presence !== undefined)
    return { table: 'presences', key: [id.slice(1), presence.reaction, presence.user] }
  if (id.startsWith('r')) return undefined // Its presences were forgotten one by one.
  if (isResponse(id)) return undefined
  return id.startsWith('c') ? { table: 'counters', key: [id.slice(1)] } : { table: 'registers', key: [id] }
}

function registerRow(slot: number, id: string, { stamp, value, endsAtMs }: Register): Row {
  const { contentType = null, body = null } = value ?? {}
  const cells = [slot, stamp.time, stamp.origin, endsAtMs === Infinity ? null : endsAtMs, contentType, body]
  return { table: 'registers', key: [id], cells }
}

function counterRow(slot: number, id: string, counter: Counter): Row {
  const total = isCounting(counter) ? totalOf(counter) : null
  return { table: 'counters', key: [id.slice(1)], cells: [slot, total, counterText(counter)] }
}

function presenceRow(
  slot: number,
  id: string,
  reaction: string,
  user: string,
  presence: Presence | undefined,
): Row {
  const key = [id.slice(1), reaction, user]
  if (presence === undefined) return { table: 'presences', key }
  const { time, endsAtMs, isGone } = presence
  return {
    table: 'presences',
    key,
    cells: [slot, time, endsAtMs === Infinity ? null : endsAtMs, Number(isGone)],
  }
}

export interface StoredEntry {
  readonly slot: number
  readonly id: string
  readonly entry: Entry
}

/** @throws when the row is not one that was written here. */
export function entryOf({ table, cells }: StoredRow): StoredEntry {
  if (table === 'registers') {
    const [id, slot, time, origin, endsAtMs, contentType, body] = cells
    const stamp = { time: number(time), origin: text(origin) }
    const ends = { endsAtMs: endsAtMs === null ? Infinity : number(endsAtMs) }
    const value =
      contentType === null ? {} : { value: { contentType: text(contentType), body: bodyOf(body) } }
    return { slot: number(slot), id: text(id), entry: { kind: 'register', stamp, ...value, ...ends } }
  }
  if (table === 'counters') {
    const [key, slot, , state] = cells
    return { slot: number(slot), id: `c${text(key)}`, entry: counterOf(text(state)) }
  }
  const [content, reaction, user, slot, time, endsAtMs, isGone] = cells
  const presence: Presence = {
    reaction: text(reaction),
    user: text(user),
    time: number(time),
    endsAtMs: endsAtMs === null ? Infinity : number(endsAtMs),
    isGone: isGone === 1,
  }
  return { slot: number(slot), id: `r${text(content)}`, entry: Reactions.of(presence) }
}

/** Those of the changes that have any of these rows. */
export function withRows(changes: readonly Change[], rows: ReadonlyMap<Row, unknown>): Set<Change> {
  if (rows.size === 0) return new Set()
  const names = new Set([...rows.keys()].map(nameOf))
  return new Set(changes.filter((change) => rowsOf(change).some((row) => names.has(nameOf(row)))))
}

function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a text belongs`)
}

function number(cell: Cell | undefined): number {
  if (typeof cell === 'number') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a number belongs`)
}

function bodyOf(cell: Cell | undefined): string | Uint8Array {
  return cell instanceof Uint8Array ? cell : text(cell)
}
